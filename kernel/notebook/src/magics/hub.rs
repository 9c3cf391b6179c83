//! `%hub`.

use crate::arguments::{Form, Free};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use hub_client::hub_api::{SharedUri, bytes_text};
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "hub",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Show who you are at the hub, your groups, workspaces and quotas, and what the service allows.",
    details: "In a notebook server of JupyterHub the token of the server is used; elsewhere that of mlaas4hep login.",
    free: Free::None,
    options: &[],
    examples: &[],
    action: Action::Session(run),
};

fn run(_call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: hub_client::HubError| MagicError::hub(&error);
    let hub = context.hub()?;
    let (info, me) = (hub.info().map_err(problem)?, hub.me().map_err(problem)?);
    let groups = if me.groups.is_empty() { "no group".to_string() } else { me.groups.join(", ") };
    let caption = format!(
        "{} of {} at {}, {} {}; a file may have {}",
        me.name,
        groups,
        hub.connection().address(),
        info.service,
        info.version,
        bytes_text(info.limits.max_file_bytes)
    );
    let mut table = TextTable::new(&["workspace", "role", ">used", ">of", ">files", ">of"]);
    for workspace in &me.workspaces {
        let quota = &workspace.quota;
        table.row(vec![
            SharedUri::of_workspace(workspace.name.clone()).to_string(),
            workspace.role.as_str().to_string(),
            bytes_text(quota.used_bytes),
            bytes_text(quota.limit_bytes),
            quota.used_entries.to_string(),
            quota.limit_entries.to_string(),
        ]);
    }
    context.show_table(&caption, &table);
    Ok(())
}
