//! `%who`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "who",
    aliases: &["whos"],
    form: Form::Line,
    group: Group::Session,
    summary: "List what this session holds: samples, branches, cuts, models, Rust variables.",
    details: "",
    free: Free::None,
    options: &[],
    examples: &[],
    action: Action::Session(run),
};

fn run(_call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let mut table = TextTable::new(&["name", "what", "value"]);
    let session = &*context.session;
    for sample in &session.samples {
        table.row(vec![sample.name.clone(), "sample".into(), format!("{} events", sample.n_entries())]);
    }
    for statement in session.steps.statements() {
        let new = statement.selection.new_branches().next().map(String::from);
        let what = if new.is_some() { "branch" } else { "cut" };
        table.row(vec![new.unwrap_or_default(), what.into(), one_line(&statement.said)]);
    }
    for (name, value) in &session.parameters {
        table.row(vec![name.clone(), "parameter".into(), one_line(&value.to_string())]);
    }
    if let Some((_, text)) = &session.model {
        table.row(vec!["model".into(), "description".into(), one_line(text)]);
    }
    if let Some(trained) = &session.trained {
        let headline = trained.report.as_ref().map_or_else(String::new, super::report::headline);
        table.row(vec!["trained".into(), "model".into(), headline]);
    }
    for (name, type_name) in context.rust.map(crate::RustEngine::variables).unwrap_or_default() {
        table.row(vec![name, "Rust".into(), type_name]);
    }
    if table.n_rows() == 0 {
        context.line("nothing yet; open a file: %open FILE");
    } else {
        context.show_table("", &table);
    }
    Ok(())
}

/// The first letters of a text without its line breaks.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= 80 { line } else { line.chars().take(79).chain(['…']).collect() }
}
