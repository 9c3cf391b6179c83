//! What a language has to bring, and what it gets.

use crate::{MimeBundle, Output};
use serde_json::{Map, Value};

/// A language behind a kernel.
///
/// All methods take `&self`: [`execute`](Self::execute) runs on a thread of its own, one cell after the other (but
/// see [`has_subshells`](Self::has_subshells)),
/// and the other methods may be called while it runs. A panic in any of them becomes an error reply and the kernel
/// goes on.
pub trait Language: Send + Sync + 'static {
    /// Name, versions and banner. Must not be slow: front ends wait for it.
    fn info(&self) -> LanguageInfo;

    /// Runs one cell. Long work has to look at [`Output::is_interrupted`] every few milliseconds.
    ///
    /// # Errors
    /// What the user sees as the error of the cell; the queued cells are then aborted.
    fn execute(&self, cell: &Cell, output: &Output) -> Result<CellDone, CellError>;

    /// What may stand at `cursor`, a byte offset on a character border.
    fn complete(&self, code: &str, cursor: usize) -> Completions;

    /// Help for what stands at `cursor`, a byte offset on a character border. Front ends ask with `detail_level`
    /// 1 for more, such as the source.
    fn inspect(&self, code: &str, cursor: usize, detail_level: u8) -> Option<MimeBundle>;

    /// Whether Enter should run the code or open a line.
    fn is_complete(&self, code: &str) -> Completeness;

    /// Stops the running cells; called on the control side, with [`Output::is_interrupted`] already true. Here a
    /// language stops what does not look at that, such as a process of its own.
    fn interrupt(&self);

    /// Ends the language; the process exits soon after.
    fn shutdown(&self, restart: bool);

    /// What the history keeps of a cell's code; `None` for nothing, such as where it holds a secret. All by default.
    fn remembered(&self, code: &str) -> Option<String> {
        Some(code.to_string())
    }

    /// Whether cells may run side by side, each on a thread of its own: front ends then send cells to subshells
    /// (JEP 91). False by default.
    fn has_subshells(&self) -> bool {
        false
    }

    /// The value of one of the `user_expressions` of a cell that ended well; `None`, the default, leaves it out.
    fn evaluate(&self, expression: &str) -> Option<Result<MimeBundle, CellError>> {
        let _ = expression;
        None
    }

    /// A front end opens a comm. With `false`, the default, the framework closes it at once.
    fn comm_open(&self, comm: &Comm, data: &Value, output: &Output) -> bool {
        let _ = (comm, data, output);
        false
    }

    /// A message on an open comm.
    fn comm_message(&self, comm: &Comm, data: &Value, output: &Output) {
        let _ = (comm, data, output);
    }

    /// The front end has closed a comm.
    fn comm_close(&self, comm: &Comm, data: &Value, output: &Output) {
        let _ = (comm, data, output);
    }
}

/// What `kernel_info_reply` says of the language.
#[derive(Debug, Clone, Default)]
pub struct LanguageInfo {
    /// Such as "rust".
    pub name: String,
    /// Version of the language.
    pub version: String,
    /// Media type of a source file, such as "text/x-rust".
    pub mimetype: String,
    /// With its dot, such as ".rs".
    pub file_extension: String,
    /// Name of the Pygments lexer; empty where it is `name`.
    pub pygments_lexer: String,
    /// Mode of the editor in browsers: a name or an object; null where it is `name`.
    pub codemirror_mode: Value,
    /// What a console shows at its start.
    pub banner: String,
    /// Text and address of the entries of the help menu.
    pub help_links: Vec<(String, String)>,
    /// Name of the kernel.
    pub implementation: String,
    /// Version of the kernel.
    pub implementation_version: String,
}

/// One cell to run.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The code as typed.
    pub code: String,
    /// Number of the cell, from 1; that of the last stored cell where `store_history` is false.
    pub execution_count: u64,
    /// Nothing is to be shown but streams, displays and errors; no result, no history, no number.
    pub silent: bool,
    /// Whether the cell counts and is remembered.
    pub store_history: bool,
    /// Whether [`Output::read_line`] will work.
    pub allow_stdin: bool,
    /// Expressions that the framework hands to [`Language::evaluate`] afterwards, by name.
    pub user_expressions: Map<String, Value>,
}

/// A cell that ended well.
#[derive(Debug, Clone, Default)]
pub struct CellDone {
    /// Payloads, before those of [`Output::page`] and [`Output::set_next_input`].
    pub payload: Vec<Value>,
}

/// A cell that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellError {
    /// Kind of the error.
    pub name: String,
    /// What happened, in a sentence.
    pub value: String,
    /// What the front end shows, line by line; may hold ANSI colours.
    pub traceback: Vec<String>,
}

/// What may stand at the cursor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Completions {
    /// Whole words, best first.
    pub matches: Vec<String>,
    /// Byte offset where the words start.
    pub start: usize,
    /// Byte offset where they end.
    pub end: usize,
    /// Kind of each match, such as "function", for icons; empty or as long as `matches`.
    pub kinds: Vec<String>,
}

/// Whether code can be run as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// It can.
    Complete,
    /// Something is open; the next line starts with `indent`.
    Incomplete {
        /// Spaces of the next line.
        indent: String,
    },
    /// No further line makes it right.
    Invalid,
    /// The language cannot tell.
    Unknown,
}

/// One open comm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comm {
    /// Id, made by whoever opened it.
    pub id: String,
    /// What it is for, such as "jupyter.widget".
    pub target: String,
}
