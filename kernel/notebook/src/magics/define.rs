//! `%define`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::Session;
use event_columns::EventTable;
use std::sync::Arc;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "define",
    aliases: &[],
    form: Form::Both,
    group: Group::Selection,
    summary: "Define new branches from others.",
    details: "One NAME = EXPRESSION a line. They are there for cuts, pictures and models from now on, in all samples. \
              docs/selection.md explains the language; functions complete with Tab.",
    free: Free::Text { name: "NAME = EXPRESSION", kind: ValueKind::Expression, is_needed: false },
    options: &[],
    examples: &["%define ht = sum(Jet_pt)", "%%define\nht = sum(Jet_pt)\nn_b = count(Jet_btag > 0.8)"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let text = said(call);
    let n_before = context.session.steps.lines().len();
    let tables = tables(context.session);
    let is_definition = |line: &&str| {
        let head = line.split('#').next().unwrap_or_default();
        head.split_once('=').is_some_and(|(name, rest)| {
            !name.trim().is_empty() && !name.ends_with(['<', '>', '!']) && !rest.starts_with('=')
        })
    };
    if let Some(line) = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .find(|line| !is_definition(line))
    {
        return Err(MagicError::new("ArgumentError", format!("`{line}` defines nothing"))
            .advise("Write NAME = EXPRESSION; cuts are %cut EXPRESSION."));
    }
    context.session.steps.add(&text, &tables)?;
    let lines = context.session.steps.lines()[n_before..].to_vec();
    for line in &lines {
        context.line(line);
        context.session.history.push(format!("defined {line}"));
    }
    Ok(())
}

/// The text of the line and of the lines below it.
pub(super) fn said(call: &Invocation) -> String {
    format!("{}\n{}", call.arguments.text(), call.body.as_deref().unwrap_or_default())
}

/// The tables that a new line of the selection must fit: those of all samples that it holds for.
pub(super) fn tables(session: &Session) -> Vec<Arc<dyn EventTable>> {
    let samples = session.samples.iter().filter(|sample| sample.is_selected());
    samples.flat_map(|sample| sample.tables.iter().cloned()).collect()
}
