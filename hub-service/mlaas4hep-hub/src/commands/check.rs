//! `mlaas4hep-hub check`

use super::{ConfigurationFile, backup::open, block_on};
use anyhow::ensure;
use std::io::Write;
use workspaces::CheckReport;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    file: ConfigurationFile,
    /// Also read all bytes, and compare their digests.
    #[arg(long)]
    deep: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let checked = options.file.check()?;
    let report = block_on(async {
        let workspaces = open(&checked.workspaces).await?;
        let report = workspaces.check(options.deep).await?;
        workspaces.close().await;
        Ok(report)
    })?;
    say(&report)?;
    let n_problems = report.n_problems;
    ensure!(
        n_problems == 0,
        "{n_problems} problems: bytes come back when somebody uploads the same file again, or from a backup (`mlaas4hep-hub restore` \
         into an empty folder)"
    );
    Ok(())
}

fn say(report: &CheckReport) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    for problem in &report.problems {
        writeln!(out, "{problem}")?;
    }
    let CheckReport { n_entries, n_versions, n_blobs, n_uploads, n_garbage, n_problems, .. } = report;
    writeln!(
        out,
        "{n_entries} files and folders, {n_versions} versions, {n_blobs} blobs, {n_uploads} uploads that go on, \
         {n_garbage} pieces that nothing needs any more; {n_problems} problems"
    )?;
    Ok(())
}
