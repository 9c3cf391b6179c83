//! `mlaas4hep-kernel reference`.

use super::say;
use std::process::ExitCode;

/// Print the reference of all magics in Markdown: docs/magics.md.
#[derive(clap::Args)]
pub(crate) struct Reference {}

impl Reference {
    #[expect(clippy::unused_self, reason = "commands are structurally parallel")]
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        say(notebook::arguments::reference_page(notebook::magics::ALL).trim_end());
        Ok(ExitCode::SUCCESS)
    }
}
