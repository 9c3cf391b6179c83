//! `%put`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::go_on_unless;
use event_columns::{GoOn, StepReport, Unit};
use hub_client::{Condition, Failures, HubError, Progress, UploadOptions, UploadPlan};
use std::path::PathBuf;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "put",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Upload files and folders into a workspace.",
    details: "A file is there whole or not at all. What is there under its name becomes an older version. An upload that was \
              stopped goes on where it was when it is called again; of more than one file what is there already is not sent \
              again, and one that fails does not keep the others.",
    free: Free::Words {
        name: "FILE... shared://GROUP/PATH",
        kinds: &[ValueKind::File],
        least: 2,
        most: None,
    },
    options: &[switch("--no-overwrite", "Refuse a name that is there already.")],
    examples: &["%put higgs.mlaas4hep shared://higgs/models/", "%put *.root plots shared://higgs/today/"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: HubError| MagicError::hub(&error);
    let Some((to, names)) = call.arguments.free.split_last().filter(|(_, names)| !names.is_empty()) else {
        let message = "%put needs a file and a place: %put FILE shared://GROUP/";
        return Err(MagicError::new("ArgumentError", message));
    };
    let names: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    let plan = UploadPlan::new(&names, to).map_err(problem)?;
    let hub = context.hub()?;
    plan.check_workspace(&hub).map_err(problem)?;
    let condition = if call.arguments.has("--no-overwrite") { Condition::IfAbsent } else { Condition::Any };
    let made_by = Some(concat!("mlaas4hep-kernel ", env!("CARGO_PKG_VERSION")).to_string());
    let options = UploadOptions { condition, made_by, keeps_equal: plan.keeps_equal() };
    for folder in &plan.empty_folders {
        hub.make_folder(folder).map_err(problem)?;
    }
    let mut failures = Failures::among(plan.files.len());
    for file in &plan.files {
        let mut watch = watch(context);
        let sent = hub.upload(&file.here, &file.afar, &options, &mut watch);
        drop(watch);
        match failures.note(sent).map_err(problem)? {
            Ok(sent) => {
                context.line(&sent.line(file));
                context.session.history.push(format!("uploaded {} as {}", file.here.display(), file.afar));
            }
            Err(words) => context.output.stderr(&format!("{words}\n")),
        }
    }
    failures.end().map_err(problem)
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
