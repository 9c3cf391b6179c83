//! `%define`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use event_selection::{Selection, Statement};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "define",
    aliases: &[],
    form: Form::Both,
    group: Group::Selection,
    summary: "Define new branches from others.",
    details: "One NAME = EXPRESSION a line. They are there for cuts, pictures and models from now on, in all samples \
              that have the branches. docs/selection.md explains the language; functions complete with Tab.",
    free: Free::Text { name: "NAME = EXPRESSION", kind: ValueKind::Expression, is_needed: false },
    options: &[],
    examples: &["%define ht = sum(Jet_pt)", "%%define\nht = sum(Jet_pt)\nn_b = count(Jet_btag > 0.8)"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let text = said(call);
    let n_before = context.session.steps.lines().len();
    let statements = Selection::statements(&text).map_err(|error| MagicError::selection(&error))?;
    let defines = |statement: &&Statement| statement.selection.new_branches().next().is_some();
    if let Some(statement) = statements.iter().find(|statement| !defines(statement)) {
        return Err(MagicError::new("ArgumentError", format!("`{}` defines nothing", statement.said))
            .advise("Write NAME = EXPRESSION; cuts are %cut EXPRESSION."));
    }
    let left_out = context.session.add_steps(&text)?;
    let lines: Vec<String> = context.session.steps.lines().skip(n_before).map(String::from).collect();
    for line in &lines {
        context.line(line);
        context.session.history.push(format!("defined {line}"));
    }
    context.say_left_out(&left_out);
    Ok(())
}

/// The text of the line and of the lines below it.
pub(super) fn said(call: &Invocation) -> String {
    format!("{}\n{}", call.arguments.text(), call.body.as_deref().unwrap_or_default())
}
