//! `mlaas4hep get`.

use super::put::{of_transfer, show};
use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::hub_api::{SharedUri, UriError};
use hub_client::{DownloadOptions, DownloadPlan, HubError, Progress};
use std::path::PathBuf;
use std::process::ExitCode;

/// Download a file of a workspace, or a folder with all that is in it. What was stopped goes on where it was; the checksum is
/// compared. Of a folder what is here already is not fetched again.
#[derive(clap::Args)]
pub(crate) struct Get {
    /// `shared://GROUP/path`
    from: String,
    /// File or folder of this machine; by default the same name in the current folder. What ends with / is a folder into which it
    /// goes under its own name; into a folder that is there so does a file, and a folder is filled up.
    to: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long)]
    overwrite: bool,
}

impl Get {
    /// Downloads.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let settings = failure::of(Kind::Settings);
        let from: SharedUri = self.from.parse().map_err(|error: UriError| settings(error.into()))?;
        let hub = shared::hub(None).map_err(|error| failure::of(Kind::Input)(error.into()))?;
        let failed = |error: HubError| of_transfer(error, "write", Kind::Output, Kind::Input);
        let plan = DownloadPlan::new(&hub, &from, self.to.as_deref()).map_err(failed)?;
        plan.make_folders().map_err(failed)?;
        let options = DownloadOptions { overwrite: self.overwrite, keeps_equal: plan.is_folder };
        for file in &plan.files {
            let mut watch = |progress: Progress| show(console, progress);
            let fetched = hub.download(&file.afar, &file.here, options, &mut watch).map_err(failed)?;
            console.line(&fetched.line(file));
        }
        Ok(ExitCode::SUCCESS)
    }
}
