//! The file in which the bytes of an upload gather.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;

use super::{StoreError, blocking};
use crate::checksum::Checksums;

/// Bytes that wait before they are written: fewer, larger writes.
const WAITING_BYTES: usize = 1 << 18;

/// Bytes after which the disk is asked to keep what was written, while more is: else it would have all to do at the end.
const KEPT_AT_A_TIME: u64 = 64 << 20;

/// Takes bytes, hashes and writes them on another thread while the next ones come. Holds at most twice 256 KiB.
pub(crate) struct PartFile {
    /// `None` while a thread has it.
    file: Option<Sink>,
    writing: Option<tokio::task::JoinHandle<Result<Sink, StoreError>>>,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    n_bytes: u64,
    /// Where the disk was last asked to keep all before it, and that request.
    asked_at: u64,
    keeping: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
    on_disk: Option<Arc<File>>,
}

struct Sink {
    file: Arc<File>,
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
            (&*self.file).write_all(&bytes).map_err(failed)?;
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
        let sink = Sink { file: file.into(), path, sums: Checksums::new(), keep_free_bytes, guard: None };
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
        Ok(Self::of(Sink { file: file.into(), path, sums, keep_free_bytes, guard: None }))
    }

    fn of(sink: Sink) -> Self {
        let (n_bytes, on_disk) = (sink.sums.n_bytes(), Some(sink.file.clone()));
        Self {
            file: Some(sink),
            writing: None,
            waiting: Vec::new(),
            waiting_bytes: 0,
            n_bytes,
            asked_at: n_bytes,
            keeping: None,
            on_disk,
        }
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
            self.keep_so_far().await?;
        }
        Ok(())
    }

    /// Has the disk keep what was written, now and then, without waiting for it.
    async fn keep_so_far(&mut self) -> Result<(), StoreError> {
        let is_at_it = self.keeping.as_ref().is_some_and(|keeping| !keeping.is_finished());
        if is_at_it || self.n_bytes - self.asked_at < KEPT_AT_A_TIME {
            return Ok(());
        }
        self.kept().await?;
        if let Some(file) = self.on_disk.clone() {
            self.keeping = Some(tokio::task::spawn_blocking(move || file.sync_data()));
            self.asked_at = self.n_bytes;
        }
        Ok(())
    }

    /// What became of the last such request: the system tells of a failure once, and not again at the end.
    async fn kept(&mut self) -> Result<(), StoreError> {
        let Some(keeping) = self.keeping.take() else { return Ok(()) };
        let kept = keeping.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        kept.map_err(|error| StoreError::io("writing a part file to the disk".to_owned(), error))
    }

    /// Writes what waits, and has the disk keep it. Gives the sums of all bytes.
    pub(crate) async fn sync(&mut self) -> Result<Checksums, StoreError> {
        let sink = self.settled().await?;
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        self.kept().await?;
        let sink = blocking("writing a part file", move || sink.write(waiting)?.sync()).await?;
        let sums = sink.sums.clone();
        self.file = Some(sink);
        Ok(sums)
    }

    /// Lets go of the file: removed while it is open it would keep its room on the disk.
    pub(crate) async fn close(&mut self) {
        // What fails now no longer matters.
        let _ = self.settled().await;
        let _ = self.kept().await;
        (self.on_disk, self.waiting) = (None, Vec::new());
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
