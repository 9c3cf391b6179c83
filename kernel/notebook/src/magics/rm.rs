//! `%rm`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use hub_client::hub_api::SharedUri;
use hub_client::{HubError, SharedNames};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "rm",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Delete files and folders of a workspace.",
    details: "They go into the trash of the workspace, from which its page brings them back. Patterns mean what they mean for %get; \
              %ls shows it beforehand. Files of this machine are deleted with %bash.",
    free: Free::Words { name: "shared://GROUP/PATH", kinds: &[ValueKind::File], least: 1, most: None },
    options: &[],
    examples: &["%rm shared://higgs/old.root", "%rm shared://higgs/data/*.root shared://higgs/models/"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: HubError| MagicError::hub(&error);
    let names = call.arguments.free.iter().map(|name| name.parse().map_err(HubError::from));
    let names: Vec<SharedNames> = names.collect::<Result<_, _>>().map_err(problem)?;
    let hub = context.hub()?;
    let mut tell = |name: &SharedUri| context.line(&format!("{name}: in the trash"));
    let mut failed = hub.remove(&names, &mut tell).map_err(problem)?;
    // The last one is the error of the cell.
    let Some(last) = failed.pop() else { return Ok(()) };
    for error in failed {
        context.output.stderr(&format!("{error}\n"));
    }
    Err(problem(last))
}
