//! `%time`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::{CellRunner, shown};
use jupyter_kernel::CellError;
use std::time::Instant;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "time",
    aliases: &[],
    form: Form::Both,
    group: Group::Session,
    summary: "Run a line or a cell and say how long it took.",
    details: "",
    free: Free::Text { name: "LINE", kind: ValueKind::Line, is_needed: false },
    options: &[],
    examples: &["%time %hist met", "%%time\nlet x = 1;"],
    action: Action::Cells(run),
};

fn run(call: &Invocation, runner: &CellRunner<'_>) -> Result<(), CellError> {
    let text = code(call)?;
    let start = Instant::now();
    let result = runner.run(&text);
    let seconds = start.elapsed().as_secs_f64();
    let n_events = runner.n_events();
    let rate = if n_events > 0 {
        format!(", {:.3} M events of all samples a second", n_events as f64 / seconds / 1e6)
    } else {
        String::new()
    };
    runner.output.stdout(&format!("{}{rate}\n", human_seconds(seconds)));
    result
}

/// What is to be timed: the line, or the cell below.
pub(super) fn code(call: &Invocation) -> Result<String, CellError> {
    let text = format!("{}\n{}", call.arguments.text(), call.body.as_deref().unwrap_or_default());
    if text.trim().is_empty() {
        let error = MagicError::new("ArgumentError", "there is nothing to time");
        return Err(shown(&error.advise("For example: %time %hist met")));
    }
    Ok(text.trim().to_string())
}

/// A time in three digits: `820 µs`, `1.25 ms`, `3.10 s`.
pub(super) fn human_seconds(seconds: f64) -> String {
    for (factor, unit) in [(1.0, "s"), (1e3, "ms"), (1e6, "µs")] {
        let value = seconds * factor;
        if value >= 1.0 || unit == "µs" {
            return if value >= 100.0 { format!("{value:.0} {unit}") } else { format!("{value:.2} {unit}") };
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::human_seconds;

    #[test]
    fn times() {
        assert_eq!(human_seconds(3.1), "3.10 s");
        assert_eq!(human_seconds(0.001_25), "1.25 ms");
        assert_eq!(human_seconds(0.000_82), "820 µs");
        assert_eq!(human_seconds(0.0), "0.00 µs");
    }
}
