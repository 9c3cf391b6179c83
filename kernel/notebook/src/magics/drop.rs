//! `%drop`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::{BranchChoice, Vocabulary};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "drop",
    aliases: &[],
    form: Form::Line,
    group: Group::Selection,
    summary: "Name branches that models must not use.",
    details: "* stands for any text. Without names, what holds now is shown. Pictures and cuts may use any branch all the \
              same.",
    free: Free::Words { name: "BRANCH", kind: ValueKind::Branch, least: 0, most: None },
    options: &[switch("--clear", "Forget what was dropped before.")],
    examples: &["%drop run event *_phi", "%drop --clear"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    if call.arguments.has("--clear") {
        context.session.branches.dropped.clear();
    }
    let vocabulary = Vocabulary::of(context.session);
    let names: Vec<String> = vocabulary.branches.iter().map(|branch| branch.name.to_string()).collect();
    BranchChoice::check_patterns(&call.arguments.free, &names)?;
    let own = &mut context.session.branches.dropped;
    own.extend(call.arguments.free.iter().filter(|name| !own.contains(name)).cloned().collect::<Vec<_>>());
    context.session.history.push(format!("drop {}", call.line));
    let features: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| context.session.branches.takes(name)).collect();
    context.line(&format!(
        "{} of {} branches are features: {}",
        features.len(),
        names.len(),
        features.join(" ")
    ));
    Ok(())
}
