//! `mlaas4hep ls`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::SharedNames;
use hub_client::hub_api::{SharedUri, bytes_text};
use std::process::ExitCode;
use text_table::TextTable;

/// List the workspaces that you can see, or what lies in a folder of one.
#[derive(clap::Args)]
pub(crate) struct Ls {
    /// `shared://GROUP/folder`, or a pattern in quotes, as for `get`; without it the workspaces are listed.
    name: Option<SharedNames>,
    /// All that lies below, too.
    #[arg(long, short)]
    recursive: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Ls {
    /// Lists.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        self.list(console).map_err(failure::of(Kind::Input))?;
        Ok(ExitCode::SUCCESS)
    }

    fn list(&self, console: &mut Console) -> anyhow::Result<()> {
        let hub = shared::hub()?;
        let Some(name) = &self.name else {
            let workspaces = hub.workspaces()?;
            if self.json {
                console.line(&serde_json::to_string(&workspaces)?);
                return Ok(());
            }
            let mut table = TextTable::new(&["workspace", "role", ">used", ">of"]);
            for workspace in workspaces {
                let (used, limit) = (workspace.quota.used_bytes, workspace.quota.limit_bytes);
                table.row(vec![
                    SharedUri::of_workspace(workspace.name).to_string(),
                    workspace.role.as_str().to_string(),
                    bytes_text(used),
                    bytes_text(limit),
                ]);
            }
            table.lines().iter().for_each(|line| console.line(line));
            return Ok(());
        };
        let entries = hub.look(name, self.recursive)?;
        if self.json {
            console.line(&serde_json::to_string(&entries)?);
            return Ok(());
        }
        let mut table = TextTable::new(&["name", ">size", "modified", "by"]);
        for entry in entries {
            table.row(entry.cells());
        }
        table.lines().iter().for_each(|line| console.line(line));
        Ok(())
    }
}
