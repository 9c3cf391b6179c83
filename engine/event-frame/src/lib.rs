//! Event columns to polars columns and back, without copying values.
//!
//! A [`Piece`](event_columns::Piece) becomes one chunk of a polars column and keeps its buffers: polars holds the
//! shared owner. What is copied, and why:
//!
//! * booleans, both ways: polars packs eight into a byte, we keep one in each;
//! * text from polars: it stores views, we store offsets and bytes (towards polars, the bytes are shared and only the
//!   views are made; bytes that are not UTF-8 are copied with U+FFFD in their place);
//! * values from polars that somebody else still holds, or that are part of a larger buffer.
//!
//! Fixed arrays (`float x[3]`) become lists of constant length; [`column_from_series`] makes them fixed again when
//! it is told the type. Missing values of polars become NaN (numbers turn to `f64` then), empty lists and empty text.

mod from_polars;
mod to_polars;

pub use from_polars::{chunk_from_frame, column_from_series, column_type_of};
pub use to_polars::{Elements, elements_of_column, frame_from_chunk, series_from_column};

use event_columns::{ColumnType, PieceError};

/// Why a column could not change sides.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A polars type that has no counterpart among the event columns.
    #[error("column `{column}` has the type {dtype}, which is no number, text or list of them")]
    UnsupportedType {
        /// The column.
        column: String,
        /// Its polars type.
        dtype: String,
    },
    /// The column was expected to have another type.
    #[error("column `{column}` holds {dtype}, expected {expected}")]
    OtherType {
        /// The column.
        column: String,
        /// Its polars type.
        dtype: String,
        /// What was asked for.
        expected: ColumnType,
    },
    /// Buffers that do not fit together.
    #[error("column `{column}`")]
    Piece {
        /// The column.
        column: String,
        /// What does not fit.
        #[source]
        cause: PieceError,
    },
    /// polars refused.
    #[error("column `{column}`")]
    Polars {
        /// The column, or the columns.
        column: String,
        /// Its own words.
        #[source]
        cause: polars::error::PolarsError,
    },
}
