//! The worker as a process: started, listened to, and ended, whatever happens.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io::{BufRead, BufReader, PipeReader, Read},
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use training_protocol::Connection;

use crate::{TrainingError, WorkerEnd};

const MAX_LINES: usize = 100;
const MAX_LINE_BYTES: u64 = 1000;
/// Between a polite request to end and the end.
const GRACE: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(5);

/// The worker's program and how patient to be with it.
#[derive(Clone, Debug)]
pub struct WorkerProgram {
    /// The program, usually `mlaas4hep-torch` beside the command that uses it.
    pub path: PathBuf,
    /// What it is started with. Default: nothing.
    pub arguments: Vec<OsString>,
    /// Variables that it sees besides those of this program. Default: none.
    pub environment: Vec<(OsString, OsString)>,
    /// Time to start up and say hello; libtorch takes half a second to load, more from a cold disk. Default: 60 s.
    pub start_limit: Duration,
    /// Longest silence while it works; it speaks about twice a second between batches. Default: 300 s.
    pub silence_limit: Duration,
}

impl WorkerProgram {
    /// This program, with default patience.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            start_limit: Duration::from_mins(1),
            silence_limit: Duration::from_mins(5),
        }
    }
}

/// A running worker. It never outlives this value.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    child: Child,
    status: Option<ExitStatus>,
    last_lines: Arc<Mutex<VecDeque<String>>>,
    listener: Option<JoinHandle<()>>,
}

impl WorkerProcess {
    pub(crate) fn start(program: &WorkerProgram) -> Result<(Self, Connection), TrainingError> {
        let (connection, theirs) = Connection::pair()?;
        let (child, output) = spawn(program, theirs.into())
            .map_err(|source| TrainingError::Start { path: program.path.clone(), source })?;
        let last_lines = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&last_lines);
        let listener = std::thread::spawn(move || listen(output, &kept));
        Ok((Self { child, status: None, last_lines, listener: Some(listener) }, connection))
    }

    /// Waits for it to end by itself, which it does when its connection is closed; ends it where it does not.
    pub(crate) fn wait(&mut self) -> WorkerEnd {
        if !self.has_ended_within(GRACE) {
            self.stop();
        }
        self.end()
    }

    /// Ends it: a request first, then by force.
    pub(crate) fn stop(&mut self) -> WorkerEnd {
        if !self.has_ended_within(Duration::ZERO) {
            if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
                // It cannot be another process by now: its number stays taken until it is waited for.
                let _gone_already = rustix::process::kill_process(pid, Signal::TERM);
            }
            if !self.has_ended_within(GRACE) {
                let _gone_already = self.child.kill();
                self.status = self.child.wait().ok();
            }
        }
        self.end()
    }

    fn has_ended_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            if self.status.is_none() {
                self.status = self.child.try_wait().ok().flatten();
            }
            if self.status.is_some() || Instant::now() >= deadline {
                return self.status.is_some();
            }
            std::thread::sleep(POLL);
        }
    }

    fn end(&mut self) -> WorkerEnd {
        // The output ends with the process, unless a child of the worker still holds it.
        let deadline = Instant::now() + GRACE;
        while self.listener.as_ref().is_some_and(|listener| !listener.is_finished())
            && Instant::now() < deadline
        {
            std::thread::sleep(POLL);
        }
        let last_lines = self.last_lines.lock().unwrap_or_else(PoisonError::into_inner);
        WorkerEnd { status: self.status, last_lines: last_lines.iter().cloned().collect() }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(program: &WorkerProgram, socket: OwnedFd) -> std::io::Result<(Child, PipeReader)> {
    let (output, writer) = std::io::pipe()?;
    let child = Command::new(&program.path)
        .args(&program.arguments)
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(socket))
        .stdout(writer.try_clone()?)
        .stderr(writer)
        // A group of its own: an interrupt at the terminal is for this process, which ends the worker in order.
        .process_group(0)
        .spawn()?;
    Ok((child, output))
}

fn listen(output: PipeReader, last_lines: &Mutex<VecDeque<String>>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        match output.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                let mut last_lines = last_lines.lock().unwrap_or_else(PoisonError::into_inner);
                if last_lines.len() == MAX_LINES {
                    last_lines.pop_front();
                }
                last_lines.push_back(line);
            }
        }
    }
}
