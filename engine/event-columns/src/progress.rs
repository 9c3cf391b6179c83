//! Progress and cancel: one callback.

use std::ops::ControlFlow;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Collision events.
    Events,
    /// Bytes.
    Bytes,
    /// Passes over the training data.
    Epochs,
    /// Input files.
    Files,
}

impl Unit {
    /// The word in the plural.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Bytes => "bytes",
            Self::Epochs => "epochs",
            Self::Files => "files",
        }
    }
}

/// How far a long step has come.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport<'a> {
    /// What is being done, in words for a person, stable within the step: `reading specs of ttH.root`.
    pub step: &'a str,
    /// Units done so far in this step.
    pub done: u64,
    /// Units in the whole step, where known.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: Unit,
    /// One more fact of the moment, such as `loss 0.31`; may be empty.
    pub note: &'a str,
}

/// The answer to a report: go on, or stop as soon as possible.
pub type GoOn = ControlFlow<()>;

/// Receives reports; what it returns says go on or stop. A step that was told to stop ends with an error
/// that says so.
pub type OnProgress<'a> = &'a mut dyn FnMut(&StepReport<'_>) -> GoOn;
