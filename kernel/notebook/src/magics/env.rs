//! `%env`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use secrets::{HIDDEN, is_secret};
use std::collections::BTreeMap;
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "env",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "Show the environment, without tokens and passwords, or set a variable.",
    details: "%env NAME=VALUE (or %env NAME VALUE) holds for what is started from now on: scripts (%%bash, !) and the \
              training worker. The kernel itself and Rust cells, which run already, do not see it.",
    free: Free::Text { name: "NAME=VALUE", kind: ValueKind::Variable, is_needed: false },
    options: &[],
    examples: &["%env PATH", "%env CUDA_VISIBLE_DEVICES=0"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let text = call.arguments.text();
    if let Some((name, value)) = assignment(text) {
        return set(name, value, context);
    }
    let mut table = TextTable::new(&["variable", "value"]);
    // Changing the environment of a running program with several threads is unsound: what was set is kept beside it.
    let mut all: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    all.extend(context.session.environment.clone());
    for (name, value) in all.into_iter().filter(|(name, _)| text.is_empty() || name == text) {
        let value = if is_secret(&name) { HIDDEN.to_string() } else { value };
        table.row(vec![name, value]);
    }
    if table.n_rows() == 0 {
        return Err(MagicError::new("EnvError", format!("{text} is not set"))
            .advise(format!("Set it: %env {text}=VALUE; %env alone lists all.")));
    }
    context.show_table("", &table);
    Ok(())
}

/// Name and value of `NAME=VALUE` or `NAME VALUE`; nothing where only a name stands.
pub(super) fn assignment(text: &str) -> Option<(&str, &str)> {
    let at = text.find(|letter: char| letter == '=' || letter.is_whitespace())?;
    let (name, rest) = text.split_at(at);
    let rest = rest.trim_start();
    let value = rest.strip_prefix('=').unwrap_or(rest).trim();
    let quoted = ['"', '\''].into_iter().find_map(|mark| value.strip_prefix(mark)?.strip_suffix(mark));
    Some((name, quoted.unwrap_or(value)))
}

fn set(name: &str, value: &str, context: &mut Context<'_>) -> Result<(), MagicError> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.is_empty() || !name.chars().all(is_name) || value.contains('\0') {
        return Err(MagicError::new("EnvError", format!("`{name}` is no name of a variable"))
            .advise("Write %env NAME=VALUE, the name in letters, digits and _."));
    }
    context.session.environment.insert(name.to_string(), value.to_string());
    let shown = if is_secret(name) { HIDDEN } else { value };
    context.line(&format!("env: {name}={shown}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::assignment;

    #[test]
    fn both_ways_to_set_a_variable() {
        let check = |text, expected| assert_eq!(assignment(text), expected, "{text}");
        check("A=b c", Some(("A", "b c")));
        check("A b", Some(("A", "b")));
        check("A = b", Some(("A", "b")));
        check("A='b=c'", Some(("A", "b=c")));
        check("A=", Some(("A", "")));
        check("A", None);
    }
}
