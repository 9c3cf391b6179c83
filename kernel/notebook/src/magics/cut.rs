//! `%cut`.

use super::define::{said, tables};
use crate::arguments::{Form, Free, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::{Context, watch};
use event_selection::CutFlow;
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "cut",
    aliases: &["cuts"],
    form: Form::Both,
    group: Group::Selection,
    summary: "Keep the events that pass a condition, and show what every cut leaves.",
    details: "One condition a line. Everything after it sees only the events that pass. Without a condition the cut \
              flow is shown again.",
    free: Free::Text { name: "CONDITION", kind: ValueKind::Expression, is_needed: false },
    options: &[
        switch("--undo", "Take back the last definition or cut."),
        switch("--clear", "Take back all definitions and cuts."),
        switch("--quiet", "Do not count the events."),
        option("--sample", "NAMES", ValueKind::Sample, "Count only these samples, with commas."),
    ],
    examples: &["%cut ht > 200 and count(Jet_pt > 30) >= 4", "%cut", "%cut --undo"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let text = said(call);
    if call.arguments.has("--clear") {
        context.session.steps.clear();
        context.line("all definitions and cuts are taken back");
    } else if call.arguments.has("--undo") {
        match context.session.steps.undo() {
            Some(line) => context.line(&format!("taken back: {line}")),
            None => return Err(MagicError::new("NothingToUndo", "there is no definition and no cut")),
        }
    }
    if !text.trim().is_empty() {
        let tables = tables(context.session);
        context.session.steps.add(&text, &tables)?;
        context.session.history.push(format!("cut {}", text.trim()));
    }
    if call.arguments.has("--quiet") || context.session.samples.is_empty() {
        return Ok(());
    }
    let samples = call.arguments.values("--sample").to_vec();
    let flows = {
        let mut bar = context.progress();
        let mut on_progress = watch(&mut bar, context.output);
        context.session.cut_flows(&samples, &mut on_progress).map_err(|error| match error.name {
            "Interrupted" => {
                MagicError::interrupted("the counting was stopped; the cut holds (%cut --undo takes it back)")
            }
            _ => error,
        })?
    };
    context.show_table("", &table(&flows));
    Ok(())
}

/// Cuts as rows, samples as columns: events left, and the part of the row before.
fn table(flows: &[(String, CutFlow)]) -> TextTable {
    let mut heading = vec!["cut".to_string()];
    for (sample, _) in flows {
        heading.extend([format!(">{sample}"), ">% of all".to_string()]);
    }
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    let mut table = TextTable::new(&heading);
    let row = |name: &str, left: &dyn Fn(&CutFlow) -> u64| {
        let mut cells = vec![name.to_string()];
        for (_, flow) in flows {
            let n_left = left(flow);
            let part = if flow.n_events == 0 { 0.0 } else { 100.0 * n_left as f64 / flow.n_events as f64 };
            cells.extend([n_left.to_string(), format!("{part:.2}")]);
        }
        cells
    };
    table.row(row("all events", &|flow| flow.n_events));
    let Some((_, first)) = flows.first() else { return table };
    for (at, cut) in first.rows.iter().enumerate() {
        table.row(row(&cut.name, &|flow| flow.rows.get(at).map_or(0, |row| row.n_left)));
    }
    table
}
