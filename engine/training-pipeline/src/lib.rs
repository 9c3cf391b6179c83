//! The whole road as one request and one function: from ROOT files to a trained model.
//!
//! [`PipelineRequest`] is what the user asks for; [`run`] opens the files, measures them, applies the selection, lays out
//! the columns, trains in the worker, judges the model and saves it. [`prepare`] stops before training. The caller hears
//! what happens through one callback ([`PipelineEvent`]) and stops the run by its answer. Notebook, command line and jobs
//! of the hub differ only in what they do with these events.

mod branch_patterns;
mod error;
mod event;
mod first_pass;
mod inputs;
mod judge;
mod labels;
mod listed_twice;
mod measure;
mod mixed_samples;
pub mod name_list;
mod parameters;
mod predict;
mod prepare;
mod request;
mod rows;
mod run;
mod save;

pub use byte_source::FileOpener;
pub use error::PipelineError;
pub use event::{OnEvent, PipelineEvent};
pub use inputs::{Input, is_root_name, open_all, open_root, open_table};
pub use judge::LeftOut;
pub use labels::{CheckedLabels, check_labels};
pub use listed_twice::need_each_once;
pub use measure::{Sample, fingerprint_of, write_whole};
pub use parameters::{PARAMETER_KEYS, Parameters, ParametersError, parse_bytes};
pub use predict::{ScoreSink, predict, score_chunk};
pub use prepare::{Prepared, mix_settings, prepare, prepare_with};
pub use request::{
    Labels, ModelRequest, OpenedTables, PipelineRequest, TorchScriptRequest, read_model, read_selection,
};
pub use run::{PipelineResult, run};
