//! Why a tree could not be written.

use event_columns::ColumnType;
use std::path::PathBuf;

/// Any error of the source of the events.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why [`crate::write_tree`] or [`crate::write_scores`] left no file.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The source of the events failed.
    #[error("writing {}: the events to write could not be made", path.display())]
    Source {
        /// The file asked for.
        path: PathBuf,
        /// What the source said.
        source: BoxError,
    },
    /// No chunk came, so nobody knows the branches.
    #[error(
        "writing {}: there is no chunk of events, not even an empty one that would name the branches",
        path.display()
    )]
    NoChunk {
        /// The file asked for.
        path: PathBuf,
    },
    /// A tree or branch cannot have this name.
    #[error("a {what} cannot be named {name:?} in a ROOT file: {reason}; rename it before writing")]
    Name {
        /// `tree` or `branch`.
        what: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A column has a type that has no form in the file.
    #[error("branch {branch} ({column_type}) cannot be written to a ROOT file: {reason}")]
    Unsupported {
        /// Name of the branch.
        branch: String,
        /// Its type.
        column_type: ColumnType,
        /// Why, and what can be done instead.
        reason: &'static str,
    },
    /// The file can hold no more.
    #[error(
        "writing {}: entry {entry} would take the file beyond {limit_bytes} bytes, the most that can be \
         written into one file; write the events into several files", path.display()
    )]
    TooLarge {
        /// The file asked for.
        path: PathBuf,
        /// The entry that did not fit.
        entry: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// A chunk has other branches than the first one.
    #[error("the chunk of entry {first_entry} does not continue the tree: {reason}")]
    Chunk {
        /// First entry of the chunk, counted in the file that is written.
        first_entry: u64,
        /// What differs.
        reason: String,
    },
    /// One value cannot be stored.
    #[error("branch {branch}, entry {entry}: {reason}")]
    Value {
        /// Name of the branch.
        branch: String,
        /// Entry in the file that is written.
        entry: u64,
        /// What is wrong, and what can be done instead.
        reason: &'static str,
    },
    /// The folder or the file refused.
    #[error("writing {}: could not {action}", path.display())]
    Io {
        /// The file asked for.
        path: PathBuf,
        /// What was attempted.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The ROOT writer failed: a full disk shows here.
    #[error("writing {}: {reason}", path.display())]
    Writer {
        /// The file asked for.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
    /// What was written does not have the expected form; the file was thrown away.
    #[error("writing {}: the finished file is not as expected ({reason}) and was thrown away", path.display())]
    Layout {
        /// The file asked for.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// The progress callback said stop; no file is left.
    #[error("writing {} was stopped", path.display())]
    Stopped {
        /// The file asked for.
        path: PathBuf,
    },
}
