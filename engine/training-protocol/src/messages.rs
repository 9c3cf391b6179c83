//! The messages. Each side refuses what it does not know, so a change here is a new [`PROTOCOL_VERSION`].

use network::{MaskUse, Task};
use serde::{Deserialize, Serialize};

use crate::{OutputMeaning, RingShape, TrainingPlan};

/// Version of messages and ring together; both sides must have the same.
pub const PROTOCOL_VERSION: u32 = 1;

/// What the pipeline says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToWorker {
    /// First of all.
    Hello {
        /// [`PROTOCOL_VERSION`] of the pipeline.
        protocol: u32,
    },
    /// The ring; its file descriptor travels beside the message.
    Ring {
        /// How it is laid out.
        shape: RingShape,
    },
    /// Train as planned; answered by `ready`.
    Train {
        /// The plan.
        plan: Box<TrainingPlan>,
    },
    /// Predict with this model; a network's bytes come along. Answered by `ready`.
    Predict {
        /// The model.
        model: ModelToRun,
        /// Where to compute.
        device: crate::Device,
        /// Threads of one operation.
        n_threads: usize,
    },
    /// A slot has been filled and belongs to the worker until it says `slot_free`.
    Chunk {
        /// Which slot, from 0.
        slot: usize,
        /// The rows in it.
        rows: ChunkRows,
    },
    /// All chunks have been sent.
    EndOfPass,
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromWorker {
    /// The answer to `hello`.
    Hello {
        /// [`PROTOCOL_VERSION`] of the worker.
        protocol: u32,
        /// Program and versions, for people: `mlaas4hep-torch 0.1.0, tch 0.26, libtorch 2.13.0`.
        program: String,
        /// What it can compute on: `cpu`, `cuda`.
        devices: Vec<String>,
    },
    /// The model is built.
    Ready {
        /// Where it computes: `cpu`, `cuda:0`.
        device: String,
        /// When a checkpoint is resumed: chunks of the first pass that are done already and need not be sent.
        skip_chunks: usize,
        /// When a checkpoint is resumed: the epochs that it holds already.
        history: Vec<EpochRecord>,
    },
    /// A sign of life, about twice a second while training.
    Progress {
        /// Epoch within the fit, from 1.
        epoch: usize,
        /// Chunk within the pass, from 1.
        chunk: usize,
        /// Training rows done in this epoch of this chunk.
        rows_done: usize,
    },
    /// An epoch is done.
    Epoch {
        /// Its numbers.
        record: EpochRecord,
    },
    /// The slot may be filled again; after `predict`, its scores are there to be read first.
    SlotFree {
        /// Which slot, from 0.
        slot: usize,
    },
    /// The answer to `end_of_pass`.
    PassDone {
        /// Whether the chunks are wanted once more.
        another: bool,
    },
    /// Training is over; for a network its bytes come along.
    Trained {
        /// What was trained.
        model: TrainedModel,
        /// Whether early stopping ended it, at least once.
        stopped_early: bool,
    },
    /// The worker gives up.
    Failed {
        /// What was attempted and why it failed, for people.
        reason: String,
    },
}

/// How many rows of a slot are for what; they stand in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkRows {
    /// Rows to learn from.
    pub n_train: usize,
    /// Rows for the validation loss and metric.
    pub n_validation: usize,
    /// Rows that training leaves alone.
    pub n_test: usize,
}

impl ChunkRows {
    /// All rows, or `None` where the sum is absurd.
    pub fn total(self) -> Option<usize> {
        self.n_train.checked_add(self.n_validation)?.checked_add(self.n_test)
    }
}

/// The numbers of one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// From 1. By chunk, it counts the epochs on this chunk.
    pub epoch: usize,
    /// The chunk, from 1; `None` where an epoch is all chunks.
    pub chunk: Option<usize>,
    /// Training rows.
    pub n_train: usize,
    /// Validation rows.
    pub n_validation: usize,
    /// Sum of weight times loss over sum of |weight|, as seen while training: dropout at work, weights changing.
    pub train_loss: f64,
    /// The same on the validation rows after the epoch, without dropout; `None` without such rows.
    pub validation_loss: Option<f64>,
    /// Accuracy (binary, classes) or mean absolute error (regression) on the training rows, weighted by |weight|.
    pub train_metric: f64,
    /// The same on the validation rows.
    pub validation_metric: Option<f64>,
    /// Learning rate of this epoch.
    pub learning_rate: f64,
    /// Wall time, with the validation.
    pub seconds: f64,
}

/// A model to predict with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelToRun {
    /// A network; its bytes come along, as [`crate::network_to_bytes`] makes them.
    Network,
    /// A `TorchScript` file.
    Torchscript {
        /// The file.
        path: std::path::PathBuf,
        /// What its outputs mean.
        task: Task,
        /// What its inputs are.
        mask: MaskUse,
        /// Whether sigmoid or softmax must follow.
        outputs: OutputMeaning,
    },
}

/// What was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TrainedModel {
    /// A network; its bytes come along.
    Network,
    /// A `TorchScript` file.
    Torchscript {
        /// The file.
        path: std::path::PathBuf,
    },
}
