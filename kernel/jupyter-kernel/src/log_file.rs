//! A log file for programs that have no other logger.

use log::{LevelFilter, Log, Metadata, Record};
use secrets::Mask;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

struct FileLogger {
    file: Mutex<File>,
    hidden: Mask,
}

impl Log for FileLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            let line = format!("{time} {:5} {}: {}\n", record.level(), record.target(), record.args());
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            // A full disk must not end the kernel, and there is nowhere else to say it.
            let _ = file.write_all(self.hidden.text(&line).as_bytes());
        }
    }

    fn flush(&self) {}
}

/// Appends all log messages of this process up to `level` to a file; messages never hold code or keys, and
/// none of the hidden values.
///
/// # Errors
/// When the file cannot be opened. A process that already has a logger keeps it.
pub fn log_to_file(path: &Path, level: LevelFilter, hidden: Mask) -> std::io::Result<()> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    if log::set_boxed_logger(Box::new(FileLogger { file: Mutex::new(file), hidden })).is_ok() {
        log::set_max_level(level);
    }
    Ok(())
}
