//! Why a model cannot be made, read or run.

/// Why a network cannot be written as a graph or run: its parts do not fit together, or tract refused it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the network cannot be used: {0}")]
pub struct NetworkProblem(pub(crate) String);

/// Why a model file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// The file system said no.
    #[error("cannot {action} the model {path}: {cause}")]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Not a model file, or its end is missing.
    #[error("{path} is not a model file of mlaas4hep, or its end is missing: {cause}")]
    NoArchive {
        /// The file.
        path: String,
        /// What the archive reader said.
        cause: String,
    },
    /// A part is missing, or not as it was written.
    #[error("{path}: part `{part}` is damaged: {reason}; fetch the file again or train anew")]
    Damaged {
        /// The file.
        path: String,
        /// The part within the archive.
        part: String,
        /// What is wrong.
        reason: String,
    },
    /// The file was written by a newer program.
    #[error("{path} has format version {found}, this program reads up to {newest}: use a newer mlaas4hep")]
    TooNew {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
        /// The newest that can be read.
        newest: u32,
    },
    /// Parts that are each whole do not fit each other.
    #[error("{path}: the parts of the model do not fit together: {reason}")]
    Inconsistent {
        /// The file, or empty for a model that is being made.
        path: String,
        /// What does not fit what.
        reason: String,
    },
}

/// Why events get no scores.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// The caller asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// The model is `TorchScript`.
    #[error("the model is TorchScript: it must be run by the worker that holds libtorch, `mlaas4hep-torch`")]
    NeedsTorch,
    /// Branches that the model reads are not there.
    #[error("{place} lacks what the model reads: {listing}")]
    MissingBranches {
        /// Where they were looked for: a table, a row, a chunk.
        place: String,
        /// The names.
        names: Vec<String>,
        /// The names with those that may have been meant.
        listing: String,
    },
    /// Names that the model does not know.
    #[error("unknown to the model: {listing}; leave them out, or ask for unknown names to be ignored")]
    UnknownKeys {
        /// The names.
        names: Vec<String>,
        /// The names with those that may have been meant.
        listing: String,
    },
    /// A key stands twice in `keys`.
    #[error("the key `{key}` is given twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// The rows have neither of the two forms.
    #[error(
        "{reason}; give a list of objects by branch name, or {{\"keys\": [names], \"values\": [a value for each]}}"
    )]
    Form {
        /// What is wrong.
        reason: String,
    },
    /// A value is not what the branch holds.
    #[error("row {row}, branch `{branch}`: {reason}")]
    Value {
        /// Counted from 0.
        row: usize,
        /// The branch.
        branch: String,
        /// What is wrong.
        reason: String,
    },
    /// The selection does not fit the events.
    #[error("the model's selection does not fit these events: {cause}")]
    Selection {
        /// What the selection said.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The rows cannot be filled.
    #[error("the model's rows cannot be filled: {cause}")]
    Matrix {
        /// What the matrix said.
        #[from]
        #[source]
        cause: event_matrix::MatrixError,
    },
    /// The network cannot be run.
    #[error(transparent)]
    Network(#[from] NetworkProblem),
    /// The table cannot be read.
    #[error(transparent)]
    Read(#[from] event_columns::ReadError),
    /// The receiver of the scores failed.
    #[error("the scores could not be handed on: {cause}")]
    Sink {
        /// What it said.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}
