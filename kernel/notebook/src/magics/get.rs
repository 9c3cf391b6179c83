//! `%get`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use hub_client::hub_api::SharedUri;
use hub_client::{DownloadOptions, DownloadPlan, HubError};
use std::path::Path;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "get",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Download a file or a folder of a workspace.",
    details: "Seldom needed: %open, %load and others read shared:// names as they are. A download that was stopped goes on \
              where it was; the checksum is compared. Of a folder what is here already is not fetched again.",
    free: Free::Words {
        name: "shared://GROUP/PATH [FILE]",
        kinds: &[ValueKind::File],
        least: 1,
        most: Some(2),
    },
    options: &[switch("--overwrite", "Replace files that are there.")],
    examples: &["%get shared://higgs/models/higgs.mlaas4hep", "%get shared://higgs/a.root data/"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: HubError| MagicError::hub(&error);
    let Some(from) = call.arguments.free.first() else {
        return Err(MagicError::new("ArgumentError", "%get needs a name: %get shared://GROUP/path"));
    };
    let from: SharedUri = from.parse().map_err(|error| problem(HubError::from(error)))?;
    let hub = context.session.shared.hub().map_err(problem)?;
    let to = call.arguments.free.get(1).map(Path::new);
    let plan = DownloadPlan::new(&hub, &from, to).map_err(problem)?;
    plan.make_folders().map_err(problem)?;
    let options =
        DownloadOptions { overwrite: call.arguments.has("--overwrite"), keeps_equal: plan.is_folder };
    for file in &plan.files {
        let mut watch = super::put::watch(context);
        let fetched = hub.download(&file.afar, &file.here, options, &mut watch).map_err(problem)?;
        drop(watch);
        context.line(&fetched.line(file));
    }
    Ok(())
}
