//! `mlaas4hep-kernel uninstall`.

use super::install::PlaceOptions;
use super::say;
use jupyter_kernel::kernelspec::uninstall;
use std::process::ExitCode;

/// Remove the kernel from Jupyter; the options say where it was installed.
#[derive(clap::Args)]
pub(crate) struct Uninstall {
    #[command(flatten)]
    place: PlaceOptions,
    /// Name of the kernelspec.
    #[arg(long, default_value = "mlaas4hep")]
    name: String,
}

impl Uninstall {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let folder = uninstall(&self.place.place(), &self.name)?;
        say(&format!("removed {}", folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}
