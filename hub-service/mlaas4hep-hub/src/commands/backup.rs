//! `mlaas4hep-hub backup`

use super::{ConfigurationFile, block_on};
use anyhow::{Context, ensure};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use workspaces::{CheckedSettings, Workspaces};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    file: ConfigurationFile,
    /// An empty folder, or one with an older backup.
    folder: PathBuf,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let checked = options.file.check()?;
    block_on(async {
        let workspaces = open(&checked.workspaces).await?;
        let report = workspaces.backup(&options.folder).await?;
        workspaces.close().await;
        let mut out = std::io::stdout();
        writeln!(out, "{} files, {} bytes", report.n_blobs, report.n_bytes)?;
        let device = |folder: &Path| std::fs::metadata(folder).ok().map(|metadata| metadata.dev());
        if device(&options.folder) == device(&checked.workspaces.settings().folder) {
            writeln!(
                out,
                "on the same disk the bytes are not copied but have a second name: good against deletion, not against a broken \
                 disk. Copy {} to another one",
                options.folder.display()
            )?;
        }
        Ok(())
    })
}

/// The workspaces that are there, also while the service has them open.
pub(super) async fn open(checked: &CheckedSettings) -> anyhow::Result<Workspaces> {
    let settings = checked.settings();
    ensure!(
        settings.database.is_some() || settings.folder.join("names.sqlite").is_file(),
        "there are no workspaces in {}: name the configuration of the service with --config",
        std::path::absolute(&settings.folder)?.display()
    );
    // Without the lock of the folder: the service can start meanwhile.
    let workspaces = match settings.database {
        Some(_) => Workspaces::open(checked).await,
        None => Workspaces::open_beside(checked).await,
    };
    workspaces.context("opening the storage")
}
