//! `mlaas4hep share`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::LinkWish;
use hub_client::hub_api::{Grantee, Role, SharedUri};
use std::process::ExitCode;

/// Give someone a right in a workspace, or make a link by which anybody can read one file for a while.
#[derive(clap::Args)]
pub(crate) struct Share {
    /// `shared://GROUP/` for a right in the workspace, `shared://GROUP/file` for a link.
    name: String,
    /// Give the right to this person.
    #[arg(long, value_name = "NAME", conflicts_with = "group")]
    user: Option<String>,
    /// Give the right to all members of this group.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// What may be done: reader, writer or admin.
    #[arg(long, default_value = "reader")]
    role: Role,
    /// Days after which it ends; a link lives a week unless said, and 30 days at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    days: Option<u64>,
}

impl Share {
    /// Shares.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        self.share(console).map_err(failure::of(Kind::Input))?;
        Ok(ExitCode::SUCCESS)
    }

    fn share(self, console: &mut Console) -> anyhow::Result<()> {
        let uri: SharedUri = self.name.parse()?;
        let hub = shared::hub(None)?;
        let expires_in_seconds = self.days.map(|days| days.saturating_mul(24 * 3600));
        let grantee = match (self.user, self.group) {
            (Some(user), _) => Some(Grantee::User(user)),
            (None, group) => group.map(Grantee::Group),
        };
        if let Some(grantee) = grantee {
            anyhow::ensure!(
                uri.path.is_root(),
                "rights are given in a whole workspace: name shared://{}/, or leave out --user and --group for a link to the file",
                uri.workspace
            );
            let grant = hub.grant(&uri.workspace, grantee, self.role, expires_in_seconds)?;
            console.line(&grant.sentence(&uri.workspace));
            return Ok(());
        }
        anyhow::ensure!(
            !uri.path.is_root(),
            "a link is to one file: name it, or say --user NAME or --group NAME"
        );
        anyhow::ensure!(
            self.days.is_none_or(|days| days <= 30),
            "a link lives at most 30 days: --days 1 to 30"
        );
        let link = hub.make_link(&uri, LinkWish { expires_in_seconds, password: None })?;
        console.line(&format!("{}\nuntil {}", link.url.unwrap_or_default(), link.expires));
        Ok(())
    }
}
