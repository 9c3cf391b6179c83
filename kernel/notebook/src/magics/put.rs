//! `%put`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::go_on_unless;
use event_columns::{GoOn, StepReport, Unit};
use hub_client::hub_api::SharedUri;
use hub_client::{Condition, HubError, Progress, UploadOptions};
use std::path::Path;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "put",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Upload a file into a workspace.",
    details: "It is there whole or not at all. What is there under this name becomes an older version. An upload that was \
              stopped goes on where it was when it is called again.",
    free: Free::Words {
        name: "FILE shared://GROUP/PATH",
        kinds: &[ValueKind::File],
        least: 2,
        most: Some(2),
    },
    options: &[switch("--no-overwrite", "Refuse a name that is there already.")],
    examples: &["%put higgs.mlaas4hep shared://higgs/models/"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: HubError| MagicError::hub(&error);
    let [from, to] = call.arguments.free.as_slice() else {
        return Err(MagicError::new(
            "ArgumentError",
            "%put needs a file and a place: %put FILE shared://GROUP/",
        ));
    };
    let to = target(to, Path::new(from))?;
    let hub = context.session.shared.hub().map_err(problem)?;
    let condition = if call.arguments.has("--no-overwrite") { Condition::IfAbsent } else { Condition::Any };
    let made_by = Some(concat!("mlaas4hep-kernel ", env!("CARGO_PKG_VERSION")).to_string());
    let options = UploadOptions { condition, made_by };
    let mut watch = watch(context);
    let entry = hub.upload(Path::new(from), &to, &options, &mut watch).map_err(problem)?;
    drop(watch);
    context.line(&format!("{from} -> {to}, version {}", entry.version));
    context.session.history.push(format!("uploaded {from} as {to}"));
    Ok(())
}

/// Where a file goes: into a folder under its own name, or under the name that was said.
fn target(to: &str, from: &Path) -> Result<SharedUri, MagicError> {
    let name = from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    SharedUri::of_upload(to, &name, false).map_err(|error| MagicError::hub(&HubError::from(error)))
}

/// Shows how far a transfer has come, until the cell is interrupted.
pub(super) fn watch(context: &mut Context<'_>) -> impl FnMut(Progress) -> GoOn {
    let mut bar = context.progress();
    let output = context.output;
    move |progress: Progress| {
        bar.report(&StepReport {
            step: progress.step.words(),
            done: progress.done_bytes,
            total: Some(progress.total_bytes),
            unit: Unit::Bytes,
            note: "",
        });
        go_on_unless(output.is_interrupted())
    }
}
