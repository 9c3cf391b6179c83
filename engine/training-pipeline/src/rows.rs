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

/// Chunks of the mixer as a source for training and prediction.
pub(crate) struct MixedRows<'a, 'b> {
    mixer: &'a mut Mixer,
    on_event: Option<OnEvent<'b>>,
    /// Rows seen since the last rewind.
    pub(crate) log: RowLog,
    /// Whether the chunks were told to the caller once; a later epoch reads them again in silence.
    is_told: bool,
}

impl<'a, 'b> MixedRows<'a, 'b> {
    /// Starts with the first chunk; `on_event` hears of each chunk the first time it is filled.
    pub(crate) fn new(mixer: &'a mut Mixer, on_event: Option<OnEvent<'b>>) -> Self {
        mixer.rewind();
        Self { mixer, on_event, log: RowLog::default(), is_told: false }
    }

    fn tell(&mut self, filled: FilledChunk, start: Instant) {
        let chunk = PipelineEvent::Chunk {
            number: self.log.chunks.len(),
            n_rows: filled.n_rows(),
            n_train: filled.n_train,
            n_columns: self.mixer.layout().n_columns(),
            seconds: start.elapsed().as_secs_f64(),
        };
        if let Some(on_event) = self.on_event.as_mut().filter(|_| !self.is_told) {
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
        Ok(())
    }

    fn next_chunk(&mut self, slot: &mut ChunkSlot<'_>) -> Result<Option<ChunkRows>, BoxError> {
        let start = Instant::now();
        let target =
            ChunkTarget { values: &mut *slot.values, mask: &mut *slot.mask, labels: &mut *slot.labels, weights: &mut *slot.weights };
        let Some(filled) = self.mixer.next_chunk(target)? else { return Ok(None) };
        self.tell(filled, start);
        let n_rows = filled.n_rows();
        self.log.labels.extend_from_slice(&slot.labels[..n_rows]);
        self.log.weights.extend_from_slice(&slot.weights[..n_rows]);
        self.log.chunks.push(filled);
        let FilledChunk { n_train, n_validation, n_test } = filled;
        Ok(Some(ChunkRows { n_train, n_validation, n_test }))
    }
}
