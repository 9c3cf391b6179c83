//! Stands between evcxr, the worker and the kernel.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};

use mlaas4hep::Request;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use crate::frame::{Answer, Frame, read_frame, write_frame};
use crate::splitter::{COMPLETE, LEFT_EARLY, PANICKED, Piece, Splitter, TextDecoder};
use crate::worker::worker_command;

/// As much as a pipe holds.
const READ_BYTES: usize = 1 << 16;
/// How long a display waits for its other forms.
const DISPLAY_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// Starts a worker, serves it until it ends, and gives its exit code.
pub(crate) fn run(socket: &Path) -> i32 {
    // Goes with the kernel, and the worker goes with it. A system that refuses leaves that to the closed pipes.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    match Proxy::start(socket).and_then(Proxy::serve) {
        Ok(status) => status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
        Err(error) => {
            // evcxr passes what its worker says on.
            let _ = writeln!(io::stderr(), "the proxy of the worker failed: {error}");
            70
        }
    }
}

struct Proxy {
    kernel: UnixStream,
    worker: Child,
    worker_input: Option<ChildStdin>,
    worker_ended: OwnedFd,
    output_pipe: Option<ChildStdout>,
    errors_pipe: Option<ChildStderr>,
    /// Bytes of commands of evcxr that do not make a line yet.
    command: Vec<u8>,
    splitter: Splitter,
    errors: TextDecoder,
}

impl Proxy {
    fn start(socket: &Path) -> io::Result<Self> {
        let mut kernel = UnixStream::connect(socket)?;
        let mut worker = worker_command()?.spawn()?;
        let pid = i32::try_from(worker.id()).map_err(io::Error::other)?;
        let pid_of_worker =
            Pid::from_raw(pid).ok_or_else(|| io::Error::other("the worker has no process"))?;
        write_frame(&mut kernel, &Frame::Hello { pid })?;
        Ok(Self {
            kernel,
            worker_input: worker.stdin.take(),
            output_pipe: worker.stdout.take(),
            errors_pipe: worker.stderr.take(),
            worker,
            worker_ended: pidfd_open(pid_of_worker, PidfdFlags::empty())?,
            command: Vec::new(),
            splitter: Splitter::default(),
            errors: TextDecoder::default(),
        })
    }

    /// Passes everything on until the worker has ended and its output has been read.
    fn serve(mut self) -> io::Result<ExitStatus> {
        loop {
            let ready = self.wait()?;
            if ready.output {
                self.read_output()?;
            }
            if ready.errors {
                // By now it may have been read, with the end of a cell.
                self.drain_errors()?;
            }
            if ready.evcxr {
                self.command_of_evcxr()?;
            }
            if ready.nothing {
                let display = self.splitter.take_waiting_display();
                self.pieces(display)?;
            }
            if ready.ended && !ready.output && !ready.errors {
                return self.finish();
            }
        }
    }

    fn wait(&self) -> io::Result<Ready> {
        let evcxr = io::stdin();
        let [output, errors] =
            [self.output_pipe.as_ref().map(AsFd::as_fd), self.errors_pipe.as_ref().map(AsFd::as_fd)];
        let input = self.worker_input.as_ref().map(|_| evcxr.as_fd());
        // A place for each, also for what is closed: the end of the worker is watched twice then.
        let watched = [Some(self.worker_ended.as_fd()), output, errors, input];
        let mut fds = watched
            .map(|fd| PollFd::from_borrowed_fd(fd.unwrap_or(self.worker_ended.as_fd()), PollFlags::IN));
        let timeout = self.splitter.has_waiting_display().then_some(DISPLAY_WAIT);
        let count = loop {
            match poll(&mut fds, timeout.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?,
            }
        };
        let any = PollFlags::IN | PollFlags::HUP | PollFlags::ERR;
        let is = |index: usize| watched[index].is_some() && fds[index].revents().intersects(any);
        Ok(Ready { ended: is(0), output: is(1), errors: is(2), evcxr: is(3), nothing: count == 0 })
    }

    fn read_output(&mut self) -> io::Result<()> {
        let Some(output) = &mut self.output_pipe else { return Ok(()) };
        let bytes = read_some(output)?;
        if bytes.is_empty() {
            self.output_pipe = None;
        }
        let pieces = self.splitter.feed(&bytes);
        self.pieces(pieces)
    }

    fn pieces(&mut self, pieces: impl IntoIterator<Item = Piece>) -> io::Result<()> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.send(&Frame::Stdout { text })?,
                Piece::Display(data) => self.send(&Frame::Display { data })?,
                Piece::Message(json) => self.send(&Frame::Message { json })?,
                Piece::ForEvcxr(line) => tell_evcxr(&line)?,
                Piece::Input { prompt, is_password } => self.ask(&prompt, is_password)?,
                Piece::LeftEarly => self.end(&Frame::LeftEarly, LEFT_EARLY)?,
                Piece::Panicked => self.end(&Frame::Panicked, PANICKED)?,
                Piece::Complete => self.end(&Frame::Complete, COMPLETE)?,
            }
        }
        Ok(())
    }

    /// Tells kernel and evcxr how the cell ended, behind everything that it wrote.
    fn end(&mut self, frame: &Frame, word: &str) -> io::Result<()> {
        self.drain_errors()?;
        self.send(frame)?;
        tell_evcxr(word)
    }

    /// Reads what has been written to standard error by now: it belongs before what follows.
    fn drain_errors(&mut self) -> io::Result<()> {
        while let Some(errors) = &self.errors_pipe {
            let mut fds = [PollFd::new(errors, PollFlags::IN)];
            poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
            if fds[0].revents().is_empty() {
                break;
            }
            self.read_errors()?;
        }
        Ok(())
    }

    fn read_errors(&mut self) -> io::Result<()> {
        let Some(errors) = &mut self.errors_pipe else { return Ok(()) };
        let bytes = read_some(errors)?;
        let text = if bytes.is_empty() {
            self.errors_pipe = None;
            self.errors.finish()
        } else {
            self.errors.decode(&bytes)
        };
        if text.is_empty() { Ok(()) } else { self.send(&Frame::Stderr { text }) }
    }

    /// Reads lines of evcxr: each says to load a cell and run it.
    fn command_of_evcxr(&mut self) -> io::Result<()> {
        let bytes = read_some(&mut io::stdin())?;
        if bytes.is_empty() {
            // evcxr is done with the worker, which ends with its input.
            self.worker_input = None;
            return Ok(());
        }
        self.command.extend(bytes);
        while let Some(end) = self.command.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.command.drain(..=end).collect();
            self.send(&Frame::Run)?;
            let Answer::Run { may_run } = read_frame(&mut self.kernel)? else {
                return Err(io::Error::other("the kernel answered something else than whether to run"));
            };
            if may_run {
                self.tell_worker(&line);
            } else {
                // As a cell that leaves at once by `?`: what was there stays, what it would define is not there.
                tell_evcxr(LEFT_EARLY)?;
                tell_evcxr(COMPLETE)?;
            }
        }
        Ok(())
    }

    fn ask(&mut self, prompt: &str, is_password: bool) -> io::Result<()> {
        let ours = mlaas4hep::decode_request(prompt);
        let is_ours = ours.is_some();
        let frame = match ours {
            Some(Request::Table(name)) => Frame::Table { name },
            Some(Request::Line(prompt)) => Frame::Input { prompt, is_password },
            None => Frame::Input { prompt: prompt.to_string(), is_password },
        };
        self.send(&frame)?;
        let Answer::Line { answer } = read_frame(&mut self.kernel)? else {
            return Err(io::Error::other("the kernel answered something else than a line"));
        };
        let line = match &answer {
            _ if is_ours => mlaas4hep::encode_answer(answer.as_deref().map_err(String::as_str)),
            Ok(text) => text.replace(['\n', '\r'], " "),
            Err(_) => String::new(),
        };
        self.tell_worker(format!("{line}\n").as_bytes());
        Ok(())
    }

    /// A worker that has just ended takes nothing; that it has ended is noticed elsewhere.
    fn tell_worker(&mut self, line: &[u8]) {
        if let Some(input) = &mut self.worker_input {
            let _ = input.write_all(line).and_then(|()| input.flush());
        }
    }

    fn finish(mut self) -> io::Result<ExitStatus> {
        let pieces = self.splitter.finish();
        self.pieces(pieces)?;
        let status = self.worker.wait()?;
        self.send(&Frame::Gone { how: how_it_ended(status) })?;
        Ok(status)
    }

    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        write_frame(&mut self.kernel, frame)
    }
}

#[expect(clippy::struct_excessive_bools, reason = "one for each thing that is waited for")]
struct Ready {
    output: bool,
    errors: bool,
    evcxr: bool,
    ended: bool,
    nothing: bool,
}

fn tell_evcxr(line: &str) -> io::Result<()> {
    let mut evcxr = io::stdout().lock();
    evcxr.write_all(line.as_bytes())?;
    evcxr.write_all(b"\n")?;
    evcxr.flush()
}

/// What can be read now; nothing at the end.
fn read_some(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; READ_BYTES];
    loop {
        match from.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            length => {
                bytes.truncate(length?);
                return Ok(bytes);
            }
        }
    }
}

fn how_it_ended(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(4), _) => "illegal instruction (SIGILL)".to_string(),
        (Some(6), _) => "aborted (SIGABRT)".to_string(),
        (Some(7), _) => "bus error (SIGBUS)".to_string(),
        (Some(9), _) => "killed (SIGKILL), perhaps by the system for lack of memory".to_string(),
        (Some(11), _) => "segmentation fault (SIGSEGV)".to_string(),
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "for an unknown reason".to_string(),
    }
}
