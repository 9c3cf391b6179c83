//! From a saved model and raw events to scores: the same for models that run here and for those that need the worker.

use crate::measure::entries_per_chunk;
use crate::{OnEvent, PipelineError, PipelineEvent};
use event_columns::{EventTable, read_chunk};
use model_training::{
    BoxError, ChunkRows, ChunkSlot, ChunkSource, OutputMeaning, PredictionSettings,
    TrainedModel as WorkerModel, WorkerProgram,
};
use root_writer::ScoreChunk;
use std::sync::Arc;
use trained_model::{Predictor, Preparer, Scores, TableSettings, TrainedModel, TrainedNetwork};

/// Receives the scores of a run of events, in the order of the table.
pub type ScoreSink<'a> = &'a mut dyn FnMut(u64, Scores) -> Result<(), BoxError>;

/// Scores all events of a table; those that the model's selection cuts away have no score and are marked.
///
/// `worker` is needed for `TorchScript` models only.
///
/// # Errors
/// [`PipelineError::Predict`] with missing branches and the like, [`PipelineError::Training`] when the worker fails,
/// [`PipelineError::Stopped`].
pub fn predict(
    model: &TrainedModel,
    table: &Arc<dyn EventTable>,
    worker: Option<&WorkerProgram>,
    on_event: OnEvent<'_>,
    sink: ScoreSink<'_>,
) -> Result<(), PipelineError> {
    match model.network() {
        TrainedNetwork::Layers(_) => {
            let predictor = Predictor::new(model)?;
            let mut on_progress =
                |report: &event_columns::StepReport<'_>| on_event(&PipelineEvent::Progress(report.clone()));
            predictor.predict_table(&**table, &TableSettings::default(), &mut on_progress, sink)?;
            Ok(())
        }
        TrainedNetwork::TorchScript { .. } => predict_in_worker(model, table, worker, on_event, sink),
    }
}

fn predict_in_worker(
    model: &TrainedModel,
    table: &Arc<dyn EventTable>,
    worker: Option<&WorkerProgram>,
    on_event: OnEvent<'_>,
    sink: ScoreSink<'_>,
) -> Result<(), PipelineError> {
    let problem = |problem: String| PipelineError::Settings { problem };
    let worker = worker
        .ok_or_else(|| problem("this model is TorchScript and needs the worker mlaas4hep-torch".into()))?;
    let TrainedNetwork::TorchScript { module, mask, gives_probabilities } = model.network() else {
        return Ok(());
    };
    let folder = tempfile::tempdir().map_err(|cause| PipelineError::File {
        action: "write",
        path: std::env::temp_dir(),
        cause,
    })?;
    let path = folder.path().join("model.pt");
    std::fs::write(&path, module).map_err(|cause| PipelineError::File {
        action: "write",
        path: path.clone(),
        cause,
    })?;
    let to_run = WorkerModel::Torchscript {
        path,
        task: model.manifest().task,
        mask: *mask,
        outputs: if *gives_probabilities { OutputMeaning::Probabilities } else { OutputMeaning::Logits },
    };
    let mut rows = TableRows::new(model, Arc::clone(table))?;
    let mut on_progress =
        |report: &event_columns::StepReport<'_>| on_event(&PipelineEvent::Progress(report.clone()));
    let scores =
        model_training::predict(&to_run, PredictionSettings::default(), &mut rows, worker, &mut on_progress)
            .map_err(crate::run::stopped_or)?;
    rows.hand_out(&scores, sink).map_err(|error| problem(error.to_string()))
}

/// Selected, normalised rows of a table, chunk by chunk, and which events they are.
struct TableRows {
    preparer: Preparer,
    table: Arc<dyn EventTable>,
    branches: Vec<usize>,
    n_columns: usize,
    n_per_chunk: u64,
    next_entry: u64,
    /// First entry, number of entries and kept positions of each chunk.
    chunks: Vec<(u64, usize, Vec<u32>)>,
}

impl TableRows {
    fn new(model: &TrainedModel, table: Arc<dyn EventTable>) -> Result<Self, PipelineError> {
        let preparer = Preparer::new(model)?;
        let info = table.info();
        let mut branches = Vec::new();
        for (name, _) in preparer.branches() {
            let position = info.find(name);
            branches.push(position.map_err(|cause| PipelineError::Input {
                file: info.source.clone(),
                cause: Box::new(cause),
            })?);
        }
        let n_per_chunk = entries_per_chunk(&*table, &branches);
        let n_columns = model.layout().n_columns();
        Ok(Self { preparer, table, branches, n_columns, n_per_chunk, next_entry: 0, chunks: Vec::new() })
    }

    fn hand_out(&self, scores: &model_training::Scores, sink: ScoreSink<'_>) -> Result<(), BoxError> {
        let n_outputs = scores.n_outputs.max(1);
        let mut rows = scores.values.chunks_exact(n_outputs);
        for (first_entry, n_entries, kept) in &self.chunks {
            let mut out = Scores {
                n_outputs,
                values: vec![f32::NAN; n_entries * n_outputs],
                passed: vec![false; *n_entries],
                ..Scores::default()
            };
            for position in kept {
                let position = *position as usize;
                let row = rows.next().ok_or("the worker returned fewer scores than events")?;
                out.values[position * n_outputs..(position + 1) * n_outputs].copy_from_slice(row);
                out.passed[position] = true;
            }
            sink(*first_entry, out)?;
        }
        Ok(())
    }
}

impl ChunkSource for TableRows {
    fn n_columns(&self) -> usize {
        self.n_columns
    }

    fn max_rows(&self) -> usize {
        (self.n_per_chunk.min(self.table.info().n_entries) as usize).max(1)
    }

    fn rewind(&mut self) -> Result<(), BoxError> {
        self.next_entry = 0;
        self.chunks.clear();
        Ok(())
    }

    fn next_chunk(&mut self, slot: &mut ChunkSlot<'_>) -> Result<Option<ChunkRows>, BoxError> {
        let n_entries = self.table.info().n_entries;
        if self.next_entry >= n_entries {
            return Ok(None);
        }
        let end = n_entries.min(self.next_entry + self.n_per_chunk);
        let chunk = read_chunk(&*self.table, &self.branches, self.next_entry..end)?;
        let prepared = self.preparer.prepare(&chunk)?;
        let n_rows = prepared.kept.len();
        slot.values[..n_rows * self.n_columns].copy_from_slice(&prepared.batch.values);
        slot.mask[..n_rows * self.n_columns].copy_from_slice(&prepared.batch.mask);
        slot.labels[..n_rows].fill(0.0);
        slot.weights[..n_rows].fill(1.0);
        self.chunks.push((self.next_entry, chunk.n_entries(), prepared.kept));
        self.next_entry = end;
        Ok(Some(ChunkRows { n_train: 0, n_validation: 0, n_test: n_rows }))
    }
}

/// Scores of a run of events as the writers of files take them: those of the events that passed.
pub fn score_chunk(first_entry: u64, scores: &Scores) -> ScoreChunk {
    let n_entries = scores.n_events();
    let kept: Vec<u32> = (0..n_entries as u32).filter(|position| scores.passed[*position as usize]).collect();
    let passed = scores.rows().zip(&scores.passed).filter(|(_, passed)| **passed);
    let scores = passed.flat_map(|(row, _)| row.iter().copied()).collect();
    ScoreChunk { first_entry, n_entries, kept, scores }
}
