//! `%dep`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "dep",
    aliases: &[],
    form: Form::Line,
    group: Group::Rust,
    summary: "Use a crate in the Rust cells.",
    details: "As in a Cargo.toml.",
    free: Free::Text { name: "CRATE", kind: ValueKind::Text, is_needed: true },
    options: &[],
    examples: &["%dep rand = \"0.9\""],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    command(context, &format!(":dep {}", call.arguments.text()))
}

/// Hands a command to the engine of Rust cells.
pub(super) fn command(context: &Context<'_>, line: &str) -> Result<(), MagicError> {
    let rust = context.rust_engine()?;
    rust.command(line, context.output).map_err(|error| {
        MagicError::new("RustError", error.value).advise(
            "Write it as in a Cargo.toml: %dep rand = \"0.9\"; mlaas4hep-kernel doctor looks at the engine.",
        )
    })
}
