//! `%vars`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "vars",
    aliases: &[],
    form: Form::Line,
    group: Group::Rust,
    summary: "List the variables of the Rust cells.",
    details: "",
    free: Free::None,
    options: &[],
    examples: &[],
    action: Action::Session(run),
};

fn run(_call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let variables = context.rust.map(crate::RustEngine::variables).unwrap_or_default();
    let mut table = TextTable::new(&["variable", "type"]);
    for (name, type_name) in variables {
        table.row(vec![name, type_name]);
    }
    context.show_table(&format!("{} Rust variables", table.n_rows()), &table);
    Ok(())
}
