//! `%get`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use hub_client::{DownloadOptions, DownloadPlan, Failures, HubError, SharedNames};
use std::path::Path;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "get",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Download files and folders of a workspace.",
    details: "Seldom needed: %open, %load and others read shared:// names as they are. A download that was stopped goes on \
              where it was; checksums are compared. Of more than one file what is here already is not fetched again, and one \
              that fails does not keep the others. In patterns `*` and `?` stand for other characters, `**` for any number of \
              folders; in names they are `%2A` and `%3F`. With a slash at its end only folders are meant.",
    free: Free::Words {
        name: "shared://GROUP/PATH [FILE]",
        kinds: &[ValueKind::File],
        least: 1,
        most: Some(2),
    },
    options: &[switch("--overwrite", "Replace files that are there.")],
    examples: &[
        "%get shared://higgs/models/higgs.mlaas4hep",
        "%get shared://higgs/a.root data/",
        "%get shared://higgs/data/*.root data/",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: HubError| MagicError::hub(&error);
    let Some(from) = call.arguments.free.first() else {
        return Err(MagicError::new("ArgumentError", "%get needs a name: %get shared://GROUP/path"));
    };
    let from: SharedNames = from.parse().map_err(|error| problem(HubError::from(error)))?;
    let hub = context.hub()?;
    let to = call.arguments.free.get(1).map(Path::new);
    let plan = DownloadPlan::new(&hub, &from, to).map_err(problem)?;
    plan.make_folders().map_err(problem)?;
    let options =
        DownloadOptions { overwrite: call.arguments.has("--overwrite"), keeps_equal: plan.keeps_equal() };
    let mut failures = Failures::among(plan.files.len());
    for file in &plan.files {
        let mut watch = super::put::watch(context);
        let fetched = hub.download(&file.afar, &file.here, options, &mut watch);
        drop(watch);
        match failures.note(fetched).map_err(problem)? {
            Ok(fetched) => context.line(&fetched.line(file)),
            Err(words) => context.output.stderr(&format!("{words}\n")),
        }
    }
    failures.end().map_err(problem)
}
