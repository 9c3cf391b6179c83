//! `mlaas4hep get`.

use super::put::{of_transfer, show, tell};
use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::{DownloadOptions, DownloadPlan, Failures, HubError, Progress, SharedNames};
use std::path::PathBuf;
use std::process::ExitCode;

/// Download files of a workspace, and folders with all that is in them. What was stopped goes on where it was; checksums are
/// compared. Of more than one file what is here already is not fetched again; one that fails does not keep the others.
#[derive(clap::Args)]
pub(crate) struct Get {
    /// `shared://GROUP/path`, or a pattern in quotes, such as '`shared://GROUP/data/*.root`': `*` and `?` stand for other characters, `**` for any
    /// number of folders. In names they are `%2A` and `%3F`. With a slash at its end only folders are meant.
    from: SharedNames,
    /// File or folder of this machine; by default the same name in the current folder. What ends with / is a folder into which it
    /// goes under its own name; into a folder that is there so do files, and a folder is filled up. For a pattern it is a folder.
    to: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long)]
    overwrite: bool,
}

impl Get {
    /// Downloads.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let hub = shared::hub().map_err(|error| failure::of(Kind::Input)(error.into()))?;
        let failed = |error: HubError| of_transfer(error, "write", Kind::Output, Kind::Input);
        let plan = DownloadPlan::new(&hub, &self.from, self.to.as_deref()).map_err(failed)?;
        plan.make_folders().map_err(failed)?;
        let options = DownloadOptions { overwrite: self.overwrite, keeps_equal: plan.keeps_equal() };
        let mut failures = Failures::among(plan.files.len());
        for file in &plan.files {
            let mut watch = |progress: Progress| show(console, progress);
            let fetched = hub.download(&file.afar, &file.here, options, &mut watch);
            let noted = failures.note(fetched).map_err(failed)?;
            tell(console, noted.map(|fetched| fetched.line(file)));
        }
        failures.end().map_err(failed)?;
        Ok(ExitCode::SUCCESS)
    }
}
