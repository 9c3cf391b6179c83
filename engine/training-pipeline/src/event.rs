//! What the pipeline tells its caller while it runs. The engine never prints: a notebook draws these, the
//! command line turns them into the original's log lines, a job stores them.

use event_columns::{GoOn, StepReport};
use event_selection::CutFlow;
use model_training::EpochRecord;
use std::path::Path;

/// One thing that happened.
#[derive(Debug)]
pub enum PipelineEvent<'a> {
    /// A long step has come further. What the callback returns says go on or stop.
    Progress(StepReport<'a>),
    /// Something the user should know that is no error.
    Note(&'a str),
    /// A file was opened and its tree found.
    Opened {
        /// The file as the user named it.
        file: &'a str,
        /// Entries of its tree.
        n_entries: u64,
        /// Branches that will be read.
        n_branches: usize,
        /// Branches that were left out because of `exclude_branches` or `selected_branches`.
        excluded: &'a [String],
    },
    /// The ranges of a file's branches are known.
    Measured {
        /// The file as the user named it.
        file: &'a str,
        /// Entries looked at.
        n_entries: u64,
        /// Entries that passed the cuts.
        n_selected: u64,
        /// Flat branches among the features.
        n_flat: usize,
        /// Jagged branches among the features.
        n_jagged: usize,
        /// Columns of the matrix that this file alone would need.
        n_columns: usize,
        /// Decoded bytes that were looked at.
        n_bytes: u64,
        /// Wall time.
        seconds: f64,
        /// Chunks looked at.
        n_chunks: u64,
    },
    /// Specs were taken from a file instead of being measured.
    SpecsLoaded {
        /// The specs file.
        path: &'a Path,
    },
    /// Specs were written.
    SpecsWritten {
        /// The specs file.
        path: &'a Path,
    },
    /// How many events each cut left, for one sample.
    CutFlow {
        /// The file as the user named it.
        file: &'a str,
        /// The cuts in order.
        cut_flow: &'a CutFlow,
    },
    /// How many events of a file go into each chunk.
    Share {
        /// The file as the user named it.
        file: &'a str,
        /// Its label.
        label: &'a str,
        /// Events that will be used.
        n_events: u64,
    },
    /// A chunk of rows is filled and goes to the trainer.
    Chunk {
        /// Counted from 0.
        number: usize,
        /// Rows.
        n_rows: usize,
        /// Rows that are trained on.
        n_train: usize,
        /// Columns.
        n_columns: usize,
        /// Wall time of reading and filling.
        seconds: f64,
    },
    /// An epoch ended.
    Epoch(&'a EpochRecord),
    /// Everything before training is done.
    BeforeTraining {
        /// Wall time since the start.
        seconds: f64,
    },
    /// Training is done.
    Trained {
        /// Wall time of training, feeding included.
        seconds: f64,
    },
    /// The model file was written.
    Saved {
        /// Where.
        path: &'a Path,
    },
}

/// Receives the events of a run; what it returns says go on or stop.
pub type OnEvent<'a> = &'a mut dyn FnMut(&PipelineEvent<'_>) -> GoOn;
