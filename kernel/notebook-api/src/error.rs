//! What can go wrong, said so that a physicist can act on it.

use std::fmt;
use std::path::PathBuf;

use crate::PrimitiveType;

/// What was attempted on what, why it failed, and what to do next.
#[derive(Debug)]
pub enum Error {
    /// The cell runs without a kernel: there is no folder of tables.
    NoStore,
    /// No table of that name was handed to Rust.
    NoTable {
        /// The name that was asked for.
        name: String,
        /// The names that look most like it.
        nearest: Vec<String>,
        /// How many tables there are.
        n_tables: usize,
    },
    /// The kernel cannot bring the table.
    NotShared {
        /// The table.
        table: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The table has no such column.
    NoColumn {
        /// The table.
        table: String,
        /// The name that was asked for.
        column: String,
        /// The names that look most like it.
        nearest: Vec<String>,
        /// How many columns there are.
        n_columns: usize,
    },
    /// The values have another type.
    WrongType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type that was asked for.
        wanted: PrimitiveType,
        /// The type that the column has.
        found: PrimitiveType,
    },
    /// The column has another shape.
    WrongShape {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The shape that the column has, in words.
        found: String,
        /// The call that suits it.
        instead: &'static str,
    },
    /// The file of a table is not what this version writes, or is damaged.
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Columns to hand back do not fit together.
    BadTable {
        /// The table that was to be handed back.
        table: String,
        /// What does not fit.
        reason: String,
    },
    /// Reading or writing failed.
    Io {
        /// What was attempted.
        attempted: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The front end gave no input.
    NoInput {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStore => {
                write!(
                    to,
                    "there are no tables here: MLAAS4HEP_STORE is not set; run the cell in the MLaaS4HEP kernel"
                )
            }
            Self::NoTable { name, nearest, n_tables } => {
                write!(to, "no table `{name}` among the {n_tables} that Rust cells see")?;
                hint(to, nearest, "mlaas4hep::tables() lists them")
            }
            Self::NotShared { table, reason } => write!(to, "table `{table}` cannot be had: {reason}"),
            Self::NoColumn { table, column, nearest, n_columns } => {
                write!(to, "table `{table}` has no column `{column}` among its {n_columns}")?;
                hint(to, nearest, "names() lists them")
            }
            Self::WrongType { table, column, wanted, found } => write!(
                to,
                "column `{column}` of table `{table}` holds {found}, not {wanted}: write `::<{found}>`, or to_f64(\"{column}\") for a copy as f64"
            ),
            Self::WrongShape { table, column, found, instead } => {
                write!(to, "column `{column}` of table `{table}` {found}: use {instead}")
            }
            Self::BadFile { path, reason } => write!(
                to,
                "{} is no table that can be read: {reason}; make the table again in the notebook",
                path.display()
            ),
            Self::BadTable { table, reason } => write!(to, "table `{table}` cannot be handed back: {reason}"),
            Self::Io { attempted, path, source } => {
                write!(to, "could not {attempted} {}: {source}", path.display())?;
                if source.kind() == std::io::ErrorKind::StorageFull {
                    write!(to, "; shared memory is full: drop tables that are no longer needed")?;
                }
                Ok(())
            }
            Self::NoInput { reason } => write!(to, "no input: {reason}"),
        }
    }
}

fn hint(to: &mut fmt::Formatter<'_>, nearest: &[String], otherwise: &str) -> fmt::Result {
    if nearest.is_empty() {
        write!(to, "; {otherwise}")
    } else {
        write!(to, "; did you mean {}?", nearest.join(" or "))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
