//! `%get`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use hub_client::hub_api::SharedUri;
use hub_client::{DownloadOptions, HubError};
use std::path::{Path, PathBuf};
use text_table::human_bytes;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "get",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Download a file of a workspace.",
    details: "Seldom needed: %open, %load and others read shared:// names as they are. A download that was stopped goes on \
              where it was; the checksum is compared.",
    free: Free::Words {
        name: "shared://GROUP/PATH [FILE]",
        kinds: &[ValueKind::File],
        least: 1,
        most: Some(2),
    },
    options: &[switch("--overwrite", "Replace a file that is there.")],
    examples: &["%get shared://higgs/models/higgs.mlaas4hep", "%get shared://higgs/a.root data/"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: HubError| MagicError::hub(&error);
    let Some(from) = call.arguments.free.first() else {
        return Err(MagicError::new("ArgumentError", "%get needs a name: %get shared://GROUP/path"));
    };
    let from: SharedUri = from.parse().map_err(|error| problem(HubError::from(error)))?;
    let name = from.path.name().unwrap_or("file").to_string();
    let to = match call.arguments.free.get(1) {
        Some(to) if Path::new(to).is_dir() => Path::new(to).join(&name),
        Some(to) => PathBuf::from(to),
        None => PathBuf::from(&name),
    };
    let hub = context.session.shared.hub().map_err(problem)?;
    let options = DownloadOptions { overwrite: call.arguments.has("--overwrite") };
    let mut watch = super::put::watch(context);
    let entry = hub.download(&from, &to, options, &mut watch).map_err(problem)?;
    drop(watch);
    context.line(&format!("{from} -> {}, {}", to.display(), human_bytes(entry.size_bytes)));
    Ok(())
}
