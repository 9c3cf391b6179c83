//! `mlaas4hep rm`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::hub_api::SharedUri;
use hub_client::{HubError, SharedNames};
use std::process::ExitCode;

/// Delete files, and folders with all that is in them, of a workspace: into its trash, from which its page brings them back.
#[derive(clap::Args)]
pub(crate) struct Rm {
    /// `shared://GROUP/path`, or patterns in quotes, such as '`shared://GROUP/data/*.root`'. They mean what they mean for `get`; `ls` shows
    /// it beforehand.
    #[arg(required = true)]
    names: Vec<SharedNames>,
}

impl Rm {
    /// Deletes.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        self.delete(console).map_err(failure::of(Kind::Input))?;
        Ok(ExitCode::SUCCESS)
    }

    fn delete(&self, console: &mut Console) -> anyhow::Result<()> {
        let mut tell = |name: &SharedUri| console.line(&format!("{name}: in the trash"));
        let failed = shared::hub()?.remove(&self.names, &mut tell).map_err(|error| match error {
            HubError::Stopped => failure::of(Kind::Stopped)(error.into()),
            error => error.into(),
        })?;
        let failed: Vec<String> = failed.iter().map(ToString::to_string).collect();
        anyhow::ensure!(failed.is_empty(), "{}", failed.join("; "));
        Ok(())
    }
}
