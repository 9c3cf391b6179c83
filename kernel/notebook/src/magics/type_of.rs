//! `%type`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "type",
    aliases: &[],
    form: Form::Line,
    group: Group::Rust,
    summary: "Say the type of a Rust variable.",
    details: "",
    free: Free::Text { name: "NAME", kind: ValueKind::RustVariable, is_needed: true },
    options: &[],
    examples: &["%type x"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    super::dep::command(context, &format!(":type {}", call.arguments.text()))
}
