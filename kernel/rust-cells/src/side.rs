//! The kernel's end of the socket to the proxy.

use std::collections::VecDeque;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use serde_json::{Map, Value};

use crate::frame::{Answer, Frame, read_frame, write_frame};
use crate::sink::RustError;

/// What happens while a cell is at work, in its order.
#[derive(Debug)]
pub(crate) enum Event {
    Run,
    Complete,
    LeftEarly,
    Panicked,
    Stdout(String),
    Stderr(String),
    Display(Map<String, Value>),
    Message(String),
    Input {
        prompt: String,
        is_password: bool,
        answer: Sender<Result<String, String>>,
    },
    Table {
        name: String,
        answer: Sender<Result<String, String>>,
    },
    Gone {
        how: String,
    },
    /// From the engine: the cell is done. What the worker sent may still be on its way.
    Done(Result<(), RustError>),
    /// Look whether the cell is interrupted.
    Wake,
}

/// Outputs that came while no cell was at work, as from a thread that a cell left behind. More than this many pieces
/// are dropped.
const MOST_LEFT_OVER: usize = 1000;

/// How long outputs may be on their way through the socket.
pub(crate) const LAST_OUTPUTS: Duration = Duration::from_secs(10);

/// Shared by the connections, the cell at work and whoever interrupts.
#[derive(Default)]
pub(crate) struct Side {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The process group of the worker.
    worker: Option<i32>,
    /// A worker that was ended on purpose: what it still says is of no interest.
    ended: Option<i32>,
    is_running: bool,
    cell: Option<Sender<Event>>,
    /// Set when the cell that the engine compiles is not to run any more.
    cancelled: Arc<AtomicBool>,
    left_over: VecDeque<Event>,
}

/// What an interrupt found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The cell ran: its worker is ended.
    Running,
    /// The cell was being compiled: it will not run.
    Compiling,
}

impl Side {
    /// Listens at `socket`; connections are served until the process ends.
    pub(crate) fn listen(socket: &Path) -> io::Result<Arc<Self>> {
        let listener = UnixListener::bind(socket)?;
        let side = Arc::new(Self::default());
        let shared = Arc::downgrade(&side);
        std::thread::Builder::new().name("rust-side".to_string()).spawn(move || {
            for connection in listener.incoming() {
                let (Ok(connection), Some(side)) = (connection, shared.upgrade()) else { return };
                // Without a thread the proxy gets no answer, ends, and the cell reports a dead worker.
                let serve = move || side.serve(connection);
                let _ = std::thread::Builder::new().name("rust-worker".to_string()).spawn(serve);
            }
        })?;
        Ok(side)
    }

    /// A cell is at work: its events go to `cell`. Gives what came since the last.
    pub(crate) fn begin(&self, cell: Sender<Event>) -> VecDeque<Event> {
        let mut state = self.lock();
        state.cell = Some(cell);
        std::mem::take(&mut state.left_over)
    }

    /// What the engine itself has run by now is nobody's output. The last of it may still be on its way.
    pub(crate) fn forget_left_over(&self) {
        let began = Instant::now();
        while self.lock().is_running && began.elapsed() < LAST_OUTPUTS {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.lock().left_over.clear();
    }

    /// The cell is no longer at work.
    pub(crate) fn end(&self) {
        self.lock().cell = None;
    }

    /// The engine begins to compile what is not to run once `cancelled` is set.
    pub(crate) fn compile(&self, cancelled: &Arc<AtomicBool>) {
        self.lock().cancelled = Arc::clone(cancelled);
    }

    /// Lets the cell at work look whether it is interrupted.
    pub(crate) fn wake(&self) {
        if let Some(cell) = &self.lock().cell {
            // A full channel wakes the cell as well.
            let _ = cell.try_send(Event::Wake);
        }
    }

    /// Stops the cell that `cancelled` belongs to.
    pub(crate) fn stop(&self, cancelled: &AtomicBool) -> Stopped {
        let mut state = self.lock();
        cancelled.store(true, Ordering::SeqCst);
        if !state.is_running {
            return Stopped::Compiling;
        }
        state.end_worker();
        Stopped::Running
    }

    /// Ends the worker, whatever it does.
    pub(crate) fn end_worker(&self) {
        self.lock().end_worker();
    }

    fn serve(&self, mut connection: UnixStream) {
        let Ok(Frame::Hello { pid }) = read_frame(&mut connection) else { return };
        self.lock().worker = Some(pid);
        let how = loop {
            match read_frame(&mut connection) {
                Ok(Frame::Gone { how }) => break how,
                Ok(frame) => {
                    if self.frame(pid, frame, &mut connection).is_err() {
                        break "its proxy ended".to_string();
                    }
                }
                Err(_) => break "its proxy ended".to_string(),
            }
        };
        {
            let mut state = self.lock();
            if state.worker == Some(pid) {
                state.worker = None;
                state.is_running = false;
            }
        }
        self.send(pid, Event::Gone { how });
    }

    fn frame(&self, pid: i32, frame: Frame, connection: &mut UnixStream) -> io::Result<()> {
        let event = match frame {
            Frame::Run => {
                let may_run = self.may_run(pid);
                if may_run {
                    self.send(pid, Event::Run);
                }
                return write_frame(connection, &Answer::Run { may_run });
            }
            Frame::Input { prompt, is_password } => {
                let answer = self.ask(pid, prompt, is_password);
                return write_frame(connection, &Answer::Line { answer });
            }
            Frame::Table { name } => {
                let answer = self.table(pid, name);
                return write_frame(connection, &Answer::Line { answer });
            }
            Frame::Complete => {
                self.lock().is_running = false;
                Event::Complete
            }
            Frame::LeftEarly => Event::LeftEarly,
            Frame::Panicked => Event::Panicked,
            Frame::Stdout { text } => Event::Stdout(text),
            Frame::Stderr { text } => Event::Stderr(text),
            Frame::Display { data } => Event::Display(data),
            Frame::Message { json } => Event::Message(json),
            Frame::Hello { .. } | Frame::Gone { .. } => return Ok(()),
        };
        self.send(pid, event);
        Ok(())
    }

    fn may_run(&self, pid: i32) -> bool {
        let mut state = self.lock();
        let may_run = !state.cancelled.load(Ordering::SeqCst) && state.ended != Some(pid);
        state.is_running = may_run;
        may_run
    }

    fn ask(&self, pid: i32, prompt: String, is_password: bool) -> Result<String, String> {
        let (answer, answered) = crossbeam_channel::bounded(1);
        if self.lock().cell.is_none() {
            return Err("no cell is at work".to_string());
        }
        self.send(pid, Event::Input { prompt, is_password, answer });
        answered.recv().unwrap_or_else(|_| Err("the cell was interrupted".to_string()))
    }

    /// A thread that a cell left behind sees what lies in the store.
    fn table(&self, pid: i32, name: String) -> Result<String, String> {
        let (answer, answered) = crossbeam_channel::bounded(1);
        if self.lock().cell.is_none() {
            return Ok(String::new());
        }
        self.send(pid, Event::Table { name, answer });
        answered.recv().unwrap_or_else(|_| Err("the cell was interrupted".to_string()))
    }

    /// To the cell at work; waits while it has enough to do.
    fn send(&self, pid: i32, event: Event) {
        let cell = {
            let mut state = self.lock();
            if state.ended == Some(pid) {
                return;
            }
            if state.cell.is_none() {
                let is_output = matches!(
                    event,
                    Event::Stdout(_) | Event::Stderr(_) | Event::Display(_) | Event::Message(_)
                );
                if is_output && state.left_over.len() < MOST_LEFT_OVER {
                    state.left_over.push_back(event);
                }
                return;
            }
            state.cell.clone()
        };
        if let Some(cell) = cell {
            // The cell may just have ended.
            let _ = cell.send(event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end_worker(&mut self) {
        let Some(pid) = self.worker.take() else { return };
        self.ended = Some(pid);
        self.is_running = false;
        if let Some(group) = rustix::process::Pid::from_raw(pid) {
            // It may have ended by itself.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}
