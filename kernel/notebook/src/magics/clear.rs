//! `%clear`.

use crate::arguments::{Form, Free, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "clear",
    aliases: &["clear_output"],
    form: Form::Line,
    group: Group::Session,
    summary: "Clear what this cell has shown so far.",
    details: "",
    free: Free::None,
    options: &[switch("--wait", "Only when something new comes.")],
    examples: &["%clear --wait"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    context.output.clear(call.arguments.has("--wait"));
    Ok(())
}
