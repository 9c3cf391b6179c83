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
        let mut out = std::io::stdout();
        writeln!(
            out,
            "{} files and folders, {} versions, {} blobs",
            report.n_entries, report.n_versions, report.n_blobs
        )?;
        for problem in &report.problems {
            writeln!(out, "{problem}")?;
        }
        ensure!(
            report.is_sound(),
            "what was restored is not whole: {} problems, the first of which stand above",
            report.n_problems
        );
        Ok(())
    })
}
