//! `%env`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
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
        let value = if is_secret(&name) { "(not shown)".to_string() } else { value };
        table.row(vec![name, value]);
    }
    if table.n_rows() == 0 {
        return Err(MagicError::new("EnvError", format!("{text} is not set")));
    }
    context.show_table("", &table);
    Ok(())
}

/// Whether the value of a variable must not be seen.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    ["TOKEN", "SECRET", "PASSW", "CREDENTIAL", "COOKIE", "KEYFILE"].iter().any(|word| name.contains(word))
        || ["_KEY", "_PAT"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn tokens_are_secret() {
        assert!(is_secret("JUPYTERHUB_API_TOKEN") && is_secret("db_password") && is_secret("GITHUB_PAT"));
        assert!(!is_secret("PATH") && !is_secret("JUPYTERHUB_USER"));
    }
}
