//! A bar that is updated in place.

use event_columns::{StepReport, Unit};
use jupyter_kernel::{MimeBundle, Output};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use text_table::escape_html;

/// Shows how far a long step has come: nothing for the first moment, then at most ten pictures a second, each state once,
/// and the last one always. The saved notebook keeps the last state.
pub struct ProgressBar {
    output: Output,
    id: String,
    start: Instant,
    last_shown: Option<Instant>,
    /// When the step began that is going on: its rate counts from there.
    step_start: Instant,
    latest: Option<State>,
    /// Whether the latest state was shown.
    is_shown: bool,
}

/// A report that outlives its call.
#[derive(Clone, Debug, PartialEq)]
struct State {
    step: String,
    done: u64,
    total: Option<u64>,
    unit: Unit,
    note: String,
}

struct Shown {
    text: String,
    html: String,
}

impl State {
    fn of(report: &StepReport<'_>) -> Self {
        let StepReport { step, done, total, unit, note } = *report;
        Self { step: step.to_string(), done, total, unit, note: note.to_string() }
    }

    fn report(&self) -> StepReport<'_> {
        StepReport { step: &self.step, done: self.done, total: self.total, unit: self.unit, note: &self.note }
    }
}

impl ProgressBar {
    /// Short steps show nothing.
    const PATIENCE: Duration = Duration::from_millis(400);
    const PAUSE: Duration = Duration::from_millis(100);

    /// A bar that is not shown yet; `id` must be its own within the notebook.
    pub fn new(output: &Output, id: String) -> Self {
        let start = Instant::now();
        Self {
            output: output.clone(),
            id,
            start,
            last_shown: None,
            step_start: start,
            latest: None,
            is_shown: false,
        }
    }

    /// Takes in a report, and shows it when it is time.
    pub fn report(&mut self, report: &StepReport<'_>) {
        let state = State::of(report);
        if self.latest.as_ref().is_some_and(|latest| latest.step != state.step) {
            self.step_start = Instant::now();
        }
        if self.latest.as_ref() != Some(&state) {
            self.is_shown = false;
            self.latest = Some(state);
        }
        let is_due = match self.last_shown {
            None => self.start.elapsed() >= Self::PATIENCE,
            Some(last) => last.elapsed() >= Self::PAUSE,
        };
        if is_due {
            self.show();
        }
    }

    /// Shows the last state, where anything was shown before.
    pub fn finish(&mut self) {
        if self.last_shown.is_some() {
            self.show();
        }
    }

    fn show(&mut self) {
        let Some(state) = self.latest.as_ref().filter(|_| !self.is_shown) else { return };
        let shown = shown(&state.report(), self.step_start.elapsed().as_secs_f64());
        let bundle = MimeBundle::text(&shown.text).with("text/html", shown.html);
        if self.last_shown.is_some() {
            self.output.update_display(&self.id, &bundle);
        } else {
            self.output.display_with_id(&self.id, &bundle);
        }
        self.last_shown = Some(Instant::now());
        self.is_shown = true;
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        self.finish();
    }
}

/// `37 % of reading ttH.root: 370000 of 1000000 events, 410 k/s, 5 s left, loss 0.31`.
fn shown(report: &StepReport<'_>, seconds: f64) -> Shown {
    let rate = report.done as f64 / seconds.max(1e-3);
    let mut facts = match report.total {
        Some(total) => format!("{} of {total} {}", report.done, report.unit.name()),
        None => format!("{} {}", report.done, report.unit.name()),
    };
    // Writing to a String cannot fail.
    if rate >= 1000.0 {
        let _ = write!(facts, ", {:.0} k/s", rate / 1000.0);
    }
    if let Some(total) = report.total
        && report.done > 0
        && report.done < total
    {
        let _ = write!(facts, ", {:.0} s left", (total - report.done) as f64 / rate.max(1e-9));
    }
    if !report.note.is_empty() {
        let _ = write!(facts, ", {}", report.note);
    }
    let (step, facts) = (report.step, facts);
    match report.total.filter(|total| *total > 0) {
        Some(total) => {
            let percent = 100.0 * report.done as f64 / total as f64;
            Shown {
                text: format!("{percent:.0} % of {step}: {facts}"),
                html: format!(
                    "<div><progress value=\"{}\" max=\"{total}\" style=\"width:20em\"></progress> {percent:.0} % {}: \
                     {}</div>",
                    report.done,
                    escape_html(step),
                    escape_html(&facts)
                ),
            }
        }
        None => Shown {
            text: format!("{step}: {facts}"),
            html: format!("<div>{}: {}</div>", escape_html(step), escape_html(&facts)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_shown_once_and_the_last_one_always() {
        let (output, recording) = Output::recorded();
        let mut bar = ProgressBar::new(&output, "bar".into());
        let report =
            |done| StepReport { step: "reading", done, total: Some(3), unit: Unit::Events, note: "" };
        bar.report(&report(0));
        assert_eq!(recording.take().len(), 0, "short steps show nothing");
        std::thread::sleep(ProgressBar::PATIENCE);
        (0..5).for_each(|_| bar.report(&report(0)));
        std::thread::sleep(ProgressBar::PAUSE);
        bar.report(&report(0));
        assert_eq!(recording.take().len(), 1);
        (0..50).for_each(|_| bar.report(&report(3)));
        bar.finish();
        drop(bar);
        let messages = recording.take();
        assert_eq!(messages.len(), 1, "{messages:?}");
        let text = messages[0].1["data"]["text/plain"].as_str().unwrap();
        assert!(text.starts_with("100 % of reading: 3 of 3 events"), "{text}");
    }

    #[test]
    fn what_is_said() {
        let report = |done, total, note| StepReport {
            step: "reading a<b.root",
            done,
            total,
            unit: Unit::Events,
            note,
        };
        assert_eq!(
            shown(&report(500_000, Some(1_000_000), "loss 0.31"), 2.0).text,
            "50 % of reading a<b.root: 500000 of 1000000 events, 250 k/s, 2 s left, loss 0.31"
        );
        assert_eq!(shown(&report(7, None, ""), 2.0).text, "reading a<b.root: 7 events");
        let html = shown(&report(10, Some(10), ""), 2.0).html;
        assert!(html.contains("value=\"10\" max=\"10\"") && html.contains("a&lt;b.root"), "{html}");
        assert_eq!(shown(&report(0, Some(0), ""), 0.0).text, "reading a<b.root: 0 of 0 events");
    }
}
