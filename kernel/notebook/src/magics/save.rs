//! `%save`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use std::path::Path;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "save",
    aliases: &[],
    form: Form::Line,
    group: Group::Learning,
    summary: "Save the trained model as one file, with everything that prediction needs.",
    details: "FILE may be shared://GROUP/path. docs/model-format.md describes it; mlaas4hep predict, the service and %load take it.",
    free: Free::Words { name: "FILE", kinds: &[ValueKind::File], least: 1, most: Some(1) },
    options: &[],
    examples: &["%save higgs.mlaas4hep"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let trained = context.trained()?;
    let path = call.arguments.text();
    let output =
        context.session.opener.output(Path::new(path)).map_err(|error| MagicError::output(&error))?;
    trained.model.save(output.path()).map_err(|error| MagicError::output(&error))?;
    output.publish().map_err(|error| MagicError::output(&error))?;
    context.line(&format!("wrote {path}"));
    context.session.history.push(format!("saved the model as {path}"));
    Ok(())
}
