//! `mlaas4hep-hub backup`

use super::{ConfigurationFile, block_on};
use anyhow::{Context, ensure};
use std::io::Write;
use std::path::PathBuf;
use workspaces::{CheckedSettings, StoreError, WorkspaceError, Workspaces};

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
        writeln!(std::io::stdout(), "{} files, {} bytes", report.n_blobs, report.n_bytes)?;
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
    let workspaces = match Workspaces::open(checked).await {
        Err(WorkspaceError::Store(StoreError::InUse { .. })) => Workspaces::open_beside(checked).await,
        other => other,
    };
    workspaces.context("opening the storage")
}
