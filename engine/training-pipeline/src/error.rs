//! Why a pipeline ended before its end.

use std::path::PathBuf;

/// Why a pipeline ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The caller asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// No input file at all.
    #[error("no input files were given")]
    NoInputs,
    /// The file does not exist here, and reading from afar is not built yet.
    #[error(
        "{address} does not exist on this machine, and remote files cannot be read yet: copy it here, \
         or set `redirector` to \"\" in the parameters if a local path was meant"
    )]
    Remote {
        /// The name, with the redirector in front.
        address: String,
    },
    /// A file cannot be read.
    #[error("cannot read {file}: {cause}")]
    Input {
        /// The file as the user named it.
        file: String,
        /// What its reader said.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file cannot be written under its name.
    #[error("cannot write {}: {cause}", path.display())]
    Output {
        /// The name as the user said it.
        path: PathBuf,
        /// What stands in the way.
        #[source]
        cause: byte_source::ByteSourceError,
    },
    /// Several files cannot be opened.
    #[error("{} input files cannot be opened:\n  {}", problems.len(), problems.join("\n  "))]
    Inputs {
        /// One sentence each.
        problems: Vec<String>,
    },
    /// Labels and files do not fit together.
    #[error("{problem}")]
    Labels {
        /// What does not fit and what would.
        problem: String,
    },
    /// The model file cannot be used.
    #[error("the model {}: {reason}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The selection file cannot be used.
    #[error("the selection {}: {reason}", path.display())]
    SelectionFile {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        reason: String,
    },
    /// The selection does not fit the branches of a file.
    #[error("the selection does not fit {file}: {cause}")]
    Selection {
        /// The file as the user named it.
        file: String,
        /// What does not fit.
        #[source]
        cause: event_selection::SelectionError,
    },
    /// The selection failed on some events.
    #[error("the selection failed on {file}: {cause}")]
    Evaluation {
        /// The file as the user named it.
        file: String,
        /// What happened.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No file gives an event.
    #[error(
        "no event is left: {files} hold none, or none that passes the cuts; the cut flow says which cut took them"
    )]
    NoEvents {
        /// All files.
        files: String,
    },
    /// No file of a label gives an event, though others do.
    #[error(
        "no event of the label {label} is left: {files} hold none, or none that passes the cuts; \
         change the cuts, or leave out these files and their labels"
    )]
    NoEventsOfLabel {
        /// The label as the user said it.
        label: String,
        /// The files that have it.
        files: String,
    },
    /// A setting of the pipeline does not fit the data or another setting.
    #[error("{problem}")]
    Settings {
        /// What does not fit and what would.
        problem: String,
    },
    /// Specs cannot be measured, read or reused.
    #[error(transparent)]
    Specs(#[from] branch_specs::SpecsError),
    /// The matrix cannot be laid out or filled.
    #[error(transparent)]
    Matrix(#[from] event_matrix::MatrixError),
    /// Training settings do not fit together.
    #[error(transparent)]
    TrainingSettings(#[from] model_training::SettingsError),
    /// Training failed.
    #[error(transparent)]
    Training(#[from] model_training::TrainingError),
    /// The report cannot be made.
    #[error("the model is trained, but the report cannot be made: {0}")]
    Report(#[from] training_report::ReportError),
    /// The model file cannot be made, written or read.
    #[error(transparent)]
    ModelFile(#[from] trained_model::ModelFileError),
    /// Prediction failed.
    #[error(transparent)]
    Predict(#[from] trained_model::PredictError),
    /// A file cannot be written or read.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}
