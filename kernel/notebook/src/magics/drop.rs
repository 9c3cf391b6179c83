//! `%drop`.

use super::select::add_patterns;
use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "drop",
    aliases: &[],
    form: Form::Line,
    group: Group::Selection,
    summary: "Name branches that models must not use.",
    details: "* stands for any text. Without names, what holds now is shown. Pictures and cuts may use any branch all the \
              same.",
    free: Free::Words { name: "BRANCH", kinds: &[ValueKind::Branch], least: 0, most: None },
    options: &[switch("--clear", "Forget what was dropped before.")],
    examples: &["%drop run event *_phi", "%drop --clear"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    add_patterns(call, context, "drop", |branches| &mut branches.dropped)
}
