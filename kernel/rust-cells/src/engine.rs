//! The thread that owns evcxr.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use evcxr::{CommandContext, Error, EvalContext, EvalOutputs};
use serde_json::Value;

use crate::options::RustOptions;
use crate::side::{Event, Side};
use crate::sink::RustError;
use crate::{cargo_home, processes, render, seed, sources, standard_library, types, worker};

/// What every cell has in scope: `print!` that shows at once, and the trait that saves a second compilation.
const PRELUDE: &str = "use mlaas4hep::{print, LastValue};";

/// How long the engine waits for a first cell before it prepares for one.
const MOMENT: Duration = Duration::from_millis(100);

/// How far the engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineState {
    /// It is not ready yet; a cell that is executed now waits.
    Starting {
        /// What it does, in words.
        step: String,
    },
    /// Cells run.
    Ready,
    /// It could not start, or broke; [`crate::RustCells::restart`] tries again.
    Failed(String),
    /// There is no compiler here; the text says how to get one.
    Absent(String),
}

/// What the engine is asked to do.
pub(crate) enum Job {
    Cell { code: String, events: Sender<Event>, ticket: Arc<Ticket> },
    Complete { code: String, byte: usize, answer: Sender<Option<evcxr::Completions>> },
    Inspect { code: String, byte: usize, answer: Sender<Option<(String, String)>> },
    Restart,
    Stop,
}

/// A cell on its way through the engine.
#[derive(Default)]
pub(crate) struct Ticket {
    /// It is not to run any more.
    pub(crate) cancelled: Arc<AtomicBool>,
    is_finished: Mutex<bool>,
}

impl Ticket {
    /// The engine is done with it.
    fn finish(&self) {
        *lock(&self.is_finished) = true;
    }

    /// Acts while the engine is not done with it, which waits meanwhile; whether it did.
    pub(crate) fn before_its_end(&self, action: impl FnOnce()) -> bool {
        let is_finished = lock(&self.is_finished);
        if !*is_finished {
            action();
        }
        !*is_finished
    }
}

/// Shared by the engine and those who ask it.
pub(crate) struct Shared {
    pub(crate) options: RustOptions,
    pub(crate) folder: PathBuf,
    pub(crate) socket: PathBuf,
    pub(crate) side: Arc<Side>,
    state: Mutex<EngineState>,
    changed: Condvar,
    variables: Mutex<Vec<(String, String)>>,
}

impl Shared {
    pub(crate) fn new(options: RustOptions, folder: PathBuf, socket: PathBuf, side: Arc<Side>) -> Self {
        let state = EngineState::Starting { step: "waiting for its thread".to_string() };
        Self {
            options,
            folder,
            socket,
            side,
            state: Mutex::new(state),
            changed: Condvar::new(),
            variables: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> EngineState {
        lock(&self.state).clone()
    }

    pub(crate) fn set_state(&self, state: EngineState) {
        *lock(&self.state) = state;
        self.changed.notify_all();
    }

    fn step(&self, step: &str) {
        self.set_state(EngineState::Starting { step: step.to_string() });
    }

    /// Waits until the state changes, at most for `at_most`.
    pub(crate) fn wait(&self, at_most: Duration) {
        let state = lock(&self.state);
        if matches!(*state, EngineState::Starting { .. }) {
            drop(self.changed.wait_timeout(state, at_most));
        }
    }

    /// Names and types of the variables, in alphabetical order.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        lock(&self.variables).clone()
    }

    pub(crate) fn set_variables(&self, mut variables: Vec<(String, String)>) {
        variables.sort();
        *lock(&self.variables) = variables;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of the thread that owns evcxr.
pub(crate) const THREAD_NAME: &str = "rust-engine";

/// rust-analyzer panics on some broken code. That is caught and told; its words on the kernel's terminal are not of
/// interest, so that the panic hook of the program is passed over for this thread.
fn silence_caught_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(THREAD_NAME) {
                hook(panic);
            }
        }));
    });
}

/// Serves jobs until [`Job::Stop`].
pub(crate) fn run(shared: &Shared, jobs: &Receiver<Job>) {
    silence_caught_panics();
    processes::remove_left_folders(&std::env::temp_dir());
    if let Some(folder) = shared.options.store.parent() {
        processes::remove_left_folders(folder);
    }
    let mut context = start(shared);
    let mut is_warm = false;
    while let Some(job) = next_job(jobs, &mut context, &mut is_warm) {
        match job {
            Job::Cell { code, events, ticket } => {
                let result = match &mut context {
                    Some(working) => match guarded(|| cell(shared, working, &code, &events, &ticket)) {
                        Ok(result) => result,
                        Err(words) => {
                            ticket.finish();
                            drop(context.take());
                            context = start(shared);
                            Err(broken(&words))
                        }
                    },
                    None => Err(unavailable(&shared.state())),
                };
                ticket.finish();
                shared.set_variables(context.as_ref().map(variables).unwrap_or_default());
                // The cell may have been interrupted, and nobody waits any more.
                let _ = events.send(Event::Done(result));
            }
            Job::Complete { code, byte, answer } => {
                let found = context
                    .as_mut()
                    .and_then(|context| guarded(|| context.completions(&code, byte).ok()).ok()?);
                let _ = answer.send(found);
            }
            Job::Inspect { code, byte, answer } => {
                let found = context
                    .as_mut()
                    .and_then(|context| guarded(|| context.hover_at(&code, byte).ok()).ok()?);
                let _ = answer.send(found);
            }
            Job::Restart => {
                context = restart(shared, context);
                shared.set_variables(Vec::new());
            }
            Job::Stop => break,
        }
    }
    shared.side.end_worker();
    drop(context);
}

/// Waits for a job. Once, when none comes for a moment, it lets rust-analyzer look at what the first cell with a
/// variable would otherwise wait for.
fn next_job(jobs: &Receiver<Job>, context: &mut Option<CommandContext>, is_warm: &mut bool) -> Option<Job> {
    if let (Some(context), false) = (context, *is_warm) {
        match jobs.recv_timeout(MOMENT) {
            Err(RecvTimeoutError::Timeout) => {
                *is_warm = true;
                // What it finds is of no interest, and if it breaks a cell will tell.
                let _ = guarded(|| types::were_restored(context));
            }
            job => return job.ok(),
        }
    }
    jobs.recv().ok()
}

/// Runs what may break within evcxr; its words if it does.
fn guarded<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(action)).map_err(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_string())).unwrap_or_default()
    })
}

fn cell(
    shared: &Shared,
    context: &mut CommandContext,
    code: &str,
    events: &Sender<Event>,
    ticket: &Ticket,
) -> Result<(), RustError> {
    if ticket.cancelled.load(Ordering::SeqCst) {
        return Err(RustError::plain("Interrupted", "the cell was interrupted before it was compiled"));
    }
    shared.side.compile(&ticket.cancelled);
    if let Some(user) = cargo_home::user_cargo_home().filter(|_| cargo_home::asks_for_crates(code)) {
        // From here on: later cells are built with the crates, too.
        let _ = context.execute(&format!(":build_env {}={}", cargo_home::VARIABLE, user.display()));
    }
    let code_to_run = crate::semicolon::with_semicolon(code);
    let mut result = context.execute(&code_to_run);
    let is_unknown = result.as_ref().is_err_and(types::may_be_unknown);
    if is_unknown && !ticket.cancelled.load(Ordering::SeqCst) && types::were_restored(context) {
        // It was not compiled, so that nothing runs twice.
        result = context.execute(&code_to_run);
    }
    match result {
        Ok(outputs) => {
            send_outputs(outputs, events);
            Ok(())
        }
        Err(Error::CompilationErrors(errors)) => Err(render::compilation_errors(&errors, code)),
        Err(Error::SubprocessTerminated(words)) => Err(RustError::plain("WorkerDied", words)),
        Err(error) => Err(with_cause(is_unknown, RustError::plain("Error", message(&error.to_string())))),
    }
}

/// Says why types are unknown, where it is known.
fn with_cause(is_unknown: bool, mut error: RustError) -> RustError {
    if let (true, Err(missing)) = (is_unknown, standard_library::sources()) {
        let cure = standard_library::CURE;
        let words =
            format!("types of variables come from the sources of the standard library ({missing}): {cure}");
        error.rendered.push(render::note(&words));
    }
    error
}

/// Without the output of cargo, which evcxr adds where it found no error in it.
fn message(words: &str) -> String {
    let is_cargo = words.starts_with("Compilation failed");
    let lines = words.lines().filter(|line| !line.starts_with("STDOUT:") && !line.starts_with('{'));
    let lines: Vec<&str> = if is_cargo { lines.skip(1).collect() } else { lines.collect() };
    lines.join("\n")
}

/// What a command of evcxr shows.
fn send_outputs(outputs: EvalOutputs, events: &Sender<Event>) {
    if !outputs.is_empty() {
        let forms = outputs.content_by_mime_type.into_iter();
        let data = forms.map(|(media_type, text)| (media_type, Value::String(text.trim_end().to_string())));
        let _ = events.send(Event::Display(data.collect()));
    }
}

fn variables(context: &CommandContext) -> Vec<(String, String)> {
    context.variables_and_types().map(|(name, of)| (name.to_string(), of.to_string())).collect()
}

fn broken(words: &str) -> RustError {
    RustError::plain("EngineFailed", format!("the engine of Rust cells broke and starts again: {words}"))
}

pub(crate) fn unavailable(state: &EngineState) -> RustError {
    RustError::plain(
        "EngineFailed",
        match state {
            EngineState::Failed(reason) => format!(
                "Rust cells do not run: {reason}\n%restart tries again; `mlaas4hep-kernel doctor` looks for the cause"
            ),
            EngineState::Absent(reason) => format!("Rust cells do not run: {reason}"),
            EngineState::Starting { step } => format!("the engine of Rust cells is still starting: {step}"),
            EngineState::Ready => "the engine of Rust cells has stopped".to_string(),
        },
    )
}

/// Starts evcxr and its worker; the state says how that went.
fn start(shared: &Shared) -> Option<CommandContext> {
    let missing: Vec<&str> = ["cargo", "rustc"].into_iter().filter(|tool| !runs(tool)).collect();
    if !missing.is_empty() {
        let cure = "install Rust 1.95 or newer (rustup, minimal profile) and put its `bin` folder on PATH";
        shared.set_state(EngineState::Absent(format!("{} cannot be run: {cure}", missing.join(" and "))));
        return None;
    }
    match guarded(|| try_start(shared)) {
        Ok(Ok(context)) => {
            // evcxr tries itself with a cell of its own, whose value would be shown with the first cell of the user.
            shared.side.forget_left_over();
            shared.set_state(EngineState::Ready);
            Some(context)
        }
        Ok(Err(reason)) | Err(reason) => {
            shared.set_state(EngineState::Failed(reason));
            None
        }
    }
}

fn runs(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn try_start(shared: &Shared) -> Result<CommandContext, String> {
    let failed = |what: &str, folder: &Path, error: io::Error| {
        format!("could not {what} {}: {error}", folder.display())
    };
    shared.step("copying the seed");
    let (options, folder) = (&shared.options, &shared.folder);
    std::fs::create_dir_all(&options.store)
        .map_err(|error| failed("make the folder of tables", &options.store, error))?;
    let api = options.api_folder();
    sources::unpack(&api).map_err(|error| failed("unpack notebook-api to", &api, error))?;
    std::fs::create_dir_all(folder).map_err(|error| failed("make the folder of builds", folder, error))?;
    if seed::plant(options, folder).is_err() {
        // Without a seed the same is built, which takes longer; half a seed would only confuse cargo.
        let _ = std::fs::remove_dir_all(folder.join("target"));
    }
    if let Some(home) = worker::process_folder() {
        // Without the links cells miss the user's configuration of cargo, and may do so.
        let _ = cargo_home::fill(home);
    }
    shared.step("loading the compiler's data base");
    show_standard_library();
    let mut context = new_context(shared)?;
    shared.step("loading notebook-api");
    prepare(shared, &mut context)?;
    Ok(context)
}

/// Without it the types of variables are unknown, which the cell that has one will tell.
fn show_standard_library() {
    if let (Some(home), Ok(library)) = (worker::process_folder(), standard_library::sources()) {
        let _ = standard_library::show(&library, &worker::library_folder(home));
    }
}

/// evcxr takes the folder of its builds from a file in the folder that `worker_hook` named, at this moment only.
fn new_context(shared: &Shared) -> Result<CommandContext, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = lock(&ONE_AT_A_TIME);
    let home = worker::process_folder().ok_or("rust_cells::worker_hook() was not called first in main")?;
    let configuration = format!(
        "[evcxr]\ntmpdir = {}\nopt_level = \"{}\"\noffline_mode = {}\n",
        Value::from(shared.folder.to_string_lossy()),
        shared.options.opt_level,
        shared.options.is_offline
    );
    let file = home.join("evcxr.toml");
    std::fs::write(&file, configuration)
        .map_err(|error| format!("could not write {}: {error}", file.display()))?;
    let command =
        proxy_command(shared).map_err(|error| format!("this program cannot find itself: {error}"))?;
    let (context, _outputs) =
        EvalContext::with_subprocess_command(command).map_err(|error| error.to_string())?;
    Ok(CommandContext::with_eval_context(context))
}

fn proxy_command(shared: &Shared) -> io::Result<Command> {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(std::env::current_exe()?);
    command.env(worker::SOCKET_VARIABLE, &shared.socket);
    command.env(mlaas4hep::store::STORE_VARIABLE, &shared.options.store);
    match shared.options.memory_limit_bytes {
        Some(bytes) => command.env(worker::MEMORY_VARIABLE, bytes.to_string()),
        None => command.env_remove(worker::MEMORY_VARIABLE),
    };
    for name in secrets::variables() {
        command.env_remove(name);
    }
    // The allocator of the kernel's program reserves a gigabyte otherwise, which counts against the limit above.
    command.env("MIMALLOC_ARENA_RESERVE", "32MiB");
    if let Some(user) = cargo_home::user_cargo_home() {
        command.env(cargo_home::VARIABLE, user);
    }
    // Its own group: Ctrl-C in the terminal of a server is no matter of the worker.
    command.process_group(0);
    Ok(command)
}

/// Gives cells `mlaas4hep`, and takes the secrets away from what is built for them.
fn prepare(shared: &Shared, context: &mut CommandContext) -> Result<(), String> {
    let mut lines: Vec<String> = Vec::new();
    for name in secrets::variables() {
        lines.push(format!(":build_env {}=", name.to_string_lossy()));
    }
    let api = Value::from(shared.options.api_folder().to_string_lossy());
    lines.push(format!(":dep mlaas4hep = {{ path = {api} }}"));
    lines.push(PRELUDE.to_string());
    context.execute(&lines.join("\n")).map(drop).map_err(|error| error.to_string())
}

/// Clears everything that cells defined; the compiler's data base stays.
fn restart(shared: &Shared, context: Option<CommandContext>) -> Option<CommandContext> {
    shared.step("restarting");
    let Some(mut context) = context else { return start(shared) };
    let cleared = guarded(|| {
        context.execute(":clear").map_err(|error| error.to_string())?;
        prepare(shared, &mut context)
    });
    if let Ok(Ok(())) = cleared {
        shared.set_state(EngineState::Ready);
        return Some(context);
    }
    drop(context);
    start(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_cargo_are_kept_without_its_json() {
        let words = "Compilation failed, but no parsable errors were found. STDERR:\nerror: no space left\n\nSTDOUT:{\"a\":1}\n{\"b\":2}\n";
        assert_eq!(message(words), "error: no space left\n");
        assert_eq!(message("The variable `f` is a closure\nbox it"), "The variable `f` is a closure\nbox it");
    }

    #[test]
    fn what_breaks_within_is_told() {
        assert_eq!(guarded(|| 1), Ok(1));
        assert_eq!(guarded(|| -> u8 { panic!("a {}", 1) }), Err("a 1".to_string()));
    }
}
