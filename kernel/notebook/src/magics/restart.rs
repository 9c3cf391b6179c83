//! `%restart`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "restart",
    aliases: &[],
    form: Form::Line,
    group: Group::Rust,
    summary: "Start the engine of Rust cells anew; samples, cuts and models stay.",
    details: "Rust variables, functions, imports and crates are forgotten.",
    free: Free::None,
    options: &[],
    examples: &["%restart"],
    action: Action::Session(run),
};

fn run(_call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let rust = context.rust_engine()?;
    rust.restart();
    context.line(&format!("the engine of Rust cells: {}", rust.state()));
    Ok(())
}
