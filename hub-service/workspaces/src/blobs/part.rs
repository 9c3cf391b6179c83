//! The file in which the bytes of an upload gather.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

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
    writing: Option<JoinHandle<Result<Sink, StoreError>>>,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    n_bytes: u64,
    /// Where the disk was last asked to keep all before it, and that request.
    asked_at: u64,
    keeping: Option<JoinHandle<std::io::Result<()>>>,
    on_disk: Option<Arc<File>>,
}

/// The file, and how much of its disk is left free; 0: it may be filled.
#[derive(Clone)]
struct Place {
    file: Arc<File>,
    path: PathBuf,
    keep_free_bytes: u64,
}

struct Sink {
    place: Place,
    sums: Checksums,
    /// Released when the last write is done: held, not looked at.
    guard: Option<crate::resumable::Busy>,
}

impl Sink {
    /// Writes bytes on one thread while another hashes them: one after the other, a fast disk would wait for the sums. It goes on
    /// to its end although nobody may wait for it any more.
    fn start(mut self, waiting: Vec<Bytes>) -> JoinHandle<Result<Self, StoreError>> {
        tokio::spawn(async move {
            let waiting = Arc::new(waiting);
            let hashing = spawn_blocking({
                let (waiting, mut sums) = (waiting.clone(), self.sums.clone());
                move || {
                    waiting.iter().for_each(|bytes| sums.add(bytes));
                    sums
                }
            });
            let writing = spawn_blocking({
                let place = self.place.clone();
                move || place.write(&waiting)
            });
            let (hashed, written) = tokio::join!(hashing, writing);
            let lost = |error| StoreError::io(self.place.what(), std::io::Error::other(error));
            written.map_err(lost)??;
            self.sums = hashed.map_err(lost)?;
            Ok(self)
        })
    }
}

impl Place {
    fn write(&self, waiting: &[Bytes]) -> Result<(), StoreError> {
        self.check_room(waiting.iter().map(|bytes| bytes.len() as u64).sum())?;
        for bytes in waiting {
            (&*self.file).write_all(bytes).map_err(|error| StoreError::io(self.what(), error))?;
        }
        Ok(())
    }

    /// Whether so much more leaves on the disk what the database needs to work on: to delete, and to start again.
    fn check_room(&self, n_bytes: u64) -> Result<(), StoreError> {
        let disk =
            rustix::fs::fstatvfs(&self.file).map_err(|error| StoreError::io(self.what(), error.into()))?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        let is_enough =
            free_bytes >= self.keep_free_bytes.saturating_add(n_bytes) || self.keep_free_bytes == 0;
        if is_enough { Ok(()) } else { Err(StoreError::DiskFull { what: self.what() }) }
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(|error| StoreError::io(format!("{} to the disk", self.what()), error))
    }

    fn what(&self) -> String {
        format!("writing {}", self.path.display())
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
        let place = Place { file: file.into(), path, keep_free_bytes };
        place.check_room(announced_bytes)?;
        Ok(Self::of(place, Checksums::new()))
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
        Ok(Self::of(Place { file: file.into(), path, keep_free_bytes }, sums))
    }

    fn of(place: Place, sums: Checksums) -> Self {
        let (n_bytes, on_disk) = (sums.n_bytes(), Some(place.file.clone()));
        Self {
            file: Some(Sink { place, sums, guard: None }),
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
            self.writing = Some(sink.start(waiting));
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
            self.keeping = Some(spawn_blocking(move || file.sync_data()));
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
        self.writing = Some(sink.start(waiting));
        let sink = self.settled().await?;
        let place = sink.place.clone();
        blocking("writing a part file", move || place.sync()).await?;
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
