//! `mlaas4hep rm`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::HubError;
use hub_client::hub_api::SharedUri;
use std::process::ExitCode;

/// Delete files or folders of a workspace: into its trash, from which they can come back.
#[derive(clap::Args)]
pub(crate) struct Rm {
    /// `shared://GROUP/path`
    #[arg(required = true)]
    names: Vec<SharedUri>,
}

impl Rm {
    /// Deletes.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        self.delete(console).map_err(failure::of(Kind::Input))?;
        Ok(ExitCode::SUCCESS)
    }

    fn delete(&self, console: &mut Console) -> anyhow::Result<()> {
        let hub = shared::hub()?;
        let mut failed = Vec::new();
        for name in &self.names {
            match hub.delete(name, None) {
                Err(HubError::Stopped) => return Err(failure::of(Kind::Stopped)(HubError::Stopped.into())),
                Ok(()) => console.line(&format!("{name}: in the trash")),
                Err(error) => failed.push(error.to_string()),
            }
        }
        // One name that is not there says nothing about the others.
        anyhow::ensure!(failed.is_empty(), "{}", failed.join("; "));
        Ok(())
    }
}
