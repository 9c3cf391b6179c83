//! Trains in the worker.

use std::path::PathBuf;

use event_columns::{OnProgress, Unit};
use network::Network;
use training_protocol::{
    ChunkOrder, EpochRecord, FromWorker, ModelDescription, ToWorker, TrainedModel, TrainingPlan,
    network_from_bytes, partial_path,
};

use crate::{
    CheckedSettings, ChunkSource, TrainingError, WorkerProgram,
    conversation::{Conversation, Pass, Progress},
};

/// What training leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The trained network; `None` where a `TorchScript` model was trained.
    pub network: Option<Network>,
    /// The trained `TorchScript` file; `None` where a network was trained.
    pub torchscript: Option<PathBuf>,
    /// Every epoch, in order; with those before a checkpoint that was resumed.
    pub history: Vec<EpochRecord>,
    /// Whether early stopping ended the training, or (by chunk) that of a chunk.
    pub stopped: bool,
    /// Where it was trained: `cpu`, `cuda:0`.
    pub device: String,
    /// Program and versions of the worker.
    pub worker: String,
}

/// Hears of an epoch that is over.
pub type OnEpoch<'a> = &'a mut dyn FnMut(&EpochRecord);

/// Trains a model on the rows of the source.
///
/// Progress counts epochs; its note says chunk, epoch and loss. The callback is asked about ten times a second, but
/// not while the source is at work on a chunk; where it says stop, the worker is ended within two seconds.
///
/// # Errors
/// [`TrainingError`]; the worker has ended by then, and no half-written file is left.
pub fn train(
    settings: &CheckedSettings,
    source: &mut dyn ChunkSource,
    worker: &WorkerProgram,
    on_progress: OnProgress<'_>,
) -> Result<Trained, TrainingError> {
    train_telling_epochs(settings, source, worker, on_progress, &mut |_| ())
}

/// As [`train`]; `on_epoch` hears of each epoch as soon as it is over, and first of those before a checkpoint that was
/// resumed.
///
/// # Errors
/// As [`train`].
pub fn train_telling_epochs(
    settings: &CheckedSettings,
    source: &mut dyn ChunkSource,
    worker: &WorkerProgram,
    on_progress: OnProgress<'_>,
    on_epoch: OnEpoch<'_>,
) -> Result<Trained, TrainingError> {
    let plan = settings.plan(source.n_columns());
    let trained = train_as_planned(&plan, source, worker, on_progress, on_epoch);
    if trained.is_err() {
        remove_partial_files(&plan);
    }
    trained.map_err(|error| match error {
        TrainingError::Cancelled { .. } => {
            TrainingError::Cancelled { has_checkpoint: plan.checkpoint.is_some_and(|file| file.exists()) }
        }
        other => other,
    })
}

fn train_as_planned(
    plan: &TrainingPlan,
    source: &mut dyn ChunkSource,
    worker: &WorkerProgram,
    on_progress: OnProgress<'_>,
    on_epoch: OnEpoch<'_>,
) -> Result<Trained, TrainingError> {
    let mut note_taker = NoteTaker::new(plan, on_epoch);
    let progress = Progress {
        tell: on_progress,
        step: "training",
        unit: Unit::Epochs,
        done: 0,
        total: note_taker.total_epochs(),
        note: "starting the worker".into(),
    };
    let mut talk = Conversation::open(worker, source, plan.model.task().n_outputs(), progress)?;
    talk.attempt = "building the model";
    talk.send(&ToWorker::Train { plan: Box::new(plan.clone()) }, &[])?;
    let (device, n_skipped) = match talk.next_message()?.message {
        FromWorker::Ready { device, skip_chunks, history } => {
            for record in history {
                note_taker.add(record);
            }
            (device, skip_chunks)
        }
        other => return Err(talk.out_of_turn(&other)),
    };
    talk.attempt = "training";
    feed(&mut talk, source, n_skipped, &mut note_taker)?;
    talk.attempt = "handing over the trained model";
    let received = talk.next_message()?;
    let FromWorker::Trained { model, stopped_early } = received.message else {
        return Err(talk.out_of_turn(&received.message));
    };
    let (network, torchscript) = match model {
        TrainedModel::Network => (Some(network_from_bytes(&received.block)?), None),
        TrainedModel::Torchscript { path } => (None, Some(path)),
    };
    Ok(Trained {
        network,
        torchscript,
        history: note_taker.history,
        stopped: stopped_early,
        device,
        worker: std::mem::take(&mut talk.program),
    })
}

/// Sends chunks for as many passes as the worker wants.
fn feed(
    talk: &mut Conversation<'_>,
    source: &mut dyn ChunkSource,
    n_skipped: usize,
    note_taker: &mut NoteTaker<'_>,
) -> Result<(), TrainingError> {
    let mut on_message = |message, progress: &mut Progress<'_>| note_taker.take(message, progress);
    let mut pass = talk.send_chunks(source, n_skipped, &mut on_message, &mut |_, _, _, _| ())?;
    if pass.n_train == 0 && n_skipped == 0 {
        return Err(TrainingError::NoRows { n_chunks: pass.n_chunks });
    }
    while talk.end_pass(&mut on_message, &mut |_, _, _, _| ())? {
        pass = match pass.in_ring {
            // They all still stand in the ring: nothing needs to be read again.
            Some(chunks) => {
                chunks.iter().try_for_each(|(slot, rows)| talk.send_chunk(*slot, *rows))?;
                Pass { in_ring: Some(chunks), ..pass }
            }
            None => talk.send_chunks(source, 0, &mut on_message, &mut |_, _, _, _| ())?,
        };
    }
    Ok(())
}

/// Keeps the history and turns the worker's messages into progress.
struct NoteTaker<'a> {
    epochs: usize,
    order: ChunkOrder,
    history: Vec<EpochRecord>,
    on_epoch: OnEpoch<'a>,
}

impl<'a> NoteTaker<'a> {
    fn new(plan: &TrainingPlan, on_epoch: OnEpoch<'a>) -> Self {
        Self { epochs: plan.epochs, order: plan.order, history: Vec::new(), on_epoch }
    }

    fn add(&mut self, record: EpochRecord) {
        (self.on_epoch)(&record);
        self.history.push(record);
    }

    /// By chunk, nobody knows how many chunks will come.
    fn total_epochs(&self) -> Option<u64> {
        (self.order == ChunkOrder::Standard).then_some(self.epochs as u64)
    }

    fn take(&mut self, message: FromWorker, progress: &mut Progress<'_>) -> Result<(), FromWorker> {
        match message {
            FromWorker::Progress { epoch, chunk, rows_done } => {
                let loss = self.history.last().map(|last| format!("; loss {:.4}", last.train_loss));
                progress.note =
                    format!("chunk {chunk}, epoch {epoch}: {rows_done} events{}", loss.unwrap_or_default());
            }
            FromWorker::Epoch { record } => {
                progress.note = describe(&record);
                self.add(record);
            }
            other => return Err(other),
        }
        progress.done = self.history.len() as u64;
        Ok(())
    }
}

fn describe(record: &EpochRecord) -> String {
    let chunk = record.chunk.map(|chunk| format!("chunk {chunk}, ")).unwrap_or_default();
    let validation = record.validation_loss.map(|loss| format!(", validation loss {loss:.4}"));
    let validation = validation.unwrap_or_default();
    format!("{chunk}epoch {}: loss {:.4}{validation}", record.epoch, record.train_loss)
}

fn remove_partial_files(plan: &TrainingPlan) {
    let output = match &plan.model {
        ModelDescription::Torchscript(script) => Some(&script.output),
        ModelDescription::Network(_) => None,
    };
    for file in [plan.checkpoint.as_ref(), output].into_iter().flatten() {
        // Mostly there is none; and where it cannot be removed, the error that led here matters more.
        let _mostly_absent = std::fs::remove_file(partial_path(file));
    }
}
