//! `mlaas4hep-hub restore`

use super::{ConfigurationFile, block_on};
use anyhow::ensure;
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    file: ConfigurationFile,
    /// A folder that `backup` filled.
    folder: PathBuf,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let checked = options.file.check()?;
    block_on(async {
        let report = workspaces::restore_backup(&options.folder, &checked.workspaces).await?;
        writeln!(std::io::stdout(), "{report:?}")?;
        ensure!(report.is_sound(), "what was restored is not whole; the report above says what is missing");
        Ok(())
    })
}
