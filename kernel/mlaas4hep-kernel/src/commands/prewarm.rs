//! `mlaas4hep-kernel prewarm`.

use super::say;
use rust_cells::{RustOptions, prewarm};
use std::path::PathBuf;
use std::process::ExitCode;

/// Build what Rust cells use, so that the first of them is quick.
#[derive(clap::Args)]
pub(crate) struct Prewarm {
    /// Where it is kept; kernels look in `MLAAS4HEP_RUST_SEED`, else in the user's folder of caches.
    #[arg(long)]
    folder: Option<PathBuf>,
}

impl Prewarm {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let options = RustOptions::default();
        let folder = self.folder.unwrap_or_else(|| options.seed.clone());
        let report = prewarm(&folder, options)?;
        say(&format!(
            "built {} MB in {:.0} s in {}",
            report.size_bytes / 1_000_000,
            report.took.as_secs_f64(),
            report.folder.display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}
