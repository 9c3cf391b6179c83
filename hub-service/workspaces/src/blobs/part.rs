//! The file in which the bytes of an upload gather.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{
    StoreError, blocking,
    lane::{Lane, Worker},
};
use crate::{checksum::Checksums, resumable::Busy};

/// Bytes after which the disk is asked to keep what was written, while more is: else it would have all to do at the end.
const KEPT_AT_A_TIME: u64 = 64 << 20;

/// Takes bytes, hashes them on one thread and writes them on another while the next ones come: one after the other, a fast disk
/// would wait for the sums. Holds what its two lanes hold.
pub(crate) struct PartFile {
    n_bytes: u64,
    /// `None` once it was let go of.
    open: Option<Open>,
}

struct Open {
    place: Place,
    hashing: Lane<Checksums>,
    writing: Lane<Writer>,
    /// Where the disk was last asked to keep all before it, and that request.
    asked_at: u64,
    keeping: Option<JoinHandle<Result<(), StoreError>>>,
}

/// The file, and how much of its disk is left free; 0: it may be filled.
#[derive(Clone)]
struct Place {
    file: Arc<File>,
    path: PathBuf,
    keep_free_bytes: u64,
}

struct Writer {
    place: Place,
    /// Released when the last write is done: held, not looked at.
    _guard: Option<Busy>,
}

impl Worker for Checksums {
    fn work(&mut self, block: &[u8]) -> Result<(), StoreError> {
        self.add(block);
        Ok(())
    }
}

impl Worker for Writer {
    fn work(&mut self, block: &[u8]) -> Result<(), StoreError> {
        let Place { file, .. } = &self.place;
        self.place.check_room(block.len() as u64)?;
        (&**file).write_all(block).map_err(|error| StoreError::io(self.place.what(), error))
    }
}

impl Place {
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
        Ok(Self::of(place, Checksums::new(), None))
    }

    /// Goes on at the end of a file. The sums are taken anew unless those of all its bytes are given. The guard keeps others from
    /// the file as long as a thread may write into it.
    pub(crate) fn resume(
        path: PathBuf,
        keep_free_bytes: u64,
        known: Option<Checksums>,
        guard: Busy,
    ) -> Result<Self, StoreError> {
        let failed = |error| StoreError::io(format!("opening {}", path.display()), error);
        let mut file = File::options().read(true).write(true).open(&path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let sums = match known.filter(|sums| sums.n_bytes() == length) {
            Some(sums) => sums,
            None => Checksums::of(&file).map_err(failed)?,
        };
        file.seek(SeekFrom::Start(sums.n_bytes())).map_err(failed)?;
        Ok(Self::of(Place { file: file.into(), path, keep_free_bytes }, sums, Some(guard)))
    }

    fn of(place: Place, sums: Checksums, guard: Option<Busy>) -> Self {
        let n_bytes = sums.n_bytes();
        let writing = Lane::to(Writer { place: place.clone(), _guard: guard });
        let open = Open { place, writing, hashing: Lane::to(sums), asked_at: n_bytes, keeping: None };
        Self { n_bytes, open: Some(open) }
    }

    /// Bytes taken so far.
    pub(crate) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Takes bytes; waits only when the sums or the disk are more than 512 KiB behind.
    pub(crate) async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.n_bytes += bytes.len() as u64;
        let n_bytes = self.n_bytes;
        let open = self.open()?;
        open.hashing.push(bytes.clone()).await?;
        open.writing.push(bytes).await?;
        open.keep_so_far(n_bytes).await
    }

    /// Writes what waits, and has the disk keep it. Gives the sums of all bytes.
    pub(crate) async fn sync(&mut self) -> Result<Checksums, StoreError> {
        let open = self.open()?;
        open.writing.settle(|_| ()).await?;
        open.kept().await?;
        let place = open.place.clone();
        let on_disk = blocking("writing a part file", move || place.sync());
        let (on_disk, sums) = tokio::join!(on_disk, open.hashing.settle(Checksums::clone));
        on_disk.and(sums)
    }

    /// Lets go of the file when no thread is at it: removed while it is open it would keep its room on the disk.
    pub(crate) async fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            // What fails now no longer matters.
            let _ = open.writing.settle(|_| ()).await;
            let _ = open.kept().await;
        }
    }

    fn open(&mut self) -> Result<&mut Open, StoreError> {
        let closed =
            || StoreError::io("writing a part file".to_owned(), std::io::Error::other("it was closed"));
        self.open.as_mut().ok_or_else(closed)
    }
}

impl Open {
    /// Has the disk keep what was written, now and then, without waiting for it.
    async fn keep_so_far(&mut self, n_bytes: u64) -> Result<(), StoreError> {
        let is_at_it = self.keeping.as_ref().is_some_and(|keeping| !keeping.is_finished());
        if is_at_it || n_bytes - self.asked_at < KEPT_AT_A_TIME {
            return Ok(());
        }
        self.kept().await?;
        let place = self.place.clone();
        self.keeping = Some(spawn_blocking(move || place.sync()));
        self.asked_at = n_bytes;
        Ok(())
    }

    /// What became of the last such request: the system tells of a failure once, and not again at the end.
    async fn kept(&mut self) -> Result<(), StoreError> {
        let Some(keeping) = self.keeping.take() else { return Ok(()) };
        keeping
            .await
            .unwrap_or_else(|error| Err(StoreError::io(self.place.what(), std::io::Error::other(error))))
    }
}
