//! Runs a trained model in the worker.

use std::path::PathBuf;

use event_columns::{OnProgress, Unit};
use network::{MaskUse, Network, Task};
use training_protocol::{ChunkRows, Device, FromWorker, ModelToRun, Ring, ToWorker, network_to_bytes};

use crate::{
    ChunkSource, OutputMeaning, TrainingError, WorkerProgram,
    conversation::{Conversation, Progress},
};

/// A trained model.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainedModel<'a> {
    /// A network.
    Network(&'a Network),
    /// A `TorchScript` file, with what it does not say.
    Torchscript {
        /// The file.
        path: PathBuf,
        /// What its outputs mean.
        task: Task,
        /// What its inputs are; not [`MaskUse::Embed`].
        mask: MaskUse,
        /// Whether sigmoid or softmax must follow.
        outputs: OutputMeaning,
    },
}

impl TrainedModel<'_> {
    fn task(&self) -> Task {
        match self {
            Self::Network(network) => network.task,
            Self::Torchscript { task, .. } => *task,
        }
    }

    fn to_run(&self) -> Result<(ModelToRun, Vec<u8>), TrainingError> {
        Ok(match self {
            Self::Network(network) => (ModelToRun::Network, network_to_bytes(network)?),
            Self::Torchscript { path, task, mask, outputs } => (
                ModelToRun::Torchscript { path: path.clone(), task: *task, mask: *mask, outputs: *outputs },
                Vec::new(),
            ),
        })
    }
}

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PredictionSettings {
    /// Default: a GPU where there is one.
    pub device: Device,
    /// Threads of one operation, at least 1. Default: 1.
    pub threads: usize,
}

impl Default for PredictionSettings {
    fn default() -> Self {
        Self { device: Device::Auto, threads: 1 }
    }
}

/// What a model says about rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Scores of a row: 1 (probability of label 1, or the value of a regression), or one probability for each class.
    pub n_outputs: usize,
    /// `values[row * n_outputs + output]`, all rows of all chunks in the order in which the source gave them.
    pub values: Vec<f32>,
}

/// Predicts for all rows of the source, be they for training, validation or test.
///
/// # Errors
/// [`TrainingError`]; the worker has ended by then.
pub fn predict(
    model: &TrainedModel<'_>,
    settings: PredictionSettings,
    source: &mut dyn ChunkSource,
    worker: &WorkerProgram,
    on_progress: OnProgress<'_>,
) -> Result<Scores, TrainingError> {
    let n_outputs = model.task().n_outputs();
    let progress = Progress {
        tell: on_progress,
        step: "predicting",
        unit: Unit::Events,
        done: 0,
        total: None,
        note: String::new(),
    };
    let mut talk = Conversation::open(worker, source, n_outputs, progress)?;
    talk.attempt = "building the model";
    let (model, block) = model.to_run()?;
    let message = ToWorker::Predict { model, device: settings.device, n_threads: settings.threads.max(1) };
    talk.send(&message, &block)?;
    match talk.next_message()?.message {
        FromWorker::Ready { .. } => {}
        other => return Err(talk.out_of_turn(&other)),
    }
    talk.attempt = "predicting";
    let mut scores = Vec::new();
    let mut on_free = |slot, rows: ChunkRows, ring: &mut Ring, progress: &mut Progress<'_>| {
        let n_rows = rows.total().unwrap_or(0);
        progress.done += n_rows as u64;
        let n_scores = n_rows.saturating_mul(n_outputs);
        if let Some(found) = ring.slot(slot).as_ref().and_then(|arrays| arrays.scores.get(..n_scores)) {
            scores.extend_from_slice(found);
        }
    };
    talk.send_chunks(source, 0, &mut |message, _| Err(message), &mut on_free)?;
    talk.end_pass(&mut |message, _| Err(message), &mut on_free)?;
    talk.progress.report()?;
    Ok(Scores { n_outputs, values: scores })
}
