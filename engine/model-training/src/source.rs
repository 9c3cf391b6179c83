//! Where the rows come from.

use training_protocol::{ChunkRows, ChunkSlot};

/// Any error of a source.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Gives chunks of rows, one after the other, as often as it is asked to start over.
///
/// After [`ChunkSource::rewind`] the same rows must come again, for validation rows must stay what they are. A source
/// whose chunks all fit into the two slots of the ring is read once only.
pub trait ChunkSource {
    /// Width of a row, at least 1.
    fn n_columns(&self) -> usize;

    /// Most rows that a chunk will have, at least 1.
    fn max_rows(&self) -> usize;

    /// Starts over with the first chunk.
    ///
    /// # Errors
    /// Whatever keeps the source from doing so.
    fn rewind(&mut self) -> Result<(), BoxError>;

    /// Writes the next chunk into the slot, rows to train on first, then those for validation, then those for the
    /// test; says how many there are of each, or `None` after the last chunk, and then leaves the slot alone. What
    /// the slot held before is not cleared: values, mask, label and weight of every row of the chunk must be written.
    ///
    /// # Errors
    /// Whatever keeps the source from doing so.
    fn next_chunk(&mut self, slot: &mut ChunkSlot<'_>) -> Result<Option<ChunkRows>, BoxError>;
}
