//! `%select`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::{BranchChoice, Vocabulary};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "select",
    aliases: &[],
    form: Form::Line,
    group: Group::Selection,
    summary: "Name the branches that models use; all others are no features.",
    details: "* stands for any text. Without names, what holds now is shown. Pictures and cuts may use any branch all the \
              same.",
    free: Free::Words { name: "BRANCH", kinds: &[ValueKind::Branch], least: 0, most: None },
    options: &[switch("--clear", "Forget what was selected before: all branches again.")],
    examples: &["%select Jet_* met ht", "%select --clear"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    add_patterns(call, context, "select", |branches| &mut branches.selected)
}

/// Adds the names of a call to one of the two lists of patterns, and says which branches are features now.
pub(super) fn add_patterns(
    call: &Invocation,
    context: &mut Context<'_>,
    verb: &str,
    list: fn(&mut BranchChoice) -> &mut Vec<String>,
) -> Result<(), MagicError> {
    if call.arguments.has("--clear") {
        list(&mut context.session.branches).clear();
    }
    let vocabulary = Vocabulary::of(context.session);
    let names: Vec<String> = vocabulary.branches.iter().map(|branch| branch.name.to_string()).collect();
    BranchChoice::check_patterns(&call.arguments.free, &names)?;
    let own = list(&mut context.session.branches);
    for name in &call.arguments.free {
        if !own.contains(name) {
            own.push(name.clone());
        }
    }
    context.session.history.push(format!("{verb} {}", call.line));
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
