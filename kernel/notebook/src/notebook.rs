//! A notebook as Jupyter sees it: runs cells, completes, explains.

mod complete;
mod context;
mod inspect;
mod parameters;
mod rust_engine;

pub use context::{CellRunner, Context, watch};
pub(crate) use inspect::few_values;
pub use rust_engine::{HandedBack, NoTables, RustEngine, Tables};

use crate::cells::{Balance, MagicCall, Part, balance, split};
use crate::magic::{Action, Invocation, MagicError, MagicInfo};
use crate::session::{MemoryGuard, Sample, Session, StopRequest, Vocabulary};
use crate::{arguments, magics};
use hub_client::{HubError, SharedFiles};
use jupyter_kernel::{
    Cell, CellDone, CellError, Completeness, Completions, Language, LanguageInfo, MimeBundle, Output,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// What a notebook is started with.
#[derive(Default)]
pub struct NotebookOptions {
    /// Runs Rust cells; without it they are refused with an explanation.
    pub rust: Option<Box<dyn RustEngine>>,
    /// The training worker `mlaas4hep-torch`.
    pub worker: Option<PathBuf>,
    /// Bytes that this server may take, where a spawner says so; see [`MemoryGuard`].
    pub memory_limit_bytes: Option<u64>,
    /// Variables for what cells start, where the kernel has other values for itself.
    pub environment: BTreeMap<String, String>,
}

/// The language of the kernel: magics, and Rust where there is an engine.
pub struct Notebook {
    session: Mutex<Session>,
    /// What completion and help read while a cell holds the session.
    vocabulary: RwLock<Arc<Vocabulary>>,
    /// What Rust cells last saw of each sample.
    shared_tables: Mutex<BTreeMap<String, String>>,
    /// Rust that makes variables of parameters, for the next Rust cell: a notebook of magics does not wait for it.
    waiting_rust: Mutex<String>,
    /// The files of workspaces, for completion while a cell holds the session.
    shared: Arc<SharedFiles>,
    stop: StopRequest,
    options: NotebookOptions,
}

impl Notebook {
    /// A notebook without data.
    ///
    /// # Errors
    /// No temporary folder can be made.
    pub fn new(options: NotebookOptions) -> std::io::Result<Self> {
        let mut session = Session::new()?;
        session.memory = MemoryGuard::new(options.memory_limit_bytes);
        let budget = usize::try_from(session.memory.share_bytes(u64::MAX)).unwrap_or(usize::MAX);
        session.settings.memory_budget_bytes = session.settings.memory_budget_bytes.min(budget);
        session.environment.clone_from(&options.environment);
        let (shared, stop) = (Arc::clone(&session.shared), session.stop.clone());
        let session = Mutex::new(session);
        Ok(Self {
            shared,
            stop,
            session,
            vocabulary: RwLock::default(),
            shared_tables: Mutex::default(),
            waiting_rust: Mutex::default(),
            options,
        })
    }

    /// The names that can be typed.
    pub(crate) fn vocabulary(&self) -> Arc<Vocabulary> {
        Arc::clone(&self.vocabulary.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn rust(&self) -> Option<&dyn RustEngine> {
        self.options.rust.as_deref()
    }

    fn run_part(&self, part: &Part, cell: &Cell, output: &Output) -> Result<(), CellError> {
        match part {
            Part::Magic(call) => self.run_magic(call, cell, output),
            Part::Shell { command, line } => {
                let call = MagicCall {
                    name: "bash".into(),
                    arguments: String::new(),
                    body: Some(command.clone()),
                    line: *line,
                };
                self.run_magic(&call, cell, output)
            }
            Part::Help { name, .. } => {
                let help = self.help_on(name).ok_or_else(|| {
                    let error = MagicError::new("UnknownName", format!("nothing is known of `{name}`"));
                    shown(&error.advise("%help lists the magics, %show the branches."))
                })?;
                // As in IPython: the front end decides where a pager opens.
                output.page(&help);
                Ok(())
            }
            Part::Rust { code, line } => match self.rust() {
                Some(rust) => self.run_rust(rust, code, *line, output),
                None if is_comment(code) => Ok(()),
                None => Err(shown(&no_rust(code, &self.vocabulary()))),
            },
        }
    }

    /// Runs Rust; tables of the session that it asks for are brought, and those that it hands back become samples.
    fn run_rust(
        &self,
        rust: &dyn RustEngine,
        code: &str,
        line: usize,
        output: &Output,
    ) -> Result<(), CellError> {
        let tables = SessionTables { notebook: self, rust, output };
        let waiting = std::mem::take(&mut *self.waiting_rust.lock().unwrap_or_else(PoisonError::into_inner));
        if !waiting.is_empty() {
            rust.execute(&waiting, 0, output, &tables)?;
        }
        let handed_back = rust.execute(code, line, output, &tables)?;
        if handed_back.is_empty() {
            return Ok(());
        }
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let mut result = Ok(());
        for one in handed_back {
            match one {
                HandedBack::Table { name, events } => {
                    session.history.push(format!("{name} came from a Rust cell"));
                    session.set_sample(Sample::in_memory(&name, events));
                }
                HandedBack::Branch { sample, name, column } => {
                    let added = session.add_branch(&sample, &name, &column);
                    result = result.and(added.map_err(|error| shown(&error)));
                }
            }
        }
        self.set_vocabulary(&session);
        result
    }

    fn set_vocabulary(&self, session: &Session) {
        *self.vocabulary.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Vocabulary::of(session));
    }

    /// Keeps the values of a parameters cell.
    fn set_parameters(&self, parameters: Vec<(String, Value)>) {
        let mut waiting = self.waiting_rust.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_str(&parameters::in_rust(&parameters));
        waiting.push('\n');
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.parameters.extend(parameters);
    }

    /// The call with the values of parameters in the place of their names.
    fn filled_in(&self, call: &MagicCall) -> MagicCall {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |text: &String| parameters::filled_in(text, &session.parameters).into_owned();
        MagicCall {
            name: call.name.clone(),
            arguments: filled(&call.arguments),
            body: call.body.as_ref().map(filled),
            line: call.line,
        }
    }

    fn run_magic(&self, call: &MagicCall, cell: &Cell, output: &Output) -> Result<(), CellError> {
        let magic = magics::find(&call.name).map_err(|error| shown(&error))?;
        let invocation = invocation(magic, &self.filled_in(call)).map_err(|error| shown(&error))?;
        let run = match magic.action {
            Action::Session(run) => run,
            Action::Cells(run) => return run(&invocation, &CellRunner { notebook: self, cell, output }),
        };
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let result = {
            let mut context = Context {
                session: &mut session,
                output,
                rust: self.rust(),
                worker: self.options.worker.as_deref(),
                cell_number: cell.execution_count,
                n_displays: 0,
            };
            run(&invocation, &mut context)
        };
        // Also after an error: a magic may have done a part of its work.
        self.set_vocabulary(&session);
        result.map_err(|error| shown(&error))
    }

    pub(crate) fn n_events(&self) -> u64 {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.samples.iter().map(crate::session::Sample::n_entries).sum()
    }

    /// Runs the parts of a text one after the other.
    fn run_text(&self, text: &str, cell: &Cell, output: &Output) -> Result<(), CellError> {
        if let Some(parameters) = crate::cells::parameters::parameters(text) {
            let problem = |reason: String| MagicError::new("ParameterError", reason);
            self.set_parameters(parameters.map_err(|reason| shown(&problem(reason)))?);
            return Ok(());
        }
        for part in split(text) {
            if output.is_interrupted() {
                return Err(shown(&MagicError::interrupted("stopped between two lines of the cell")));
            }
            self.run_part(&part, cell, output)?;
        }
        Ok(())
    }
}

/// The samples, as a running Rust cell asks for them.
struct SessionTables<'a> {
    notebook: &'a Notebook,
    rust: &'a dyn RustEngine,
    output: &'a Output,
}

impl Tables for SessionTables<'_> {
    /// Copies a sample into shared memory when what a cell would see of it has changed.
    fn bring(&self, name: &str) -> Result<Vec<String>, MagicError> {
        let session = self.notebook.session.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = self.notebook.shared_tables.lock().unwrap_or_else(PoisonError::into_inner);
        let names = session.samples.iter().map(|sample| sample.name.clone()).collect();
        // What a cell handed over lies there already.
        let Some(sample) =
            session.samples.iter().find(|sample| sample.name == name && !sample.files.is_empty())
        else {
            return Ok(names);
        };
        let state = session.shared_state(&sample.name)?;
        if known.get(name) != Some(&state) {
            warn(self.output, session.memory_for(name, &|branch| session.branches.takes(branch))?);
            let is_stopped = || self.output.is_interrupted();
            self.rust.put(name, &session.events_to_share(name, &is_stopped)?)?;
            known.insert(name.to_string(), state);
        }
        Ok(names)
    }
}

/// An error that says that a file of a workspace was no longer waited for, whatever it was read for.
fn as_interrupt(error: CellError) -> CellError {
    if error.value.contains(&HubError::Stopped.to_string()) {
        shown(&MagicError::interrupted("stopped while a file of a workspace was waited for"))
    } else {
        error
    }
}

/// Says that memory will be scarce, before it is.
pub(crate) fn warn(output: &Output, warning: Option<String>) {
    if let Some(warning) = warning {
        output.stderr(&format!("{warning}\n"));
    }
}

fn invocation(magic: &MagicInfo, call: &MagicCall) -> Result<Invocation, MagicError> {
    use arguments::Form;
    match (magic.form, &call.body) {
        (Form::Line, Some(body)) if !body.trim().is_empty() => {
            return Err(MagicError::new(
                "ArgumentError",
                format!("%{0} takes one line; write %{0}, not %%{0}", magic.name),
            )
            .advise(format!("%{}? shows how it is written.", magic.name)));
        }
        (Form::Cell, None) => {
            let message =
                format!("%{0} takes the lines below it; write %%{0} at the head of a cell", magic.name);
            return Err(
                MagicError::new("ArgumentError", message).advise(format!("%{}? has an example.", magic.name))
            );
        }
        _ => {}
    }
    let arguments = arguments::parse(magic, &call.arguments)?;
    Ok(Invocation { arguments, line: call.arguments.clone(), body: call.body.clone() })
}

/// An error as the front end shows it: the kind in red, then the message and what to do.
pub(crate) fn shown(error: &MagicError) -> CellError {
    let message = shortened(&error.message);
    let mut traceback = vec![format!("\u{1b}[31m{}\u{1b}[0m: {}", error.name, first_line(&message))];
    traceback.extend(message.lines().skip(1).map(String::from));
    traceback.extend(error.advice.lines().map(|line| format!("\u{1b}[36m{line}\u{1b}[0m")));
    CellError { name: error.name.to_string(), value: shortened(&error.to_string()), traceback }
}

/// Whether a text only says something to its reader.
fn is_comment(code: &str) -> bool {
    code.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with("//") || line.starts_with('#'))
}

/// At most so many letters of a message: a megabyte of a wrong name helps nobody.
fn shortened(text: &str) -> String {
    const MOST: usize = 4000;
    if text.chars().count() <= MOST {
        return text.to_string();
    }
    text.chars().take(MOST).chain(" ..".chars()).collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Rust where none can run; a forgotten percent sign is the usual cause.
fn no_rust(code: &str, vocabulary: &Vocabulary) -> MagicError {
    let word: String =
        code.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    let error = MagicError::new("NoRustEngine", "this kernel runs without the Rust engine");
    if magics::ALL.iter().any(|magic| magic.name == word) {
        return error.advise(format!("Did you mean %{word}?"));
    }
    if vocabulary.branch(&word).is_some() {
        return error.advise(format!("To see the branch: %hist {word}"));
    }
    error.advise("Install the kernel with Rust: mlaas4hep-kernel install, without --no-rust. Magics start with %; see %help.")
}

impl Language for Notebook {
    fn info(&self) -> LanguageInfo {
        LanguageInfo {
            name: "rust".into(),
            version: env!("CARGO_PKG_RUST_VERSION").into(),
            mimetype: "text/x-rust".into(),
            file_extension: ".rs".into(),
            pygments_lexer: "rust".into(),
            codemirror_mode: "rust".into(),
            banner: concat!(
                "MLaaS4HEP ",
                env!("CARGO_PKG_VERSION"),
                ": ROOT files, pictures and models in a notebook. %help lists what can be done."
            )
            .into(),
            help_links: Vec::new(),
            implementation: "mlaas4hep-kernel".into(),
            implementation_version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    fn execute(&self, cell: &Cell, output: &Output) -> Result<CellDone, CellError> {
        let asked = output.clone();
        self.stop.ask(move || asked.is_interrupted());
        let result = self.run_text(&cell.code, cell, output);
        self.stop.forget();
        result.map_err(|error| if output.is_interrupted() { as_interrupt(error) } else { error })?;
        Ok(CellDone::default())
    }

    fn complete(&self, code: &str, cursor: usize) -> Completions {
        complete::complete(self, code, cursor)
    }

    fn inspect(&self, code: &str, cursor: usize, _detail_level: u8) -> Option<MimeBundle> {
        inspect::inspect(self, code, cursor)
    }

    fn is_complete(&self, code: &str) -> Completeness {
        let parts = split(code);
        let [.., last] = parts.as_slice() else { return Completeness::Complete };
        match last {
            Part::Magic(call) if call.body.is_some() && !code.ends_with('\n') => {
                Completeness::Incomplete { indent: String::new() }
            }
            Part::Rust { code, .. } => match balance(code) {
                Balance::Closed => Completeness::Complete,
                Balance::Open { depth } => Completeness::Incomplete { indent: "    ".repeat(depth.min(20)) },
                Balance::InText => Completeness::Incomplete { indent: String::new() },
                Balance::TooManyClosed => Completeness::Invalid,
            },
            _ => Completeness::Complete,
        }
    }

    fn remembered(&self, code: &str) -> Option<String> {
        Some(magics::without_secrets(code))
    }

    fn interrupt(&self) {
        if let Some(rust) = self.rust() {
            rust.interrupt();
        }
    }

    fn shutdown(&self, _restart: bool) {
        if let Some(rust) = self.rust() {
            rust.shutdown();
        }
    }
}
