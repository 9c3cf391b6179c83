//! `%ls`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use hub_client::hub_api::{SharedUri, bytes_text};
use hub_client::{HubError, SharedNames};
use std::fs::DirEntry;
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "ls",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "List a folder of a workspace, or of this machine.",
    details: "%hub lists the workspaces. Of a workspace also what a pattern means, as for %get.",
    free: Free::Words { name: "FOLDER", kinds: &[ValueKind::File], least: 0, most: Some(1) },
    options: &[switch("--recursive", "All that lies below a folder of a workspace.")],
    examples: &["%ls shared://higgs/", "%ls data"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let name = call.arguments.free.first().map_or(".", String::as_str);
    let mut table = TextTable::new(&["name", ">size", "modified", "by"]);
    if SharedUri::is_meant(name) {
        let problem = |error: HubError| MagicError::hub(&error);
        let names: SharedNames = name.parse().map_err(|error| problem(HubError::from(error)))?;
        let hub = context.hub()?;
        let entries = hub.look(&names, call.arguments.has("--recursive")).map_err(problem)?;
        for entry in entries {
            table.row(entry.cells());
        }
    } else {
        let entries = std::fs::read_dir(name).map_err(|error| {
            MagicError::new("InputError", format!("cannot list {name}: {error}"))
                .advise("Folders count from the one of %pwd; %hub lists the workspaces.")
        })?;
        let mut rows: Vec<Vec<String>> = entries.flatten().filter_map(|entry| row_here(&entry)).collect();
        rows.sort();
        for row in rows {
            table.row(row);
        }
    }
    if table.n_rows() == 0 {
        context.line("nothing");
    } else {
        context.show_table("", &table);
    }
    Ok(())
}

fn row_here(entry: &DirEntry) -> Option<Vec<String>> {
    let metadata = entry.metadata().ok()?;
    let name = entry.file_name().to_string_lossy().into_owned();
    if name.starts_with('.') {
        return None;
    }
    let modified = metadata
        .modified()
        .map_or_else(|_| String::new(), |time| humantime::format_rfc3339_seconds(time).to_string());
    let is_folder = metadata.is_dir();
    let size = if is_folder { String::new() } else { bytes_text(metadata.len()) };
    Some(vec![format!("{name}{}", if is_folder { "/" } else { "" }), size, modified, String::new()])
}
