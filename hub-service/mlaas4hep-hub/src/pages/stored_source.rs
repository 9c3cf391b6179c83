//! A stored file for readers of formats.

use std::{borrow::Cow, ops::Range, os::unix::fs::FileExt};

use byte_source::{ByteSource, ByteSourceError, check_range};
use futures_util::TryStreamExt;
use tokio::runtime::Handle;
use workspaces::StoredFile;

/// Reads a stored file at positions. Its reads block: it belongs on threads where that is allowed.
pub(super) struct StoredSource {
    file: StoredFile,
    runtime: Handle,
    name: String,
}

impl StoredSource {
    pub(super) fn new(file: StoredFile, runtime: Handle) -> Self {
        let name = file.entry.path.to_string();
        Self { file, runtime, name }
    }

    fn read(&self, range: &Range<u64>) -> std::io::Result<Vec<u8>> {
        if let Some(local) = self.file.local_file() {
            let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(std::io::Error::other)?];
            local.read_exact_at(&mut bytes, range.start)?;
            return Ok(bytes);
        }
        let pieces = self.runtime.block_on(self.file.stream(range.clone()).try_collect::<Vec<_>>());
        Ok(pieces.map_err(std::io::Error::other)?.concat())
    }
}

impl ByteSource for StoredSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u64 {
        self.file.size_bytes()
    }

    fn is_far(&self) -> bool {
        self.file.local_file().is_none()
    }

    fn read_at(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, ByteSourceError> {
        check_range(&self.name, &range, self.len())?;
        let bytes = self.read(&range).map_err(|cause| ByteSourceError::Read {
            name: self.name.clone(),
            start: range.start,
            end: range.end,
            cause,
        })?;
        Ok(Cow::Owned(bytes))
    }
}
