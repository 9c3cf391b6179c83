//! The vocabulary of the engine: events as columns.
//!
//! A tree of events is a set of branches. A branch holds, for each entry, one value (flat), a fixed number
//! of values, a list of values (jagged), or a list of lists. Readers produce a [`Piece`] for each unit that
//! the file stores (a ROOT basket, a table chunk); a [`Column`] is a sequence of pieces; an [`EventChunk`]
//! is a set of columns over the same entries. Buffers are in Arrow layout (offsets of 64 bits, contiguous
//! values) and shared, so that slicing and keeping cost nothing and polars can take them without a copy.
//!
//! This crate sits at the bottom: it depends on nothing else here and does no input or output.

mod cached_table;
mod chunk;
mod column;
mod column_type;
mod memory_table;
mod nearest;
mod offsets;
mod piece;
mod progress;
mod slice;
mod table;
mod values;

pub use cached_table::CachedTable;
pub use chunk::EventChunk;
pub use column::Column;
pub use column_type::{ColumnType, ElementType};
pub use memory_table::MemoryTable;
pub use nearest::nearest_names;
pub use offsets::Offsets;
pub use piece::{Piece, PieceError};
pub use progress::{GoOn, OnProgress, StepReport, Unit};
pub use slice::Slice;
pub use table::{
    BranchInfo, EventTable, PieceAt, PieceSink, ReadError, TableInfo, read_chunk, read_chunk_unless,
};
pub use values::{Number, Values};
