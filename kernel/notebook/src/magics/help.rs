//! `%help`.

use crate::arguments::{Form, Free, ValueKind, help_line, help_text};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use std::fmt::Write as _;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "help",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "List all magics, or explain one.",
    details: "",
    free: Free::Words { name: "MAGIC", kinds: &[ValueKind::Magic], least: 0, most: Some(1) },
    options: &[],
    examples: &["%help", "%help hist"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    if let Some(name) = call.arguments.free.first() {
        context.show_text(&help_text(super::find(name.trim_start_matches('%'))?));
        return Ok(());
    }
    context.show_text(&overview());
    Ok(())
}

fn overview() -> String {
    let lines: Vec<(Group, String, &str)> = super::ALL
        .iter()
        .map(|magic| {
            let (usage, summary) = help_line(magic);
            (magic.group, usage.replace(" [OPTIONS]", ""), summary)
        })
        .collect();
    let width = lines.iter().map(|(_, usage, _)| usage.chars().count()).max().unwrap_or(0);
    let mut text = String::from(
        "%NAME? explains one. Tab completes names, options, files and branches; Shift-Tab explains a branch.\n",
    );
    // Writing to a String cannot fail.
    for group in Group::ALL {
        let _ = write!(text, "\n{}\n", group.title());
        for (_, usage, summary) in lines.iter().filter(|(own, ..)| *own == group) {
            let _ = writeln!(text, "  {usage:<width$}  {summary}");
        }
    }
    text
}
