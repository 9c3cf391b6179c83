//! `%config`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "config",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "Show the settings, or change one.",
    details: "%config NAME VALUE sets one.",
    free: Free::Text { name: "NAME VALUE", kind: ValueKind::Setting, is_needed: false },
    options: &[],
    examples: &["%config plot.format png", "%config"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let text = call.arguments.text();
    let (name, value) = match text.split_once(|letter: char| letter == '=' || letter.is_whitespace()) {
        Some((name, value)) => {
            (name.trim(), Some(value.trim_start_matches([' ', '=']).trim_matches(['"', '\''])))
        }
        None => (text, None),
    };
    if let Some(value) = value {
        context.session.settings.set(name, value)?;
    }
    let mut table = TextTable::new(&["setting", "value", "meaning"]);
    for (own, value, help) in context.session.settings.all() {
        if name.is_empty() || own == name {
            table.row(vec![own.to_string(), value, help.to_string()]);
        }
    }
    if table.n_rows() == 0 {
        // Answers with the nearest names.
        context.session.settings.set(name, "")?;
    }
    context.show_table("", &table);
    Ok(())
}
