//! Reading files.

use std::{fs::File, ops::Range, time::Duration};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use hub_api::{Entry, FilePath, WorkspaceName};
use sqlx::Row;

use crate::{
    Action, Actor, Result, StoreError, WorkspaceError, Workspaces,
    blobs::OpenBlob,
    entries::{EntryRow, full_name},
};

/// Longest life of an address that needs no token.
const LONGEST_PRESIGNED: Duration = Duration::from_mins(15);

/// A file that is open: its bytes stay as they are, whatever happens to its name.
#[derive(Clone)]
pub struct StoredFile {
    /// The file, of the version that was asked for.
    pub entry: Entry,
    /// Adler-32 of the bytes (RFC 1950 section 9).
    pub adler32: u32,
    blob: OpenBlob,
}

impl StoredFile {
    /// Bytes of it.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.entry.size_bytes
    }

    /// The bytes in a range, which is cut to the size of the file. About 1 MiB is held at a time.
    #[must_use]
    pub fn stream(&self, range: Range<u64>) -> BoxStream<'static, std::result::Result<Bytes, StoreError>> {
        let end = range.end.min(self.entry.size_bytes);
        self.blob.stream(range.start.min(end)..end)
    }

    /// The file on the disk, where the bytes lie in one. It must only be read, at positions (`read_at`): others read it too.
    #[must_use]
    pub fn local_file(&self) -> Option<&File> {
        match &self.blob {
            OpenBlob::File(file) => Some(file),
            OpenBlob::Object(..) => None,
        }
    }
}

impl Workspaces {
    /// Opens a file; the newest version, or one that is kept.
    ///
    /// # Errors
    /// `NotFound`, a folder, bytes that are missing in the store.
    pub async fn read(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        version: Option<u64>,
    ) -> Result<StoredFile> {
        let seen = self.require(actor, workspace, path, Action::Read).await?;
        let (row, adler32) = self.find_version(seen.id, workspace, path, version).await?;
        self.open_row(row, adler32).await
    }

    /// An address by which the file can be read for a while without the service and without a token; `None` where the bytes
    /// lie in a folder. It lives 15 minutes at most.
    ///
    /// # Errors
    /// As [`Workspaces::read`].
    pub async fn presigned_read(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        version: Option<u64>,
        valid: Duration,
    ) -> Result<Option<String>> {
        let seen = self.require(actor, workspace, path, Action::Read).await?;
        let (row, _) = self.find_version(seen.id, workspace, path, version).await?;
        let blob = row.blob.unwrap_or_default();
        Ok(self.blobs().presigned(&blob, valid.min(LONGEST_PRESIGNED)).await?)
    }

    pub(crate) async fn open_row(&self, row: EntryRow, adler32: u32) -> Result<StoredFile> {
        let id = row.blob.ok_or_else(|| WorkspaceError::NotAFile { path: row.entry.path.clone() })?;
        let blob = self.blobs().open_blob(&id).await?;
        Ok(StoredFile { entry: row.entry, adler32, blob })
    }

    /// A version of a file that is not in the trash; gives its Adler-32 too.
    pub(crate) async fn find_version(
        &self,
        id: i64,
        workspace: &WorkspaceName,
        path: &FilePath,
        version: Option<u64>,
    ) -> Result<(EntryRow, u32)> {
        let number = version.map_or(0, |number| i64::try_from(number).unwrap_or(i64::MAX));
        let row = sqlx::query(
            "SELECT e.id, e.path, e.kind, v.number AS version, v.modified, v.modified_by, v.size_bytes, v.sha256, \
             v.made_by, v.media_type, v.blob, b.adler32 FROM entries e \
             JOIN versions v ON v.entry = e.id AND v.number = (CASE WHEN $3 = 0 THEN e.version ELSE $3 END) \
             JOIN blobs b ON b.id = v.blob WHERE e.workspace = $1 AND e.trash = '' AND e.path = $2",
        )
        .bind(id)
        .bind(path.as_str())
        .bind(number)
        .fetch_optional(self.database().read())
        .await?;
        if let Some(row) = row {
            let adler32: i64 = row.try_get("adler32")?;
            return Ok((EntryRow::from_row(&row)?, adler32 as u32));
        }
        if path.is_root() || self.find_entry(id, workspace, path).await?.is_folder() {
            return Err(WorkspaceError::NotAFile { path: path.clone() });
        }
        Err(WorkspaceError::missing(format!("version {number} of {}", full_name(workspace, path))))
    }
}
