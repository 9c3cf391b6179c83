//! Tables of events that are not ROOT files: CSV, JSON lines and Parquet, in and out.
//!
//! What the formats mean here:
//!
//! * **CSV**: the first line names the columns, the separator is a comma. A column whose cells are all numbers is a
//!   column of numbers, `nan` and `inf` in any spelling among them; an empty cell is NaN (and the column `f64`).
//!   A column most of whose cells are numbers, and not all, cannot be read: the reason names the first cell that is none.
//! * **JSON lines**: one object on each line; lists are jagged branches; branches are sorted by name. A key that is missing
//!   or null gives NaN (an empty text, an empty list). `MLaaS4HEP` takes 0, which nobody can tell from a value.
//! * **Parquet**: lists are jagged branches; a missing number is NaN.
//!
//! CSV and JSON lines may be compressed (`.gz`, `.bz2`). A table is read whole into memory. Columns of a kind that has no
//! counterpart (dates, objects) are listed with the reason and cannot be read; the others can.

mod read;
mod write;

pub use read::TableFile;
pub use write::{TableWriter, write_table};

use std::path::{Path, PathBuf};

/// The format of a table file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON object on each line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The format that a file name says: `.csv`, `.json`, `.jsonl`, `.ndjson` (also followed by `.gz` or `.bz2`), `.parquet`,
    /// `.pq`; nothing for other names.
    pub fn from_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".bz2")).unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "csv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" => Some(Self::JsonLines),
            "parquet" | "pq" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// The format's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::JsonLines => "JSON lines",
            Self::Parquet => "Parquet",
        }
    }
}

/// Why a table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableFileError {
    /// The name says no format.
    #[error("{path:?} does not say its format: name it .csv, .json, .jsonl or .parquet, or give the format")]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("could not {action} {path:?}: {cause}")]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A line is not what the format asks for.
    #[error("{path:?}, line {line}, column {column}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in bytes (JSON) or cell (CSV), from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// polars could not read or write the table.
    #[error("{path:?} cannot be {action} as {format}: {cause}")]
    Polars {
        /// `read` or `written`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// [`Format::name`].
        format: &'static str,
        /// Its own words.
        #[source]
        cause: polars::error::PolarsError,
    },
    /// A column cannot be stored in this format.
    #[error(
        "column `{column}` holds {column_type}, and {format} has one value in each cell: write JSON lines or Parquet, or drop it"
    )]
    NestedColumn {
        /// The column.
        column: String,
        /// What it holds.
        column_type: event_columns::ColumnType,
        /// [`Format::name`].
        format: &'static str,
    },
    /// A column could not change sides.
    #[error("{path:?}: {cause}")]
    Frame {
        /// The file.
        path: PathBuf,
        /// The column and why.
        #[source]
        cause: event_frame::FrameError,
    },
}
