//! `mlaas4hep share`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::ShareWish;
use hub_client::hub_api::{Role, SharedUri};
use std::process::ExitCode;
use text_table::TextTable;

/// Give someone a right in a workspace, or make a link by which anybody can read one file for a while, where the service allows
/// links; list these, take them back.
#[derive(clap::Args)]
pub(crate) struct Share {
    /// `shared://GROUP/` for a right in the workspace, `shared://GROUP/file` for a link.
    name: SharedUri,
    /// Give the right to this person.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Give the right to all members of this group.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// What may be done: reader, writer or admin. Default: reader.
    #[arg(long)]
    role: Option<Role>,
    /// Days after which it ends; a link lives a week unless said, and 30 days at most.
    #[arg(long, value_name = "N")]
    days: Option<u64>,
    /// List the rights and links that were given.
    #[arg(long, conflicts_with_all = ["user", "group", "role", "days", "take_back"])]
    list: bool,
    /// Take back the right of the person or group, or all links to the file.
    #[arg(long)]
    take_back: bool,
}

impl Share {
    /// Shares.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        self.share(console).map_err(failure::of(Kind::Input))?;
        Ok(ExitCode::SUCCESS)
    }

    fn share(self, console: &mut Console) -> anyhow::Result<()> {
        let Self { name, user, group, role, days, list, take_back } = self;
        if list {
            let mut table = TextTable::new(&hub_client::Share::COLUMNS);
            shared::hub()?.shares(&name)?.iter().for_each(|share| table.row(share.cells()));
            table.lines().iter().for_each(|line| console.line(line));
            return Ok(());
        }
        let wish = ShareWish { user, group, role, days, takes_back: take_back };
        let sharing = wish.check(&name).map_err(|error| failure::of(Kind::CommandLine)(error.into()))?;
        console.line(&shared::hub()?.share(&name, sharing)?);
        Ok(())
    }
}
