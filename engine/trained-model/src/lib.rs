//! What training leaves, in one file: an ONNX graph with padding, missing-value rule and normalisation inside,
//! and a manifest that says where it comes from. A [`TrainedModel`] is saved and opened; a [`Predictor`] runs it
//! on raw events.

mod container;
mod error;
mod json_rows;
mod manifest;
mod model;
mod onnx;
mod predictor;
mod runner;

pub use container::PartEntry;
pub use error::{ModelFileError, NetworkProblem, PredictError};
pub use json_rows::UnknownKeys;
pub use manifest::{
    Engine, FORMAT, FORMAT_VERSION, InputFile, LayerShape, Manifest, ModelFeature, NetworkShape, Provenance,
    RawBranch,
};
pub use model::{NewModel, TrainedModel, TrainedNetwork};
pub use predictor::{Predictor, PreparedRows, Preparer, Scores, TableSettings};
