//! Bytes as immutable blobs. A blob is named by a random number: no name that a user gave reaches a file system.

mod error;
mod lane;
mod local;
mod object;
mod part;
mod stream;

use std::{ops::Range, path::Path, time::Duration};

use bytes::Bytes;
use futures_util::stream::BoxStream;

pub use error::StoreError;
pub(crate) use local::LocalStore;
pub(crate) use object::ObjectStorage;
pub(crate) use part::PartFile;

use crate::{BlobSettings, Settings, checksum::Checksums, resumable::Busy};

/// Where blobs lie. Unfinished uploads lie in the folder in both cases.
pub(crate) struct BlobStore {
    local: LocalStore,
    object: Option<ObjectStorage>,
    keep_free_bytes: u64,
}

/// A blob that can be read, also after it was deleted where the file system keeps open files.
#[derive(Clone)]
pub(crate) enum OpenBlob {
    /// A file.
    File(std::sync::Arc<std::fs::File>),
    /// An object.
    Object(ObjectStorage, String),
}

impl BlobStore {
    pub(crate) fn open(settings: &Settings) -> Result<Self, StoreError> {
        let object = match &settings.blobs {
            BlobSettings::Local => None,
            BlobSettings::S3(s3) => Some(ObjectStorage::open(s3)?),
        };
        let keep_free_bytes = settings.keep_free_bytes;
        Ok(Self { local: LocalStore::open(&settings.folder)?, object, keep_free_bytes })
    }

    /// A new, empty file for the bytes of an upload, where the disk has room for those that are announced.
    pub(crate) async fn create_part(&self, id: &str, announced: Option<u64>) -> Result<PartFile, StoreError> {
        let (path, keep_free_bytes) = (self.local.part_path(id), self.keep_free_bytes);
        let create = move || PartFile::create(path, keep_free_bytes, announced.unwrap_or(0));
        blocking("making a part file", create).await
    }

    /// The file of an upload that goes on; its sums are taken anew unless they are given. The guard is released with the file.
    pub(crate) async fn resume_part(
        &self,
        id: &str,
        known: Option<Checksums>,
        guard: Busy,
    ) -> Result<PartFile, StoreError> {
        let (path, keep_free_bytes) = (self.local.part_path(id), self.keep_free_bytes);
        let resume = move || PartFile::resume(path, keep_free_bytes, known, guard);
        blocking("opening a part file", resume).await
    }

    /// Bytes that an upload has; `None` if there is no such file.
    pub(crate) async fn part_length(&self, id: &str) -> Result<Option<u64>, StoreError> {
        let path = self.local.part_path(id);
        blocking("looking at a part file", move || LocalStore::length(&path)).await
    }

    /// Removes the bytes of an upload; they may be gone already.
    pub(crate) async fn remove_part(&self, id: &str) -> Result<(), StoreError> {
        let path = self.local.part_path(id);
        blocking("removing a part file", move || LocalStore::remove(&path)).await
    }

    /// Makes a blob of a part file, safe on the disk or in the bucket when this returns. The part file stays.
    pub(crate) async fn keep(&self, id: &str) -> Result<(), StoreError> {
        if let Some(object) = &self.object {
            return object.put_file(id, &self.local.part_path(id)).await;
        }
        let (local, id) = (self.local.clone(), id.to_owned());
        blocking("publishing a blob", move || local.publish(&id)).await
    }

    /// Gives a blob that is known the same bytes anew, where it may have lost them. An object store keeps what it has.
    pub(crate) async fn renew(&self, blob: &str, part: &str, n_bytes: u64) -> Result<(), StoreError> {
        if let Some(object) = &self.object {
            return match object.length(blob).await? {
                Some(found) if found == n_bytes => Ok(()),
                _ => object.put_file(blob, &self.local.part_path(part)).await,
            };
        }
        let (local, blob, part) = (self.local.clone(), blob.to_owned(), part.to_owned());
        blocking("renewing a blob", move || local.renew(&blob, &part)).await
    }

    /// Opens a blob.
    pub(crate) async fn open_blob(&self, id: &str) -> Result<OpenBlob, StoreError> {
        if let Some(object) = &self.object {
            return Ok(OpenBlob::Object(object.clone(), id.to_owned()));
        }
        let (local, id) = (self.local.clone(), id.to_owned());
        blocking("opening a blob", move || local.open_blob(&id)).await.map(|file| OpenBlob::File(file.into()))
    }

    /// Size of a blob; `None` if it is not there.
    pub(crate) async fn blob_length(&self, id: &str) -> Result<Option<u64>, StoreError> {
        if let Some(object) = &self.object {
            return object.length(id).await;
        }
        let path = self.local.blob_path(id);
        blocking("looking at a blob", move || LocalStore::length(&path)).await
    }

    /// Removes a blob; it may be gone already.
    pub(crate) async fn remove_blob(&self, id: &str) -> Result<(), StoreError> {
        if let Some(object) = &self.object {
            return object.remove(id).await;
        }
        let path = self.local.blob_path(id);
        blocking("removing a blob", move || LocalStore::remove(&path)).await
    }

    /// Names of all blobs, and of all part files.
    pub(crate) async fn all_names(&self) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let local = self.local.clone();
        let (mut blobs, parts) = blocking("listing blobs", move || local.all_names()).await?;
        if let Some(object) = &self.object {
            blobs.extend(object.all_names().await?);
        }
        Ok((blobs, parts))
    }

    /// An address by which the blob can be read without the service, where the store can give one.
    pub(crate) async fn presigned(&self, id: &str, valid: Duration) -> Result<Option<String>, StoreError> {
        match &self.object {
            Some(object) => object.presigned(id, valid).await.map(Some),
            None => Ok(None),
        }
    }

    /// Where a blob lies as a file.
    pub(crate) fn local_blob(&self, id: &str) -> Option<std::path::PathBuf> {
        self.object.is_none().then(|| self.local.blob_path(id))
    }

    /// Copies a local blob out, or in; a hard link where the file system can do that.
    pub(crate) async fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
        let (from, to) = (from.to_owned(), to.to_owned());
        blocking("copying a blob", move || LocalStore::copy_file(&from, &to)).await
    }
}

impl OpenBlob {
    /// The bytes in a range of a blob.
    pub(crate) fn stream(&self, range: Range<u64>) -> BoxStream<'static, Result<Bytes, StoreError>> {
        match self {
            Self::File(file) => stream::of_file(file.clone(), range),
            Self::Object(object, id) => object.stream(id, range),
        }
    }
}

/// Work on files, on a thread that may wait for the disk.
pub(crate) async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::io(what.to_owned(), std::io::Error::other(error))),
    }
}
