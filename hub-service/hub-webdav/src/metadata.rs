//! What the protocol library looks at of a name.

use std::time::{Duration, SystemTime};

use dav_server::fs::{DavMetaData, FsError, FsResult};
use hub_api::{Entry, EntryKind};

/// Of a file or a folder.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) size_bytes: u64,
    pub(crate) modified: Option<SystemTime>,
    pub(crate) is_folder: bool,
    /// Without quotes.
    pub(crate) etag: Option<String>,
}

impl Metadata {
    pub(crate) fn of(entry: &Entry) -> Self {
        let modified: Option<jiff::Timestamp> = entry.modified.parse().ok();
        let since_1970 = modified.and_then(|time| u64::try_from(time.as_millisecond()).ok());
        Self {
            size_bytes: entry.size_bytes,
            modified: since_1970.map(|ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms)),
            is_folder: entry.kind == EntryKind::Folder,
            etag: entry.etag.as_ref().map(|tag| tag.trim_matches('"').to_owned()),
        }
    }

    /// Of the folder of all workspaces.
    pub(crate) fn of_top() -> Self {
        Self { size_bytes: 0, modified: None, is_folder: true, etag: None }
    }
}

impl DavMetaData for Metadata {
    fn len(&self) -> u64 {
        self.size_bytes
    }

    fn modified(&self) -> FsResult<SystemTime> {
        self.modified.ok_or(FsError::NotImplemented)
    }

    fn created(&self) -> FsResult<SystemTime> {
        self.modified()
    }

    fn is_dir(&self) -> bool {
        self.is_folder
    }

    fn etag(&self) -> Option<String> {
        self.etag.clone()
    }
}
