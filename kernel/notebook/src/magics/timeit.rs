//! `%timeit`.

use super::time::{code, human_seconds};
use crate::arguments::{Form, Free, ValueKind, option};
use crate::magic::{Action, Group, Invocation, MagicInfo};
use crate::notebook::CellRunner;
use jupyter_kernel::CellError;
use std::time::{Duration, Instant};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "timeit",
    aliases: &[],
    form: Form::Both,
    group: Group::Session,
    summary: "Run a line or a cell several times; fastest, median, and events a second.",
    details: "Until two seconds are over, three times at least.",
    free: Free::Text { name: "LINE", kind: ValueKind::Line, is_needed: false },
    options: &[option("--runs", "N", ValueKind::Count, "How many times.")],
    examples: &["%timeit %hist met"],
    action: Action::Cells(run),
};

/// Repetitions end when they took this long together.
const ENOUGH: Duration = Duration::from_secs(2);
const MOST_RUNS: usize = 1000;

fn run(call: &Invocation, runner: &CellRunner<'_>) -> Result<(), CellError> {
    let text = code(call)?;
    let wanted = call.arguments.count("--runs");
    let mut seconds: Vec<f64> = Vec::new();
    let start = Instant::now();
    loop {
        let one = Instant::now();
        runner.run(&text)?;
        seconds.push(one.elapsed().as_secs_f64());
        let is_enough = match wanted {
            Some(n_runs) => seconds.len() >= n_runs,
            None => seconds.len() >= MOST_RUNS || (seconds.len() >= 3 && start.elapsed() > ENOUGH),
        };
        if is_enough {
            break;
        }
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    let n_events = runner.n_events();
    let rate = if n_events > 0 {
        format!(", {:.3} M events/s", n_events as f64 / median / 1e6)
    } else {
        String::new()
    };
    runner.output.stdout(&format!(
        "{} runs: fastest {}, median {}, slowest {}{rate}\n",
        seconds.len(),
        human_seconds(seconds[0]),
        human_seconds(median),
        human_seconds(seconds[seconds.len() - 1])
    ));
    Ok(())
}
