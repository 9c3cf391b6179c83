//! How an error becomes a message and an exit status.

use crate::console::Console;
use branch_specs::SpecsError;
use event_matrix::MatrixError;
use model_training::TrainingError;
use std::process::ExitCode;
use trained_model::{ModelFileError, PredictError};
use training_pipeline::PipelineError;

/// What kind of failure ended the command; the exit status follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was said contradicts itself.
    CommandLine,
    /// An input file or one of its parts cannot be read.
    Input,
    /// Settings contradict each other or the input.
    Settings,
    /// An output cannot be written, found before any work or in the end.
    Output,
    /// The worker or the training failed.
    Training,
    /// Ctrl-C.
    Stopped,
}

/// An error with its kind, wrapped so that `?` keeps working.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    source: anyhow::Error,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.source)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.source()
    }
}

/// Marks an error as being of a kind, unless it was marked closer to its cause.
pub(crate) fn of(kind: Kind) -> impl Fn(anyhow::Error) -> anyhow::Error {
    move |source| if source.is::<Failure>() { source } else { anyhow::Error::new(Failure { kind, source }) }
}

/// Marks an error of the pipeline by what went wrong.
pub(crate) fn of_pipeline(error: PipelineError) -> anyhow::Error {
    let kind = match &error {
        PipelineError::Stopped => Kind::Stopped,
        PipelineError::File { action: "write", .. }
        | PipelineError::Output { .. }
        | PipelineError::ModelFile(ModelFileError::File { action: "write", .. }) => Kind::Output,
        PipelineError::Remote { .. }
        | PipelineError::Input { .. }
        | PipelineError::Inputs { .. }
        | PipelineError::File { .. }
        | PipelineError::Specs(SpecsError::Read { .. } | SpecsError::Fingerprint { .. })
        | PipelineError::Predict(PredictError::Read(_))
        | PipelineError::Matrix(MatrixError::Read { .. })
        | PipelineError::ModelFile(_) => Kind::Input,
        // The rows that training was fed with: what they lack is a matter of labels, weights and files.
        PipelineError::Training(TrainingError::Source(cause)) => match cause.downcast_ref() {
            Some(MatrixError::Read { .. }) => Kind::Input,
            _ => Kind::Settings,
        },
        PipelineError::Training(_) | PipelineError::Report(_) => Kind::Training,
        _ => Kind::Settings,
    };
    of(kind)(anyhow::Error::new(error))
}

/// The result could not be written where it was to go.
pub(crate) fn of_standard_output(cause: std::io::Error) -> anyhow::Error {
    let message =
        "the result is not whole: standard output cannot be written; make room, or send it elsewhere";
    of(Kind::Output)(anyhow::Error::new(cause).context(message))
}

/// Prints the error with its causes and gives the exit status.
pub(crate) fn report(error: &anyhow::Error, console: &mut Console) -> ExitCode {
    let kind = error.downcast_ref::<Failure>().map(|failure| failure.kind);
    let kind = if crate::console::is_stopped() { Some(Kind::Stopped) } else { kind };
    let mut text = format!("mlaas4hep: {error}");
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Errors that print their source themselves would say everything twice.
        if !last.contains(&cause) {
            text.push_str("\n  because: ");
            text.push_str(&cause);
        }
        last = cause;
    }
    console.message(&text);
    ExitCode::from(match kind {
        None => 1,
        Some(Kind::CommandLine) => 2,
        Some(Kind::Input) => 3,
        Some(Kind::Settings | Kind::Output) => 4,
        Some(Kind::Training) => 5,
        Some(Kind::Stopped) => 130,
    })
}
