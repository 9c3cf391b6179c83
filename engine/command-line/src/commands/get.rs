//! `mlaas4hep get`.

use super::put::{of_transfer, show};
use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::hub_api::SharedUri;
use hub_client::{DownloadOptions, Progress};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Download a file of a workspace. What was stopped goes on where it was; the checksum is compared.
#[derive(clap::Args)]
pub(crate) struct Get {
    /// `shared://GROUP/path`
    from: String,
    /// File or folder of this machine; by default the same name in the current folder.
    to: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long)]
    overwrite: bool,
}

impl Get {
    /// Downloads.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let settings = failure::of(Kind::Settings);
        let from: SharedUri =
            self.from.parse().map_err(|error: hub_client::hub_api::UriError| settings(error.into()))?;
        let name = from.path.name().unwrap_or("file").to_string();
        let to = match &self.to {
            Some(to) if to.is_dir() => to.join(&name),
            Some(to) => to.clone(),
            None => Path::new(&name).to_path_buf(),
        };
        let hub = shared::hub(None).map_err(|error| failure::of(Kind::Input)(error.into()))?;
        let options = DownloadOptions { overwrite: self.overwrite };
        let mut watch = |progress: Progress| show(console, progress);
        let entry = hub
            .download(&from, &to, options, &mut watch)
            .map_err(|error| of_transfer(error, "write", Kind::Output, Kind::Input))?;
        console.line(&format!("{from} -> {}, {} bytes", to.display(), entry.size_bytes));
        Ok(ExitCode::SUCCESS)
    }
}
