//! Everything that is printed passes here: results to standard output, progress and messages to standard error.

use event_columns::{GoOn, StepReport, Unit};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Whether Ctrl-C was pressed: of the program, as the signal is.
static STOP: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C was pressed, for what waits where no console is at hand.
pub(crate) fn is_stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// A line on standard error. Whoever reads it may have gone away, which ends nothing.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints results and progress, and knows whether Ctrl-C was pressed.
pub(crate) struct Console {
    quiet: bool,
    json_events: bool,
    bar: Option<(String, ProgressBar)>,
    /// The first line of the result that could not be written.
    unwritten: Option<std::io::Error>,
    last_plain: Option<(String, Instant)>,
}

/// Between two plain progress lines where standard error is no terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Files whose end is not told where standard error is no terminal.
const SMALL_BYTES: u64 = 8 << 20;

impl Console {
    /// `quiet` leaves out progress.
    pub(crate) fn new(quiet: bool) -> Self {
        // The second Ctrl-C ends the program at once, for steps that do not ask often enough.
        let handler = || {
            if STOP.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        };
        if ctrlc::set_handler(handler).is_err() {
            tell("mlaas4hep: Ctrl-C cannot be caught here; it will end the program at once");
        }
        Self { quiet, json_events: false, bar: None, unwritten: None, last_plain: None }
    }

    /// From now on progress and messages are JSON objects, one a line, on standard error.
    pub(crate) fn use_json_events(&mut self, json_events: bool) {
        self.json_events = json_events;
    }

    /// A line of the result.
    pub(crate) fn line(&mut self, text: &str) {
        self.clear_bar();
        let mut out = std::io::stdout();
        if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
            self.unwritten.get_or_insert(error);
        }
    }

    /// Why the result did not come out whole, if so. A reader that went away (`| head`) is no reason to fail.
    pub(crate) fn unwritten(&mut self) -> Option<std::io::Error> {
        self.unwritten.take().filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe)
    }

    /// A message beside the result.
    pub(crate) fn message(&mut self, text: &str) {
        self.clear_bar();
        if self.json_events {
            self.event("message", &serde_json::json!({ "text": text }));
        } else {
            tell(text);
        }
    }

    /// Whether only results are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says what begins now; left out where only results are wanted.
    pub(crate) fn step(&mut self, text: &str) {
        if !self.quiet {
            self.message(text);
        }
    }

    /// One machine-readable event, where JSON events are on.
    pub(crate) fn event(&mut self, name: &str, fields: &serde_json::Value) {
        if self.json_events {
            let mut object = serde_json::Map::new();
            object.insert("event".into(), name.into());
            if let serde_json::Value::Object(fields) = fields {
                object.extend(fields.clone());
            }
            tell(&serde_json::Value::Object(object).to_string());
        }
    }

    /// Paints progress; the answer says stop once Ctrl-C was pressed.
    pub(crate) fn progress(&mut self, report: &StepReport<'_>) -> GoOn {
        if self.json_events {
            self.progress_event(report);
        } else if !self.quiet {
            if std::io::stderr().is_terminal() { self.paint(report) } else { self.plain(report) }
        }
        if is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn progress_event(&mut self, report: &StepReport<'_>) {
        if self.is_due(report) {
            let fields = serde_json::json!({ "step": report.step, "done": report.done, "total": report.total,
                "unit": report.unit.name(), "note": report.note });
            self.event("progress", &fields);
        }
    }

    fn paint(&mut self, report: &StepReport<'_>) {
        let is_same = self.bar.as_ref().is_some_and(|(step, _)| step == report.step);
        if !is_same {
            self.clear_bar();
            let bar = ProgressBar::with_draw_target(report.total, ProgressDrawTarget::stderr_with_hz(10));
            // The text comes last: its length changes, and a narrow terminal cuts it, not the numbers.
            let template = match (report.total, report.unit) {
                (Some(_), Unit::Bytes) => "{bar:30} {bytes}/{total_bytes}, {eta} left  {msg}".to_string(),
                (Some(_), unit) => {
                    format!("{{bar:30}} {{human_pos}}/{{human_len}} {}, {{eta}} left  {{msg}}", unit.name())
                }
                (None, Unit::Bytes) => "{bytes}  {msg}".to_string(),
                (None, unit) => format!("{{human_pos}} {}  {{msg}}", unit.name()),
            };
            let style = ProgressStyle::with_template(&template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar = Some((report.step.to_string(), bar));
        }
        if let Some((_, bar)) = &self.bar {
            bar.set_message(format!("{} {}", report.step, report.note).trim_end().to_string());
            bar.set_position(report.done);
        }
    }

    fn plain(&mut self, report: &StepReport<'_>) {
        if self.is_due(report) {
            let total = report.total.map_or_else(String::new, |total| format!("/{total}"));
            let line =
                format!("{}: {}{total} {} {}", report.step, report.done, report.unit.name(), report.note);
            tell(line.trim_end());
        }
    }

    /// The first report of a step says nothing yet and the interval keeps logs short; the last is always due, but for small files,
    /// which are done at once, and may be many.
    fn is_due(&mut self, report: &StepReport<'_>) -> bool {
        let is_small = report.unit == Unit::Bytes && report.total.is_some_and(|total| total < SMALL_BYTES);
        let is_last = report.total == Some(report.done) && !is_small;
        let now = Instant::now();
        let due = match &self.last_plain {
            Some((step, when)) if step == report.step => {
                is_last || now.duration_since(*when) >= PLAIN_INTERVAL
            }
            _ => is_last,
        };
        let is_new = self.last_plain.as_ref().is_none_or(|(step, _)| step != report.step);
        if due || is_new {
            self.last_plain = Some((report.step.to_string(), now));
        }
        due
    }

    fn clear_bar(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
