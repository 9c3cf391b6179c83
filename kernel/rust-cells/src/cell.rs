//! Follows one cell from its begin to its end.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::engine::Shared;
use crate::outputs::Outputs;
use crate::panics::{PanicText, line_of_cell};
use crate::render::{self, Mark};
use crate::side::{Event, LAST_OUTPUTS};
use crate::sink::{CellSink, RustDone, RustError};

pub(crate) struct Cell<'a> {
    outputs: Outputs<'a>,
    /// Names and types of the variables before it.
    before: Vec<(String, String)>,
    /// How often it was run, which evcxr does twice when a variable changed its type, and how often that ended.
    runs: usize,
    ends: usize,
    is_panic: bool,
    has_left_early: bool,
    how_gone: Option<String>,
}

impl<'a> Cell<'a> {
    pub(crate) fn new(sink: &'a dyn CellSink, before: Vec<(String, String)>) -> Self {
        Self {
            outputs: Outputs::new(sink),
            before,
            runs: 0,
            ends: 0,
            is_panic: false,
            has_left_early: false,
            how_gone: None,
        }
    }

    /// Takes an event of the worker.
    pub(crate) fn take(&mut self, event: Event) {
        match event {
            Event::Run => self.runs += 1,
            // The end of an earlier one may have been on its way for long, on a machine with much to do.
            Event::Complete => self.ends = self.runs.min(self.ends + 1),
            Event::LeftEarly => self.has_left_early = true,
            Event::Panicked => self.is_panic = true,
            Event::Gone { how } => self.how_gone = Some(how),
            output => self.outputs.take(output),
        }
    }

    /// Takes events until the engine is done and the last output has come; `None` when the cell is interrupted.
    /// `is_interrupted` is asked now and then, and told whether the cell runs already.
    pub(crate) fn follow(
        &mut self,
        events: &Receiver<Event>,
        look: Duration,
        mut is_interrupted: impl FnMut(bool) -> bool,
    ) -> Option<Result<(), RustError>> {
        let result = loop {
            match events.recv_timeout(look) {
                Ok(Event::Done(result)) => break result,
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    break Err(RustError::plain("EngineFailed", "the engine of Rust cells has stopped"));
                }
            }
            if is_interrupted(self.runs > 0) {
                return None;
            }
        };
        let last = Instant::now() + LAST_OUTPUTS;
        while self.runs > self.ends && self.how_gone.is_none() {
            let Ok(event) = events.recv_deadline(last) else { break };
            self.take(event);
        }
        Some(result)
    }

    /// What the cell leaves.
    pub(crate) fn end(
        mut self,
        result: Result<(), RustError>,
        code: &str,
        shared: &Shared,
    ) -> Result<RustDone, RustError> {
        let panic = self.outputs.finish(self.is_panic);
        match result {
            Ok(()) if self.is_panic => {
                let source = std::fs::read_to_string(shared.folder.join("src/lib.rs")).unwrap_or_default();
                Err(panic_error(&panic.unwrap_or_default(), &source, code))
            }
            Ok(()) if self.has_left_early => {
                let reason = self.outputs.last_errors.trim();
                let reason = if reason.is_empty() { "the cell ended at `?`" } else { reason };
                Err(RustError::plain("Error", reason))
            }
            Ok(()) => {
                Ok(RustDone { tables_put: self.outputs.tables_put, branches_put: self.outputs.branches_put })
            }
            Err(error) if error.name == "WorkerDied" => Err(self.died(shared.options.memory_limit_bytes)),
            Err(error) => Err(error),
        }
    }

    fn died(self, memory_limit_bytes: Option<u64>) -> RustError {
        let how = self.how_gone.as_deref().unwrap_or("for an unknown reason");
        let message = match memory_limit_bytes {
            Some(bytes) if self.outputs.last_errors.contains("memory allocation of") => format!(
                "the cell asked for more memory than a worker may take ({:.1} GiB): read fewer events or columns at once",
                bytes as f64 / (1_u64 << 30) as f64
            ),
            _ => format!("the worker of the cell ended: {how}; the next cell gets a new one"),
        };
        let lost = self.before.into_iter().map(|(name, _)| name).collect();
        RustError::plain("WorkerDied", message).losing(lost)
    }
}

/// The words of a panic over the line of the cell; `source` is what evcxr made of the cell.
fn panic_error(panic: &PanicText, source: &str, code: &str) -> RustError {
    let message = if panic.message.is_empty() { "the cell panicked" } else { panic.message.as_str() };
    let mut error = RustError::plain("Panic", message);
    if let Some(line) = line_of_cell(source, panic.source_line, code) {
        let text = code.lines().nth(line - 1).unwrap_or_default();
        let indent = text.chars().take_while(|letter| letter.is_whitespace()).count();
        let columns = (indent + 1, text.trim_end().chars().count() + 1);
        let mark = Mark { line, columns, label: "panicked here".to_string(), is_primary: true };
        error.rendered.extend(render::snippet(code, &[mark]));
    }
    error.rendered.push(render::note("Rust variables that were there before the cell are kept"));
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prewarm::Nobody;

    #[test]
    fn the_late_end_of_an_earlier_run_is_not_that_of_this_one() {
        let (events, received) = crossbeam_channel::unbounded();
        for event in [Event::Complete, Event::Run, Event::Done(Ok(())), Event::Panicked, Event::Complete] {
            events.send(event).unwrap();
        }
        let mut cell = Cell::new(&Nobody, Vec::new());
        assert!(cell.follow(&received, Duration::from_secs(1), |_| false).is_some());
        assert!(cell.is_panic, "what came after the engine was done is taken, too");
        assert!(received.is_empty());
    }
}
