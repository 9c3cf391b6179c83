//! The file in which the bytes of an upload gather.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
};

use bytes::Bytes;

use super::{StoreError, blocking};
use crate::checksum::Checksums;

/// Bytes that wait before they are written: fewer, larger writes.
const WAITING_BYTES: usize = 1 << 18;

/// Takes bytes, hashes and writes them on another thread while the next ones come. Holds at most twice 256 KiB.
pub(crate) struct PartFile {
    /// `None` while a thread has it.
    file: Option<Sink>,
    writing: Option<tokio::task::JoinHandle<Result<Sink, StoreError>>>,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    n_bytes: u64,
}

struct Sink {
    file: File,
    path: PathBuf,
    sums: Checksums,
    keep_free_bytes: u64,
    /// Released when the last write is done: held, not looked at.
    guard: Option<crate::resumable::Busy>,
}

impl Sink {
    fn write(mut self, waiting: Vec<Bytes>) -> Result<Self, StoreError> {
        self.check_room(waiting.iter().map(|bytes| bytes.len() as u64).sum())?;
        for bytes in waiting {
            self.sums.add(&bytes);
            let failed = |error| StoreError::io(format!("writing {}", self.path.display()), error);
            self.file.write_all(&bytes).map_err(failed)?;
        }
        Ok(self)
    }

    /// Whether so much more leaves on the disk what the database needs to work on: to delete, and to start again.
    fn check_room(&self, n_bytes: u64) -> Result<(), StoreError> {
        let what = || format!("writing {}", self.path.display());
        let disk = rustix::fs::fstatvfs(&self.file).map_err(|error| StoreError::io(what(), error.into()))?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        let is_enough =
            free_bytes >= self.keep_free_bytes.saturating_add(n_bytes) || self.keep_free_bytes == 0;
        if is_enough { Ok(()) } else { Err(StoreError::DiskFull { what: what() }) }
    }

    fn sync(self) -> Result<Self, StoreError> {
        let failed = |error| StoreError::io(format!("writing {} to the disk", self.path.display()), error);
        self.file.sync_data().map_err(failed)?;
        Ok(self)
    }
}

impl PartFile {
    /// A new file, for as many bytes as are announced. So many bytes of the disk are left free; 0: it may be filled.
    pub(crate) fn create(
        path: PathBuf,
        keep_free_bytes: u64,
        announced_bytes: u64,
    ) -> Result<Self, StoreError> {
        let failed = |error| StoreError::io(format!("making {}", path.display()), error);
        let file = File::options().write(true).create_new(true).open(&path).map_err(failed)?;
        let sink = Sink { file, path, sums: Checksums::new(), keep_free_bytes, guard: None };
        sink.check_room(announced_bytes)?;
        Ok(Self::of(sink))
    }

    /// Goes on at the end of a file. The sums are taken anew unless those of all its bytes are given.
    pub(crate) fn resume(
        path: PathBuf,
        keep_free_bytes: u64,
        known: Option<Checksums>,
    ) -> Result<Self, StoreError> {
        let failed = |error| StoreError::io(format!("opening {}", path.display()), error);
        let mut file = File::options().read(true).write(true).open(&path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let sums = match known.filter(|sums| sums.n_bytes() == length) {
            Some(sums) => sums,
            None => Checksums::of(&file).map_err(failed)?,
        };
        file.seek(SeekFrom::Start(sums.n_bytes())).map_err(failed)?;
        Ok(Self::of(Sink { file, path, sums, keep_free_bytes, guard: None }))
    }

    fn of(sink: Sink) -> Self {
        let n_bytes = sink.sums.n_bytes();
        Self { file: Some(sink), writing: None, waiting: Vec::new(), waiting_bytes: 0, n_bytes }
    }

    /// Keeps others from the file as long as a thread may write into it.
    pub(crate) fn hold(&mut self, guard: crate::resumable::Busy) {
        if let Some(sink) = &mut self.file {
            sink.guard = Some(guard);
        }
    }

    /// Bytes taken so far.
    pub(crate) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Takes bytes; waits only when the disk is more than 256 KiB behind.
    pub(crate) async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.n_bytes += bytes.len() as u64;
        self.waiting_bytes += bytes.len();
        self.waiting.push(bytes);
        if self.waiting_bytes >= WAITING_BYTES {
            let sink = self.settled().await?;
            let waiting = std::mem::take(&mut self.waiting);
            self.waiting_bytes = 0;
            self.writing = Some(tokio::task::spawn_blocking(move || sink.write(waiting)));
        }
        Ok(())
    }

    /// Writes what waits, and has the disk keep it. Gives the sums of all bytes.
    pub(crate) async fn sync(&mut self) -> Result<Checksums, StoreError> {
        let sink = self.settled().await?;
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let sink = blocking("writing a part file", move || sink.write(waiting)?.sync()).await?;
        let sums = sink.sums.clone();
        self.file = Some(sink);
        Ok(sums)
    }

    /// The file, once the thread that has it is done.
    async fn settled(&mut self) -> Result<Sink, StoreError> {
        let lost = || {
            StoreError::io("writing a part file".to_owned(), std::io::Error::other("a write failed before"))
        };
        match self.writing.take() {
            Some(writing) => writing.await.map_err(|_| lost())?,
            None => self.file.take().ok_or_else(lost),
        }
    }
}
