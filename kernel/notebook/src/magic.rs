//! What a magic is.

use crate::arguments::{ArgumentError, Arguments, Form, Free, OptionInfo};
use crate::notebook::{CellRunner, Context};
use jupyter_kernel::CellError;
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

impl std::error::Error for MagicError {}

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
    pub const ALL: [Self; 6] =
        [Self::Data, Self::Selection, Self::Pictures, Self::Learning, Self::Rust, Self::Session];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Selection => "Selection",
            Self::Pictures => "Pictures",
            Self::Learning => "Learning",
            Self::Rust => "Rust",
            Self::Session => "Session",
        }
    }
}
