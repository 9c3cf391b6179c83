//! Where the log goes, and how it looks.

use crate::configuration::{LogArea, LogFormat};
use anyhow::Context;
use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// Starts the log of the process.
pub(super) fn start(area: &LogArea) -> anyhow::Result<()> {
    let level = area.level.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(level)
        .with_context(|| format!("log.level is {level:?}; error, warn, info and debug would do"))?;
    let file = match &area.file {
        // Past the lock of `std::io::stderr`, at which threads would wait for each other: each line is one write.
        None => {
            std::io::stderr().as_fd().try_clone_to_owned().map(File::from).context("the log on stderr")?
        }
        Some(path) => {
            let file = File::options().create(true).append(true).open(path);
            file.with_context(|| format!("opening the log {}", path.display()))?
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Arc::new(file))
        .with_ansi(false)
        // It would tell on stderr that stderr cannot be written, and panic there.
        .log_internal_errors(false);
    match area.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
