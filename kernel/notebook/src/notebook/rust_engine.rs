//! What runs Rust cells, as the notebook sees it.

use crate::magic::MagicError;
use event_columns::EventChunk;
use jupyter_kernel::{CellError, Completions, MimeBundle, Output};

/// An engine for Rust cells. All methods may be called from several threads.
pub trait RustEngine: Send + Sync {
    /// Runs code that begins on a line of the cell, from 0. What it handed back is returned: tables by their names.
    ///
    /// # Errors
    /// What the compiler or the program said.
    fn execute(
        &self,
        code: &str,
        first_line: usize,
        output: &Output,
    ) -> Result<Vec<(String, EventChunk)>, CellError>;

    /// Stops what runs.
    fn interrupt(&self);

    /// What may stand at a byte of the code.
    fn complete(&self, code: &str, cursor: usize) -> Completions;

    /// Help on what stands at a byte of the code.
    fn inspect(&self, code: &str, cursor: usize) -> Option<MimeBundle>;

    /// Names and types of the variables.
    fn variables(&self) -> Vec<(String, String)>;

    /// Runs a command of the engine, such as `:dep rand = "0.9"`.
    ///
    /// # Errors
    /// What the engine said.
    fn command(&self, line: &str, output: &Output) -> Result<(), CellError>;

    /// Starts anew and forgets what cells have made.
    fn restart(&self);

    /// How the engine is, in a few words.
    fn state(&self) -> String;

    /// Makes a table known to Rust cells: `mlaas4hep::table(name)`.
    ///
    /// # Errors
    /// The shared memory cannot be written.
    fn put(&self, name: &str, events: &EventChunk) -> Result<(), MagicError>;

    /// Ends the engine and its processes.
    fn shutdown(&self);
}
