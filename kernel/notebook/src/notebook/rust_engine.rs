//! What runs Rust cells, as the notebook sees it.

use crate::magic::MagicError;
use event_columns::{Column, EventChunk};
use jupyter_kernel::{CellError, Completions, MimeBundle, Output};

/// The tables that a running cell may ask for.
pub trait Tables: Send + Sync {
    /// Brings the sample of this name up to date for Rust cells, where there is one. Gives the names of all samples.
    ///
    /// # Errors
    /// It cannot be read, or would go over the memory of this server.
    fn bring(&self, name: &str) -> Result<Vec<String>, MagicError>;
}

/// What a Rust cell handed back.
pub enum HandedBack {
    /// A table: a sample of its own.
    Table {
        /// Its name.
        name: String,
        /// Its events.
        events: EventChunk,
    },
    /// A column, in the order of the events that pass the cuts.
    Branch {
        /// The sample whose branch it is.
        sample: String,
        /// The name of the branch.
        name: String,
        /// The values.
        column: Column,
    },
}

/// No tables: for what is no cell.
pub struct NoTables;

impl Tables for NoTables {
    fn bring(&self, _name: &str) -> Result<Vec<String>, MagicError> {
        Ok(Vec::new())
    }
}

/// An engine for Rust cells. All methods may be called from several threads.
pub trait RustEngine: Send + Sync {
    /// Runs code that begins on a line of the cell, from 0. What it handed back is returned: tables by their names. While it
    /// runs it may ask for `tables`.
    ///
    /// # Errors
    /// What the compiler or the program said.
    fn execute(
        &self,
        code: &str,
        first_line: usize,
        output: &Output,
        tables: &dyn Tables,
    ) -> Result<Vec<HandedBack>, CellError>;

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
