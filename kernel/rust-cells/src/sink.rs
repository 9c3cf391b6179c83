//! Where the outputs of a cell go, and what a cell leaves.

use serde_json::{Map, Value};

/// Takes the outputs of one cell while it runs. All calls come from the thread that called
/// [`crate::RustCells::execute`]; a call that blocks holds up the cell.
pub trait CellSink: Send + Sync {
    /// Printed text, in pieces of any length, also within a line.
    fn stdout(&self, text: &str);
    /// Text of the standard error.
    fn stderr(&self, text: &str);
    /// A display: media types and contents. With an `id` it can be replaced by one with `is_update`.
    fn display(&self, id: Option<&str>, is_update: bool, data: &Map<String, Value>);
    /// The value of the last expression of the cell; a display where nothing else is done.
    fn value(&self, data: &Map<String, Value>) {
        self.display(None, false, data);
    }
    /// Asks the person at the front end; an `Err` says why there is no answer, as when the cell is interrupted.
    ///
    /// # Errors
    /// Why nothing was typed.
    fn read_line(&self, prompt: &str, is_password: bool) -> Result<String, String>;
    /// Whether the cell is to be interrupted; looked at fifty times a second, and at once after
    /// [`crate::RustCells::interrupt`].
    fn is_interrupted(&self) -> bool;
    /// The cell wants a table: it is to be brought up to date in the store before this returns. Gives the names of all
    /// that could be wanted; a name that is none of them is looked for in the store. Asked with an empty name, it gives the
    /// names alone.
    ///
    /// # Errors
    /// Why the table cannot be brought, and what to do.
    fn table_wanted(&self, _name: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
    /// A table of the store was written by the cell, and replaces one of its name.
    fn table_put(&self, _name: &str) {}
}

/// A cell that came to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RustDone {
    /// Names of the tables that the cell handed back, in their order.
    pub tables_put: Vec<String>,
    /// Columns that it handed back as branches of samples, in their order.
    pub branches_put: Vec<BranchPut>,
}

/// A column that is to be a branch of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchPut {
    /// The sample.
    pub sample: String,
    /// The branch, and the column of the table.
    pub branch: String,
    /// The table of the store that holds it.
    pub table: String,
}

/// A cell that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct RustError {
    /// `E0308` and the like from the compiler, `Error` where it gives no code; `Panic`; `Interrupted`; `WorkerDied`;
    /// `EngineFailed` where cells cannot be run at all.
    pub name: String,
    /// What is wrong, in a line or two.
    pub message: String,
    /// Lines with ANSI colours: the message, the user's own lines with their numbers in the cell, help.
    pub rendered: Vec<String>,
    /// Rust variables that were lost; tables, histograms and models of the session are never among them.
    pub lost: Vec<String>,
}

impl RustError {
    /// An error without lines of code.
    pub(crate) fn plain(name: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let rendered = crate::render::plain(name, &message);
        Self { name: name.to_string(), message, rendered, lost: Vec::new() }
    }

    /// Says which variables went.
    pub(crate) fn losing(mut self, lost: Vec<String>) -> Self {
        if !lost.is_empty() {
            self.rendered.push(crate::render::note(&format!(
                "the Rust variables {} are lost; tables, histograms and models of the session are kept",
                lost.join(", ")
            )));
        }
        self.lost = lost;
        self
    }
}
