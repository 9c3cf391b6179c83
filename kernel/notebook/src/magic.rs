//! What a magic is.

use crate::arguments::{ArgumentError, Arguments, Form, Free, OptionInfo};
use crate::notebook::{CellRunner, Context};
use jupyter_kernel::CellError;
use std::error::Error;
use std::fmt;

/// A magic: described, and run.
#[derive(Clone, Copy)]
pub struct MagicInfo {
    /// Without the percent sign.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Whether it stands on a line or heads a cell.
    pub form: Form,
    /// Where `%help` lists it.
    pub group: Group,
    /// One sentence.
    pub summary: &'static str,
    /// What a user should know; may be empty.
    pub details: &'static str,
    /// What stands between the options.
    pub free: Free,
    /// Its options, in the order of the help.
    pub options: &'static [OptionInfo],
    /// Lines that can be copied.
    pub examples: &'static [&'static str],
    /// Does it.
    pub action: Action,
}

/// What a magic works on.
#[derive(Clone, Copy)]
pub enum Action {
    /// The session; nothing else can change it meanwhile.
    Session(fn(&Invocation, &mut Context<'_>) -> Result<(), MagicError>),
    /// Other cells, which it runs.
    Cells(fn(&Invocation, &CellRunner<'_>) -> Result<(), CellError>),
}

/// The parts of `%help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Files, samples, branches.
    Data,
    /// New branches and cuts.
    Selection,
    /// Pictures.
    Pictures,
    /// Models.
    Learning,
    /// Workspaces of groups.
    Sharing,
    /// Rust cells.
    Rust,
    /// The session itself, and the machine.
    Session,
}

/// A magic as it was called.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What stood on its line, checked.
    pub arguments: Arguments,
    /// The line as it stood, without the name.
    pub line: String,
    /// The rest of the cell, for `%%name`.
    pub body: Option<String>,
}

/// Why a magic did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MagicError {
    /// The kind, in one word, as Python's exceptions have it.
    pub name: &'static str,
    /// What was tried on what, and what is wrong. May have several lines.
    pub message: String,
    /// What to do next; may be empty.
    pub advice: String,
}

impl MagicError {
    /// An error of a kind.
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, message: message.into(), advice: String::new() }
    }

    /// Files or events that cannot be read.
    pub fn input(error: &dyn Error) -> Self {
        let error = Self::new("InputError", with_causes(error));
        if error.is_of_workspace() {
            return error.advise(
                "%ls shared://GROUP/ lists what there is; %open FILE --keys looks into a ROOT file.",
            );
        }
        error.advise("File names start at the folder of %pwd; %open FILE --keys looks into a ROOT file.")
    }

    /// The hub service, which says itself what to do.
    pub fn hub(error: &hub_client::HubError) -> Self {
        if matches!(error, hub_client::HubError::Stopped) {
            return Self::interrupted("stopped; the same call goes on with what was begun");
        }
        Self::new("HubError", with_causes(error))
    }

    /// Something that cannot be written.
    pub fn output(error: &dyn Error) -> Self {
        let error = Self::new("OutputError", with_causes(error));
        if error.is_of_workspace() {
            return error.advise("%hub lists your workspaces and the room in them.");
        }
        error.advise("Look whether the folder is there and has room (!df -h .), or write to another one.")
    }

    /// Whether it is about a file of a workspace: what helps on this machine does not help there.
    fn is_of_workspace(&self) -> bool {
        self.message.contains("shared://")
    }

    /// Definitions or cuts that do not fit.
    pub fn selection(error: &dyn Error) -> Self {
        Self::new("SelectionError", with_causes(error)).advise(
            "Tab completes branches and functions; %define? and docs/selection.md explain the language.",
        )
    }

    /// An expression that does not fit.
    pub fn expression(error: &dyn Error) -> Self {
        Self { name: "ExpressionError", ..Self::selection(error) }
    }

    /// Bins that cannot be made.
    pub fn binning(error: &dyn Error) -> Self {
        Self::new("BinningError", with_causes(error))
            .advise("Say others: --bins N, --range LOW,HIGH or --edges A,B,C.")
    }

    /// The same with a next step.
    #[must_use]
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: advice.into(), ..self }
    }

    /// The user stopped the cell; what was kept is said in `message`.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new("Interrupted", message)
    }
}

impl fmt::Display for MagicError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        if self.advice.is_empty() { Ok(()) } else { write!(formatter, "\n{}", self.advice) }
    }
}

impl Error for MagicError {}

/// An error with its causes, each of them said once.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = next.source();
    }
    text
}

impl From<ArgumentError> for MagicError {
    fn from(error: ArgumentError) -> Self {
        Self::new("ArgumentError", error.to_string())
    }
}

impl From<std::io::Error> for MagicError {
    fn from(error: std::io::Error) -> Self {
        Self::new("IoError", error.to_string())
    }
}

impl Group {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 7] = [
        Self::Data,
        Self::Selection,
        Self::Pictures,
        Self::Learning,
        Self::Sharing,
        Self::Rust,
        Self::Session,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Selection => "Selection",
            Self::Pictures => "Pictures",
            Self::Learning => "Learning",
            Self::Sharing => "Sharing",
            Self::Rust => "Rust",
            Self::Session => "Session",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_said_once() {
        let full = || std::io::Error::from_raw_os_error(28);
        let file =
            training_pipeline::PipelineError::File { action: "write", path: "a.csv".into(), cause: full() };
        assert_eq!(with_causes(&file), "cannot write a.csv: No space left on device (os error 28)");
        let source = model_training::TrainingError::Source(full().into());
        assert_eq!(
            with_causes(&source),
            "the rows to train on could not be read: No space left on device (os error 28)"
        );
    }
}
