//! `%env`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use secrets::is_secret;
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "env",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "Show the environment, without tokens and passwords.",
    details: "",
    free: Free::Text { name: "NAME", kind: ValueKind::Text, is_needed: false },
    options: &[],
    examples: &["%env PATH"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let text = call.arguments.text();
    if let Some((name, _)) = text.split_once('=') {
        // Changing the environment of a running program with several threads is unsound; the system offers no other way.
        return Err(MagicError::new("EnvError", format!("{name} cannot be set in a running kernel"))
            .advise("Set it for one script: %%bash, then export NAME=VALUE; or for the kernel: mlaas4hep-kernel install --env NAME VALUE."));
    }
    let mut table = TextTable::new(&["variable", "value"]);
    let mut all: Vec<(String, String)> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, _)| text.is_empty() || name == text)
        .collect();
    all.sort();
    for (name, value) in all {
        let value = if is_secret(&name) { secrets::HIDDEN.to_string() } else { value };
        table.row(vec![name, value]);
    }
    if table.n_rows() == 0 {
        return Err(MagicError::new("EnvError", format!("{text} is not set")));
    }
    context.show_table("", &table);
    Ok(())
}
