//! Rust cells as the kernel uses them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use crate::cell::Cell;
use crate::engine::{EngineState, Job, Shared, Ticket, unavailable};
use crate::options::RustOptions;
use crate::side::Stopped;
use crate::sink::{CellSink, RustDone, RustError};
use crate::waiting::Waiting;
use crate::{commands, engine, letters, processes, share, worker};

/// How often the sink is asked whether the cell is interrupted.
const LOOK: Duration = Duration::from_millis(20);
/// How long the engine may take to come to its end.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long Tab and Shift-Tab wait for an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// How many pieces of output wait for the sink before the cell is held up.
const WAITING_OUTPUTS: usize = 64;

/// Runs Rust cells. Starting returns at once; cells that come before the engine is ready wait for it.
///
/// Variables, functions and imports of a cell are there for the next; variables live in a worker process, which is
/// ended by an interrupt and may die, and then are lost. Tables that were handed to the store are not.
pub struct RustCells {
    shared: Arc<Shared>,
    jobs: Sender<Job>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    one_cell: Mutex<()>,
    is_interrupted: AtomicBool,
    is_busy: AtomicBool,
}

/// What Tab offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// What to put in place, and its kind (`function`, `struct`, ...; may be empty).
    pub matches: Vec<(String, String)>,
    /// The first letter to be replaced, counted in letters (`char`) from 0.
    pub start: usize,
    /// The letter behind the last to be replaced.
    pub end: usize,
}

/// What Shift-Tab shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// As text.
    pub text: String,
    /// As HTML.
    pub html: String,
}

impl RustCells {
    /// Starts the engine in the background. What goes wrong is told by [`RustCells::state`].
    pub fn start(options: RustOptions) -> Self {
        let (jobs, received) = crossbeam_channel::unbounded();
        let shared = share::share(options);
        let thread = match &shared {
            Ok(shared) => {
                let shared = Arc::clone(shared);
                let run = move || engine::run(&shared, &received);
                std::thread::Builder::new()
                    .name(engine::THREAD_NAME.to_string())
                    .spawn(run)
                    .map_err(|error| error.to_string())
            }
            Err(broken) => Err(broken.1.clone()),
        };
        let shared = shared.unwrap_or_else(|(shared, _)| shared);
        if let Err(reason) = &thread {
            shared.set_state(EngineState::Failed(reason.clone()));
        }
        Self {
            shared,
            jobs,
            thread: Mutex::new(thread.ok()),
            one_cell: Mutex::new(()),
            is_interrupted: AtomicBool::new(false),
            is_busy: AtomicBool::new(false),
        }
    }

    /// How far the engine is.
    pub fn state(&self) -> EngineState {
        self.shared.state()
    }

    /// Runs a cell and hands its outputs to `sink` while it runs. Cells run one after the other.
    ///
    /// # Errors
    /// [`RustError`] with the compiler's code, or `Panic`, `Interrupted`, `WorkerDied`, `EngineFailed`.
    pub fn execute(&self, code: &str, sink: &dyn CellSink) -> Result<RustDone, RustError> {
        let _one = self.one_cell.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_interrupted.store(false, Ordering::SeqCst);
        commands::check(code)?;
        self.wait_until_ready(sink)?;
        self.is_busy.store(true, Ordering::SeqCst);
        let result = self.execute_now(code, sink);
        self.shared.side.end();
        self.is_busy.store(false, Ordering::SeqCst);
        result
    }

    /// Interrupts the cell at work, if there is one.
    pub fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
        self.shared.side.wake();
    }

    /// What Tab offers at a letter (`char`, from 0) of a cell; nothing while a cell runs.
    pub fn complete(&self, code: &str, cursor: usize) -> Completions {
        let byte = letters::byte_of_letter(code, cursor);
        let found = self.ask(|answer| Job::Complete { code: code.to_string(), byte, answer });
        let Some(found) = found else {
            return Completions { matches: Vec::new(), start: cursor, end: cursor };
        };
        Completions {
            matches: found.completions.into_iter().map(|one| (one.code, one.kind.to_string())).collect(),
            start: letters::letter_of_byte(code, found.start_offset),
            end: letters::letter_of_byte(code, found.end_offset),
        }
    }

    /// What Shift-Tab shows at a letter (`char`, from 0) of a cell; nothing while a cell runs.
    pub fn inspect(&self, code: &str, cursor: usize) -> Option<Inspection> {
        let byte = letters::end_of_word(code, letters::byte_of_letter(code, cursor));
        let (text, html) = self.ask(|answer| Job::Inspect { code: code.to_string(), byte, answer })?;
        (text != "No documentation found").then_some(Inspection { text, html })
    }

    /// Names and types of the Rust variables, as of the last cell that ended.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.shared.variables()
    }

    /// Runs a command of evcxr, such as `:dep rand = "0.9"`, `:vars`, `:type x`.
    ///
    /// # Errors
    /// As [`RustCells::execute`].
    pub fn command(&self, line: &str, sink: &dyn CellSink) -> Result<RustDone, RustError> {
        self.execute(line, sink)
    }

    /// Forgets variables, functions, imports and dependencies of the cells, and ends what runs. The next cell waits
    /// until that is done.
    pub fn restart(&self) {
        if matches!(self.state(), EngineState::Ready) {
            self.shared.set_state(EngineState::Starting { step: "restarting".to_string() });
        }
        self.interrupt();
        self.shared.side.end_worker();
        // Without its thread the engine has failed, and says so.
        let _ = self.jobs.send(Job::Restart);
    }

    /// Ends engine and worker and removes the folder of builds; the store stays.
    pub fn shutdown(&self) {
        self.interrupt();
        self.shared.side.end_worker();
        let _ = self.jobs.send(Job::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let began = Instant::now();
        // A compiler at work ends within this; if it does not, its thread goes with the process.
        while thread.as_ref().is_some_and(|thread| !thread.is_finished()) && began.elapsed() < LAST_WORDS {
            processes::end_compiler(&self.shared.folder);
            self.shared.side.end_worker();
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = std::fs::remove_dir_all(&self.shared.folder);
        let _ = std::fs::remove_file(&self.shared.socket);
        if let Some(home) = worker::process_folder() {
            let is_engine =
                |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("engine-");
            let is_last = std::fs::read_dir(home)
                .is_ok_and(|mut entries| !entries.any(|entry| entry.is_ok_and(is_engine)));
            if is_last {
                let _ = std::fs::remove_dir_all(home);
            }
        }
    }

    /// The folder in which this engine builds.
    pub(crate) fn folder(&self) -> &Path {
        &self.shared.folder
    }

    fn was_interrupted(&self, sink: &dyn CellSink) -> bool {
        self.is_interrupted.load(Ordering::SeqCst) || sink.is_interrupted()
    }

    fn wait_until_ready(&self, sink: &dyn CellSink) -> Result<(), RustError> {
        let mut waiting = Waiting::new(sink, &self.shared.folder);
        loop {
            match self.state() {
                EngineState::Ready => {
                    waiting.end("ready");
                    return Ok(());
                }
                EngineState::Starting { .. } if self.was_interrupted(sink) => {
                    waiting.end("interrupted; the engine goes on to start");
                    return Err(RustError::plain(
                        "Interrupted",
                        "the engine of Rust cells was still starting; it goes on",
                    ));
                }
                EngineState::Starting { step } => {
                    waiting.show(&step);
                    self.shared.wait(LOOK);
                }
                state => {
                    waiting.end("not ready");
                    return Err(unavailable(&state));
                }
            }
        }
    }

    fn execute_now(&self, code: &str, sink: &dyn CellSink) -> Result<RustDone, RustError> {
        let (events, received) = crossbeam_channel::bounded(WAITING_OUTPUTS);
        let ticket = Arc::new(Ticket::default());
        let left_over = self.shared.side.begin(events.clone());
        let job = Job::Cell { code: code.to_string(), events, ticket: Arc::clone(&ticket) };
        if self.jobs.send(job).is_err() {
            return Err(unavailable(&self.state()));
        }
        let mut cell = Cell::new(sink, self.variables());
        for event in left_over {
            cell.take(event);
        }
        let mut waiting = Waiting::new(sink, &self.shared.folder);
        let followed = cell.follow(&received, LOOK, |has_run| {
            if !has_run {
                waiting.show_crates("compiling");
            }
            self.was_interrupted(sink)
        });
        waiting.end("compiled");
        match followed {
            Some(result) => cell.end(result, code, &self.shared),
            None => Err(self.stop(&ticket)),
        }
    }

    /// Stops the cell at work, which takes no time; the engine comes to its end in the background.
    fn stop(&self, ticket: &Arc<Ticket>) -> RustError {
        let before: Vec<String> = self.variables().into_iter().map(|(name, _)| name).collect();
        match self.shared.side.stop(&ticket.cancelled) {
            Stopped::Running => {
                self.shared.set_variables(Vec::new());
                RustError::plain("Interrupted", "the cell was interrupted").losing(before)
            }
            Stopped::Compiling => {
                let (shared, ticket) = (Arc::clone(&self.shared), Arc::clone(ticket));
                let end = move || {
                    // Not a moment longer: the next compiler belongs to another cell.
                    while ticket.before_its_end(|| processes::end_compiler(&shared.folder)) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                };
                // Without a thread the compiler comes to its end by itself, and the cell still does not run.
                let _ = std::thread::Builder::new().name("rust-end-compiler".to_string()).spawn(end);
                RustError::plain(
                    "Interrupted",
                    "the cell was interrupted while it was compiled; nothing is lost",
                )
            }
        }
    }

    fn ask<T>(&self, job: impl FnOnce(Sender<Option<T>>) -> Job) -> Option<T> {
        if self.is_busy.load(Ordering::SeqCst) || self.state() != EngineState::Ready {
            return None;
        }
        let (answer, answered) = crossbeam_channel::bounded(1);
        self.jobs.send(job(answer)).ok()?;
        answered.recv_timeout(ANSWER_WAIT).ok()?
    }
}

impl Drop for RustCells {
    fn drop(&mut self) {
        if self.thread.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            self.shutdown();
        }
    }
}
