//! `mlaas4hep put`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use anyhow::Context;
use hub_client::hub_api::SharedUri;
use hub_client::{Condition, HubError, Progress, UploadOptions};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Upload files into a workspace. A file is there whole or not at all; what was stopped goes on where it was.
#[derive(clap::Args)]
pub(crate) struct Put {
    /// Files of this machine.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// `shared://GROUP/path`; a name that ends with / is a folder.
    to: String,
    /// Refuse a name that is there already; without it that becomes an older version.
    #[arg(long)]
    no_overwrite: bool,
}

impl Put {
    /// Uploads.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let hub = shared::hub(None).map_err(|error| failure::of(Kind::Input)(error.into()))?;
        let condition = if self.no_overwrite { Condition::IfAbsent } else { Condition::Any };
        let made_by = Some(concat!("mlaas4hep put ", env!("CARGO_PKG_VERSION")).to_string());
        let options = UploadOptions { condition, made_by };
        for file in &self.files {
            let to = target(&self.to, file, self.files.len()).map_err(failure::of(Kind::Settings))?;
            let mut watch = |progress: Progress| show(console, progress);
            let sent = hub.upload(file, &to, &options, &mut watch);
            let entry = sent.map_err(|error| of_transfer(error, "read", Kind::Input, Kind::Output))?;
            console.line(&format!("{} -> {to}, version {}", file.display(), entry.version));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Where a file goes: into a folder under its own name, or under the name that was said.
fn target(to: &str, file: &Path, n_files: usize) -> anyhow::Result<SharedUri> {
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} has no name that a workspace can keep", file.display()))?;
    Ok(SharedUri::of_upload(to, name, n_files > 1)?)
}

/// Shows how far a transfer has come; Ctrl-C stops it.
pub(super) fn show(console: &mut Console, progress: Progress) -> ControlFlow<()> {
    console.progress(&event_columns::StepReport {
        step: progress.step.words(),
        done: progress.done_bytes,
        total: Some(progress.total_bytes),
        unit: event_columns::Unit::Bytes,
        note: "",
    })
}

/// An error of a transfer with its kind: `here` where this machine cannot do the action, else `there`.
pub(super) fn of_transfer(error: HubError, action_here: &str, here: Kind, there: Kind) -> anyhow::Error {
    let kind = match &error {
        HubError::Stopped => Kind::Stopped,
        HubError::File { action, .. } if *action == action_here => here,
        _ => there,
    };
    failure::of(kind)(error.into())
}
