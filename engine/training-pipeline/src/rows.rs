//! The second pass as the trainer sees it: chunks of rows from the mixer, written straight into its slots.

use crate::{OnEvent, PipelineEvent};
use event_matrix::{ChunkTarget, FilledChunk, Mixer};
use model_training::{BoxError, ChunkRows, ChunkSlot, ChunkSource};
use std::time::Instant;

/// What was in the rows, apart from their values; for the report.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowLog {
    /// Label of each row.
    pub(crate) labels: Vec<f32>,
    /// Weight of each row.
    pub(crate) weights: Vec<f32>,
    /// Rows of each chunk.
    pub(crate) chunks: Vec<FilledChunk>,
}

/// Some rows with their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptRows {
    /// Row after row.
    pub(crate) values: Vec<f32>,
    /// As `values`.
    pub(crate) mask: Vec<u8>,
    /// One for each row.
    pub(crate) labels: Vec<f32>,
    /// One for each row.
    pub(crate) weights: Vec<f32>,
    /// Width of a row.
    pub(crate) n_columns: usize,
}

impl KeptRows {
    /// Number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.labels.len()
    }
}

/// Chunks of the mixer as a source for training and prediction.
pub(crate) struct MixedRows<'a, 'b> {
    mixer: &'a mut Mixer,
    on_event: Option<OnEvent<'b>>,
    /// Rows seen since the last rewind.
    pub(crate) log: RowLog,
    /// Test rows that were kept, up to a number.
    pub(crate) kept: KeptRows,
    n_to_keep: usize,
    /// Whether the chunks were told to the caller once; a later epoch reads them again in silence.
    is_told: bool,
    /// Rows of training, validation and test in the chunks of the first pass.
    pub(crate) n_told: [u64; 3],
}

impl<'a, 'b> MixedRows<'a, 'b> {
    /// Starts with the first chunk; `on_event` hears of each chunk the first time it is filled.
    pub(crate) fn new(mixer: &'a mut Mixer, on_event: Option<OnEvent<'b>>) -> Self {
        mixer.rewind();
        let kept = KeptRows { n_columns: mixer.layout().n_columns(), ..KeptRows::default() };
        Self { mixer, on_event, log: RowLog::default(), kept, n_to_keep: 0, is_told: false, n_told: [0; 3] }
    }

    /// Also keeps the first so many test rows with their values.
    pub(crate) fn keeping_test_rows(mut self, n_rows: usize) -> Self {
        self.n_to_keep = n_rows;
        self
    }

    fn keep(&mut self, slot: &ChunkSlot<'_>, filled: FilledChunk) {
        let n_columns = self.kept.n_columns;
        let start = filled.n_train + filled.n_validation;
        let end = start + filled.n_test.min(self.n_to_keep.saturating_sub(self.kept.n_rows()));
        self.kept.values.extend_from_slice(&slot.values[start * n_columns..end * n_columns]);
        self.kept.mask.extend_from_slice(&slot.mask[start * n_columns..end * n_columns]);
        self.kept.labels.extend_from_slice(&slot.labels[start..end]);
        self.kept.weights.extend_from_slice(&slot.weights[start..end]);
    }

    fn tell(&mut self, filled: FilledChunk, start: Instant) {
        let chunk = PipelineEvent::Chunk {
            number: self.log.chunks.len(),
            n_rows: filled.n_rows(),
            n_train: filled.n_train,
            n_columns: self.mixer.layout().n_columns(),
            seconds: start.elapsed().as_secs_f64(),
        };
        if self.is_told {
            return;
        }
        let n_rows = [filled.n_train, filled.n_validation, filled.n_test];
        self.n_told.iter_mut().zip(n_rows).for_each(|(sum, n_rows)| *sum += n_rows as u64);
        if let Some(on_event) = self.on_event.as_mut() {
            // An answer of stop is given again at the next report of progress, which ends the training.
            let _ = on_event(&chunk);
        }
    }
}

impl ChunkSource for MixedRows<'_, '_> {
    fn n_columns(&self) -> usize {
        self.mixer.layout().n_columns()
    }

    fn max_rows(&self) -> usize {
        self.mixer.max_rows()
    }

    fn rewind(&mut self) -> Result<(), BoxError> {
        self.mixer.rewind();
        self.is_told |= !self.log.chunks.is_empty();
        self.log = RowLog::default();
        self.kept = KeptRows { n_columns: self.kept.n_columns, ..KeptRows::default() };
        Ok(())
    }

    fn next_chunk(&mut self, slot: &mut ChunkSlot<'_>) -> Result<Option<ChunkRows>, BoxError> {
        let start = Instant::now();
        let target = ChunkTarget {
            values: &mut *slot.values,
            mask: &mut *slot.mask,
            labels: &mut *slot.labels,
            weights: &mut *slot.weights,
        };
        let Some(filled) = self.mixer.next_chunk(target)? else { return Ok(None) };
        self.tell(filled, start);
        let n_rows = filled.n_rows();
        self.log.labels.extend_from_slice(&slot.labels[..n_rows]);
        self.log.weights.extend_from_slice(&slot.weights[..n_rows]);
        self.log.chunks.push(filled);
        self.keep(slot, filled);
        let FilledChunk { n_train, n_validation, n_test } = filled;
        Ok(Some(ChunkRows { n_train, n_validation, n_test }))
    }
}
