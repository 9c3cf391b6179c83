//! `mlaas4hep put`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use hub_client::hub_api::{SharedUri, UriError};
use hub_client::{Condition, Failures, HubError, Progress, UploadOptions, UploadPlan};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

/// Upload files and folders into a workspace. A file is there whole or not at all; what was stopped goes on where it was. Of more
/// than one file what is there already is not sent again; one that fails does not keep the others.
#[derive(clap::Args)]
pub(crate) struct Put {
    /// Files of this machine, folders with all that is in them, and patterns in quotes, such as 'data/*.root'. Links are followed.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// `shared://GROUP/path`; what ends with / is a folder into which it goes under its own name, and so it is for several files and
    /// patterns. One folder gets this name, and fills up what is there: `put data shared://higgs/data`. A % of a name is written %25.
    #[arg(value_parser = shared_name)]
    to: String,
    /// Refuse a name that is there already; without it that becomes an older version.
    #[arg(long)]
    no_overwrite: bool,
}

impl Put {
    /// Uploads.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let hub = shared::hub().map_err(|error| failure::of(Kind::Input)(error.into()))?;
        let condition = if self.no_overwrite { Condition::IfAbsent } else { Condition::Any };
        let made_by = Some(concat!("mlaas4hep put ", env!("CARGO_PKG_VERSION")).to_string());
        let failed = |error| of_transfer(error, "read", Kind::Input, Kind::Output);
        let plan = UploadPlan::new(&self.files, &self.to).map_err(|error| match cause_of(&error) {
            HubError::Uri(_) => failure::of(Kind::Settings)(error.into()),
            _ => failed(error),
        })?;
        plan.check_workspace(&hub).map_err(failed)?;
        let options = UploadOptions { condition, made_by, keeps_equal: plan.keeps_equal() };
        for folder in &plan.empty_folders {
            hub.make_folder(folder).map_err(failed)?;
        }
        let mut failures = Failures::among(plan.files.len());
        for file in &plan.files {
            let mut watch = |progress: Progress| show(console, progress);
            let sent = hub.upload(&file.here, &file.afar, &options, &mut watch);
            let noted = failures.note(sent).map_err(failed)?;
            tell(console, noted.map(|sent| sent.line(file)));
        }
        failures.end().map_err(failed)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The text as it was said: its last character matters.
fn shared_name(text: &str) -> Result<String, UriError> {
    text.parse::<SharedUri>().map(|_| text.to_string())
}

/// What became of a file.
pub(super) fn tell(console: &mut Console, done: Result<String, String>) {
    match done {
        Ok(line) => console.line(&line),
        Err(words) => console.message(&words),
    }
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

/// What happened to the first of several.
fn cause_of(error: &HubError) -> &HubError {
    match error {
        HubError::Partly { first, .. } | HubError::NothingSent { first } => first,
        error => error,
    }
}

/// An error of a transfer with its kind: `here` where this machine cannot do the action, else `there`.
pub(super) fn of_transfer(error: HubError, action_here: &str, here: Kind, there: Kind) -> anyhow::Error {
    let kind = match cause_of(&error) {
        HubError::Stopped => Kind::Stopped,
        HubError::File { action, .. } if *action == action_here => here,
        _ => there,
    };
    failure::of(kind)(error.into())
}
