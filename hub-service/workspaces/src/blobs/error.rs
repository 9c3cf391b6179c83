//! What storing and reading of bytes can fail with.

use std::{io, path::PathBuf};

/// Why bytes could not be stored or read. Causes stand in the sentence, and so are no sources, which would be said again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk of the service.
    #[error("{what}: the disk is full")]
    DiskFull {
        /// What was tried.
        what: String,
    },
    /// The bucket did not answer in time.
    #[error("{what}: no answer within {seconds} s")]
    Stalled {
        /// What was tried.
        what: String,
        /// How long was waited.
        seconds: u32,
    },
    /// A blob that the database names is not there.
    #[error("the bytes {blob} are not there; run `mlaas4hep-hub check`")]
    Missing {
        /// Its name.
        blob: String,
    },
    /// Another process has the folder.
    #[error("{} is open in another process; stop that one first", .folder.display())]
    InUse {
        /// Which.
        folder: PathBuf,
    },
    /// The file system.
    #[error("{what}: {cause}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        cause: io::Error,
    },
    /// The bucket.
    #[error("{what}: {cause}")]
    Object {
        /// What was tried.
        what: String,
        /// Why it failed.
        cause: object_store::Error,
    },
}

impl StoreError {
    pub(crate) fn io(what: String, cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { what },
            _ => Self::Io { what, cause },
        }
    }

    /// Without names of files and hosts.
    #[must_use]
    pub fn public_message(&self) -> &'static str {
        match self {
            Self::DiskFull { .. } => "the disk of the service is full",
            Self::Stalled { .. } => "the object store does not answer",
            Self::Missing { .. } => "the bytes of this file are missing in the store",
            Self::InUse { .. } | Self::Io { .. } | Self::Object { .. } => "the store of the service failed",
        }
    }
}
