//! `%memory`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use text_table::{TextTable, human_bytes};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "memory",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "Say how much memory is in use, and how much there may be.",
    details: "",
    free: Free::None,
    options: &[],
    examples: &[],
    action: Action::Session(run),
};

fn run(_call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let mut table = TextTable::new(&["what", ">bytes"]);
    for (name, key) in [("kernel, resident", "VmRSS"), ("kernel, at most so far", "VmHWM")] {
        if let Some(n_bytes) = of_process(key) {
            table.row(vec![name.into(), human_bytes(n_bytes)]);
        }
    }
    let budget = context.session.settings.memory_budget_bytes as u64;
    table.row(vec!["decoded branches kept for a sample, at most".into(), human_bytes(budget)]);
    if let Some(limit) = context.session.memory.limit_bytes() {
        table.row(vec!["limit of this server (MEM_LIMIT)".into(), human_bytes(limit)]);
    }
    context.show_table("", &table);
    Ok(())
}

/// A line of `/proc/self/status`, in bytes.
fn of_process(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(key))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
