//! Scores of raw events.
//!
//! A [`Preparer`] brings raw events to rows: selection, then the columns of the layout. A [`Predictor`] runs the
//! layers on them with tract. It does not run the branch inputs of the ONNX file, for some hundred nodes of a few
//! numbers each would cost more than the network; the tests hold both ways equal.

use crate::json_rows::{UnknownKeys, missing_branches, read_rows};
use crate::runner::{MAX_BATCH, Runner};
use crate::{PredictError, TrainedModel, TrainedNetwork};
use event_columns::{ColumnType, EventChunk, EventTable, OnProgress, StepReport, Unit, read_chunk};
use event_matrix::{MatrixBatch, MatrixLayout};
use event_selection::{CheckedSelection, CutFlow, Selection};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// The scores of events, in the order of the events that were given, also of those that were cut away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Scores of one event: 1, or the number of classes.
    pub n_outputs: usize,
    /// Event after event; NaN for the events that were cut away.
    pub values: Vec<f32>,
    /// Whether each event passed the selection.
    pub passed: Vec<bool>,
    /// What each cut did.
    pub cut_flow: CutFlow,
}

impl Scores {
    /// Number of events.
    pub fn n_events(&self) -> usize {
        self.passed.len()
    }

    /// The scores of each event.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.n_outputs.max(1))
    }
}

/// How a table is read for scoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSettings {
    /// The entries to score, half-open; clipped to the table.
    pub entries: Range<u64>,
    /// Events in memory at a time. Default: 65536, which are 80 MB of decoded branches for 300 columns.
    pub chunk_events: usize,
}

impl Default for TableSettings {
    fn default() -> Self {
        Self { entries: 0..u64::MAX, chunk_events: 65536 }
    }
}

/// Turns raw events into the rows that a network takes. Holds no events; can be used from many threads.
#[derive(Clone, Debug)]
pub struct Preparer {
    branches: Vec<(Arc<str>, ColumnType)>,
    selection: Selection,
    /// Checked against the types of training.
    checked: CheckedSelection,
    layout: MatrixLayout,
}

/// Rows of the events that passed the selection.
#[derive(Clone, Debug)]
pub struct PreparedRows {
    /// Normalised columns and mask, row after row.
    pub batch: MatrixBatch<f32>,
    /// Position of each row's event in the chunk that was given, rising.
    pub kept: Vec<u32>,
    /// What each cut did.
    pub cut_flow: CutFlow,
}

impl Preparer {
    /// Takes selection and layout of a model.
    ///
    /// # Errors
    /// [`PredictError::Selection`] where the selection does not fit the branches of the model.
    pub fn new(model: &TrainedModel) -> Result<Self, PredictError> {
        let branches = model.branches();
        // What the selection drops at the end is not read in the first place.
        let selection = model.selection().without_drops();
        let checked = selection.check(&branches).map_err(selection_error)?;
        Ok(Self { branches, selection, checked, layout: model.layout().clone().truncating() })
    }

    /// The raw branches that are read, with their types in training.
    pub fn branches(&self) -> &[(Arc<str>, ColumnType)] {
        &self.branches
    }

    /// Selects events and fills their rows. The chunk may hold more branches than are read.
    ///
    /// # Errors
    /// [`PredictError::MissingBranches`], [`PredictError::Selection`], [`PredictError::Matrix`].
    pub fn prepare(&self, chunk: &EventChunk) -> Result<PreparedRows, PredictError> {
        let (chunk, kept, cut_flow) = self.select(chunk)?;
        let mut batch = MatrixBatch::default();
        self.layout.fill_batch(&chunk, &mut batch)?;
        Ok(PreparedRows { batch, kept, cut_flow })
    }

    /// The events that pass, with the branches that the layout reads.
    fn select(&self, chunk: &EventChunk) -> Result<(EventChunk, Vec<u32>, CutFlow), PredictError> {
        let missing: Vec<&str> = self
            .branches
            .iter()
            .map(|(name, _)| &**name)
            .filter(|name| chunk.column(name).is_none())
            .collect();
        if !missing.is_empty() {
            let present = chunk.names().iter().map(|name| &**name);
            return Err(missing_branches("the chunk of events", &missing, present));
        }
        if self.selection.is_empty() {
            let cut_flow = CutFlow { n_events: chunk.n_entries() as u64, rows: Vec::new() };
            return Ok((chunk.clone(), (0..chunk.n_entries() as u32).collect(), cut_flow));
        }
        // Branches that are not read are left behind, or the selection would gather them for nothing.
        let mut read = EventChunk::new(chunk.first_entry(), chunk.n_entries());
        let mut has_types_of_training = true;
        for (name, column_type) in &self.branches {
            if let Some(column) = chunk.column(name) {
                has_types_of_training &= column.column_type() == *column_type;
                read.set(Arc::clone(name), column.clone());
            }
        }
        let selected = if has_types_of_training {
            self.checked.apply(read).map_err(selection_error)?
        } else {
            // Another file may hold the same branch in another type.
            let types: Vec<(Arc<str>, ColumnType)> =
                read.columns().map(|(name, column)| (Arc::clone(name), column.column_type())).collect();
            let checked = self.selection.check(&types).map_err(selection_error)?;
            checked.apply(read).map_err(selection_error)?
        };
        Ok((selected.chunk, selected.kept, selected.cut_flow))
    }
}

/// Scores raw events. Can be used from many threads at once.
pub struct Predictor {
    preparer: Preparer,
    runner: Runner,
}

impl Predictor {
    /// Makes ready to run a model.
    ///
    /// # Errors
    /// [`PredictError::NeedsTorch`] for `TorchScript`: a [`Preparer`] makes the rows, the worker scores them.
    /// [`PredictError::Network`] where tract refuses the network.
    pub fn new(model: &TrainedModel) -> Result<Self, PredictError> {
        let TrainedNetwork::Layers(network) = model.network() else { return Err(PredictError::NeedsTorch) };
        Ok(Self { preparer: Preparer::new(model)?, runner: Runner::new(Arc::clone(network))? })
    }

    /// The raw branches that are read, with their types in training.
    pub fn branches(&self) -> &[(Arc<str>, ColumnType)] {
        self.preparer.branches()
    }

    /// Scores of one event: 1, or the number of classes.
    pub fn n_outputs(&self) -> usize {
        self.runner.n_outputs()
    }

    /// Scores the events of a chunk, branches matched by name. Runs on the rayon pool of the caller.
    ///
    /// # Errors
    /// [`PredictError`]; there is no score of any event then.
    pub fn predict(&self, chunk: &EventChunk) -> Result<Scores, PredictError> {
        let (selected, kept, cut_flow) = self.preparer.select(chunk)?;
        let n_outputs = self.runner.n_outputs();
        let mut scores = Scores {
            n_outputs,
            values: vec![f32::NAN; chunk.n_entries() * n_outputs],
            passed: vec![false; chunk.n_entries()],
            cut_flow,
        };
        let found = self.score(&selected)?;
        for (row, &position) in found.chunks_exact(n_outputs).zip(&kept) {
            let position = position as usize;
            scores.values[position * n_outputs..(position + 1) * n_outputs].copy_from_slice(row);
            scores.passed[position] = true;
        }
        Ok(scores)
    }

    /// Scores events given as JSON: a list of objects by branch name (or one of them), or
    /// `{"keys": [names], "values": [a value for each key, or a list of such rows]}`.
    ///
    /// # Errors
    /// As [`Predictor::predict`], and for rows that are not of that form, names that are missing, unknown or given
    /// twice, and values that the branch cannot hold.
    pub fn predict_json(
        &self,
        rows: &serde_json::Value,
        unknown: UnknownKeys,
    ) -> Result<Scores, PredictError> {
        self.predict(&read_rows(rows, self.branches(), unknown)?)
    }

    /// Scores a table chunk after chunk, with bounded memory, and hands on each chunk's scores with its first
    /// entry, in the order of the table.
    ///
    /// # Errors
    /// As [`Predictor::predict`]; [`PredictError::Read`]; [`PredictError::Sink`] with what `sink` said;
    /// [`PredictError::Stopped`].
    pub fn predict_table(
        &self,
        table: &dyn EventTable,
        settings: &TableSettings,
        on_progress: OnProgress<'_>,
        sink: &mut dyn FnMut(u64, Scores) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<(), PredictError> {
        let info = table.info();
        let branches = self.find_branches(table)?;
        let end = settings.entries.end.min(info.n_entries);
        let first = settings.entries.start.min(end);
        let step = format!("scores of {}", info.display_name());
        let mut report = |done: u64| {
            let report =
                StepReport { step: &step, done, total: Some(end - first), unit: Unit::Events, note: "" };
            if on_progress(&report).is_break() { Err(PredictError::Stopped) } else { Ok(()) }
        };
        let mut start = first;
        report(0)?;
        while start < end {
            let stop = start.saturating_add(settings.chunk_events.max(1) as u64).min(end);
            let chunk = read_chunk(table, &branches, start..stop)?;
            sink(start, self.predict(&chunk)?).map_err(|cause| PredictError::Sink { cause })?;
            report(stop - first)?;
            start = stop;
        }
        Ok(())
    }

    /// Positions of the branches in a table; all that are missing are named together.
    fn find_branches(&self, table: &dyn EventTable) -> Result<Vec<usize>, PredictError> {
        let info = table.info();
        let names = || info.branches.iter().map(|branch| &*branch.name);
        let is_missing = |name: &&str| !names().any(|own| own == *name);
        let missing: Vec<&str> = self.branches().iter().map(|(name, _)| &**name).filter(is_missing).collect();
        if !missing.is_empty() {
            return Err(missing_branches(&info.display_name(), &missing, names()));
        }
        self.branches().iter().map(|(name, _)| Ok(info.find(name)?)).collect()
    }

    /// Scores of selected events, in blocks on all threads.
    fn score(&self, chunk: &EventChunk) -> Result<Vec<f32>, PredictError> {
        let n_events = chunk.n_entries();
        if n_events <= MAX_BATCH {
            return self.score_block(chunk);
        }
        let blocks: Result<Vec<Vec<f32>>, PredictError> = (0..n_events.div_ceil(MAX_BATCH))
            .into_par_iter()
            .map(|block| {
                let start = block * MAX_BATCH;
                self.score_block(&chunk.slice(start..(start + MAX_BATCH).min(n_events)))
            })
            .collect();
        Ok(blocks?.concat())
    }

    fn score_block(&self, chunk: &EventChunk) -> Result<Vec<f32>, PredictError> {
        let mut batch = MatrixBatch::default();
        self.preparer.layout.fill_batch(chunk, &mut batch)?;
        let mut rows = vec![0.0; batch.n_rows * self.runner.n_inputs()];
        self.runner.fill_rows(&batch.values, &batch.mask, &mut rows);
        Ok(self.runner.run(&rows)?)
    }
}

impl std::fmt::Debug for Predictor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Predictor").field("branches", &self.preparer.branches).finish_non_exhaustive()
    }
}

fn selection_error(cause: impl std::error::Error + Send + Sync + 'static) -> PredictError {
    PredictError::Selection { cause: Box::new(cause) }
}
