//! `%show`.

use crate::arguments::{Form, Free, ValueKind, option};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::{Sample, joined};
use event_columns::{EventChunk, EventTable, ReadError, read_chunk_unless};
use text_table::TextTable;
use training_pipeline::name_list;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "show",
    aliases: &["head"],
    form: Form::Line,
    group: Group::Data,
    summary: "Show the first events that pass the cuts; lists as lists.",
    details: "Patterns such as Jet_* choose branches; without any, all are shown. New branches are shown too.",
    free: Free::Words { name: "BRANCH", kinds: &[ValueKind::Branch], least: 0, most: None },
    options: &[
        option("--events", "N", ValueKind::Count, "How many events; 10 by default."),
        option("--from", "ENTRY", ValueKind::Count, "The first entry that is looked at."),
        option("--sample", "NAME", ValueKind::Sample, "Of which sample; the first one by default."),
        option("--values", "N", ValueKind::Count, "Most values of a list; 6 by default."),
    ],
    examples: &["%show", "%show Jet_pt met --events 20"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let wanted: Vec<String> = call.arguments.values("--sample").to_vec();
    let sample = context.session.chosen(&wanted)?[0];
    let n_events = call.arguments.count("--events").unwrap_or(10).min(10_000);
    let from = call.arguments.count("--from").unwrap_or(0) as u64;
    let n_values = call.arguments.count("--values").unwrap_or(6);
    let first = of_sample(context, sample, &call.arguments.free, from, n_events)?;
    let rows: TextTable = crate::show::event_rows(&first.chunk, Some(&first.entries), n_values);
    let caption = format!("{}: events {from} to {} were looked at", sample.name, first.looked_at.max(from));
    context.show_table(&caption, &rows);
    Ok(())
}

struct FirstEvents {
    chunk: EventChunk,
    entries: Vec<u64>,
    looked_at: u64,
}

/// The first events of the files of a sample, which are counted through.
fn of_sample(
    context: &Context<'_>,
    sample: &Sample,
    patterns: &[String],
    from: u64,
    n_events: usize,
) -> Result<FirstEvents, MagicError> {
    let (mut parts, mut entries, mut looked_at, mut start) = (Vec::new(), Vec::new(), 0, 0);
    for table in &sample.tables {
        let end = start + table.info().n_entries;
        let is_last = end == sample.n_entries();
        if entries.len() < n_events && (from < end || is_last) {
            let n_wanted = n_events - entries.len();
            let first =
                first_events(context, sample, &**table, patterns, from.saturating_sub(start), n_wanted)?;
            entries.extend(first.entries.iter().map(|entry| start + entry));
            looked_at = start + first.looked_at;
            parts.push(first.chunk);
        }
        start = end;
    }
    Ok(FirstEvents { chunk: joined(parts)?, entries, looked_at })
}

/// Reads on in growing blocks until enough events have passed.
fn first_events(
    context: &Context<'_>,
    sample: &Sample,
    table: &dyn EventTable,
    patterns: &[String],
    from: u64,
    n_events: usize,
) -> Result<FirstEvents, MagicError> {
    let input = |error: &dyn std::error::Error| MagicError::input(error);
    let info = table.info();
    let selection = context.session.selection_of(sample)?.without_drops();
    let checked = selection.check(&info.readable_branches()).map_err(|error| input(&error))?;
    let names: Vec<String> = checked.output_branches().iter().map(|(name, _)| name.to_string()).collect();
    crate::session::BranchChoice::check_patterns(patterns, &names)?;
    let is_shown =
        |name: &str| patterns.is_empty() || patterns.iter().any(|pattern| name_list::fits(pattern, name));
    let branches: Vec<usize> = (0..info.branches.len())
        .filter(|at| info.branches[*at].column_type.is_ok())
        .filter(|at| {
            is_shown(&info.branches[*at].name) || checked.branches_read().contains(&info.branches[*at].name)
        })
        .collect();
    let (mut parts, mut entries) = (Vec::new(), Vec::new());
    let mut position = from.min(info.n_entries);
    let mut n_per_block = (n_events as u64).max(100);
    loop {
        let end = info.n_entries.min(position.saturating_add(n_per_block));
        let needed = crate::session::decoded_bytes_of(info, &branches, end.saturating_sub(position));
        crate::notebook::warn(
            context.output,
            context.session.memory.ask(needed, &format!("looking through {}", info.source))?,
        );
        let is_stopped = || context.output.is_interrupted();
        let chunk =
            read_chunk_unless(table, &branches, position..end, &is_stopped).map_err(|error| match error {
                ReadError::Stopped => stopped(entries.len(), position),
                error => input(&error),
            })?;
        let selected = checked.apply(chunk).map_err(|error| input(&error))?;
        let n_kept = selected.kept.len().min(n_events - entries.len());
        let mut shown = EventChunk::new(position, n_kept);
        for (name, column) in selected.chunk.columns().filter(|(name, _)| is_shown(name)) {
            shown.set(name.clone(), column.slice(0..n_kept));
        }
        parts.push(shown);
        entries.extend(selected.kept[..n_kept].iter().map(|kept| position + u64::from(*kept)));
        if entries.len() >= n_events || end >= info.n_entries {
            return Ok(FirstEvents { chunk: joined(parts)?, entries, looked_at: end });
        }
        if is_stopped() {
            return Err(stopped(entries.len(), end));
        }
        position = end;
        n_per_block = (n_per_block * 4).min(info.entries_within(&branches, MOST_BYTES));
    }
}

/// Blocks of events are not larger than this after decoding.
const MOST_BYTES: u64 = 32 << 20;

fn stopped(n_found: usize, position: u64) -> MagicError {
    MagicError::interrupted(format!("stopped at entry {position}; {n_found} events had passed the cuts"))
        .advise("%cut shows what each cut leaves; %show --from ENTRY goes on from there.")
}
