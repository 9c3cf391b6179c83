//! `%cut`.

use super::define::said;
use crate::arguments::{Form, Free, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::{Context, watch};
use event_selection::{CutFlow, Selection};
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "cut",
    aliases: &["cuts"],
    form: Form::Both,
    group: Group::Selection,
    summary: "Keep the events that pass a condition, and show what every cut leaves.",
    details: "One condition a line. Everything after it sees only the events that pass; a sample that lacks a branch \
              of the condition is taken without it, which is said. Without a condition the cut flow is shown again.",
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
            None => {
                return Err(MagicError::new("NothingToUndo", "there is no definition and no cut")
                    .advise("%who lists what there is."));
            }
        }
    }
    if !text.trim().is_empty() {
        let left_out = context.session.add_steps(&text)?;
        context.say_left_out(&left_out);
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
    let selection = context.session.steps.selection();
    context.show_table("", &table(&selection, &flows));
    Ok(())
}

/// Cuts as rows, samples as columns: events left, and their part of all; `-` where a cut does not hold for a sample.
fn table(selection: &Selection, flows: &[(String, CutFlow)]) -> TextTable {
    let mut heading = vec!["cut".to_string()];
    for (sample, _) in flows {
        heading.extend([format!(">{sample}"), ">% of all".to_string()]);
    }
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    let mut table = TextTable::new(&heading);
    let cells = |flow: &CutFlow, n_left: Option<u64>| {
        let part = |n_left: u64| 100.0 * n_left as f64 / flow.n_events.max(1) as f64;
        n_left.map_or(["-".to_string(), "-".to_string()], |n_left| {
            [n_left.to_string(), format!("{:.2}", part(n_left))]
        })
    };
    let mut row = vec!["all events".to_string()];
    row.extend(flows.iter().flat_map(|(_, flow)| cells(flow, Some(flow.n_events))));
    table.row(row);
    // The cuts of a sample are some of all cuts, in their order.
    let mut rest: Vec<_> = flows.iter().map(|(_, flow)| flow.rows.iter().peekable()).collect();
    for cut in selection.cut_names() {
        let mut row = vec![cut.to_string()];
        for ((_, flow), rest) in flows.iter().zip(&mut rest) {
            row.extend(cells(flow, rest.next_if(|row| row.name == cut).map(|row| row.n_left)));
        }
        table.row(row);
    }
    table
}
