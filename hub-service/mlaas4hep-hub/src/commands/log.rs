//! Where the log goes, and how it looks.

use crate::configuration::{LogArea, LogFormat};
use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// Starts the log of the process.
pub(super) fn start(area: &LogArea) -> anyhow::Result<()> {
    let level = area.level.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(level)
        .with_context(|| format!("log.level is {level:?}; error, warn, info and debug would do"))?;
    let writer = match &area.file {
        None => BoxMakeWriter::new(std::io::stderr),
        Some(path) => {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
            BoxMakeWriter::new(file.with_context(|| format!("opening the log {}", path.display()))?)
        }
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false);
    match area.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
