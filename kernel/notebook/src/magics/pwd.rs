//! `%pwd`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "pwd",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "Show the folder from which file names count.",
    details: "",
    free: Free::None,
    options: &[],
    examples: &[],
    action: Action::Session(run),
};

fn run(_call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    context.line(&std::env::current_dir()?.display().to_string());
    Ok(())
}
