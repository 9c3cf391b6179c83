//! `%lsmagic`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "lsmagic",
    aliases: &[],
    form: Form::Line,
    group: Group::Session,
    summary: "List the names of all magics.",
    details: "",
    free: Free::None,
    options: &[],
    examples: &[],
    action: Action::Session(run),
};

fn run(_call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let names = |is_wanted: fn(Form) -> bool, marks: &str| {
        let magics = super::ALL.iter().filter(|magic| is_wanted(magic.form));
        magics.map(|magic| format!("{marks}{}", magic.name)).collect::<Vec<_>>().join(" ")
    };
    context.line(&names(|form| form != Form::Cell, "%"));
    context.line(&names(|form| form != Form::Line, "%%"));
    Ok(())
}
