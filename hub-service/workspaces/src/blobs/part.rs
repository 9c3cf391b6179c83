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

/// Bytes after which it is asked anew whether the disk has room: on some file systems the question goes to another machine.
const CHECKED_AT_A_TIME: u64 = 1 << 18;

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
    /// The disk has failed to keep bytes; the system tells of that once, and not again at the end.
    is_lost: bool,
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
    /// Bytes for which there was room when that was asked last.
    n_checked: u64,
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
        let n_bytes = block.len() as u64;
        if n_bytes > self.n_checked {
            self.place.check_room(n_bytes)?;
            self.n_checked = n_bytes.max(CHECKED_AT_A_TIME);
        }
        self.n_checked -= n_bytes;
        (&*self.place.file).write_all(block).map_err(|error| StoreError::io(self.place.what(), error))
    }
}

impl Place {
    /// Whether so much more leaves on the disk what the database needs to work on: to delete, and to start again.
    fn check_room(&self, n_bytes: u64) -> Result<(), StoreError> {
        if self.keep_free_bytes == 0 {
            return Ok(());
        }
        let disk =
            rustix::fs::fstatvfs(&self.file).map_err(|error| StoreError::io(self.what(), error.into()))?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        let is_enough = free_bytes >= self.keep_free_bytes.saturating_add(n_bytes);
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
        let writing = Lane::to(Writer { place: place.clone(), n_checked: 0, _guard: guard });
        let hashing = Lane::to(sums);
        let open = Open { place, writing, hashing, asked_at: n_bytes, keeping: None, is_lost: false };
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
        // Both get them before either is waited for: who gives up in between leaves file and sums alike.
        open.hashing.give(bytes.clone());
        open.writing.give(bytes);
        open.writing.room().await?;
        open.hashing.room().await?;
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
        open.is_lost |= on_disk.is_err();
        on_disk.and(sums)
    }

    /// Whether the disk has failed to keep bytes that it had taken: nobody can say which, and the file is of no use any more.
    pub(crate) fn is_lost(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.is_lost)
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

    /// What became of the last such request.
    async fn kept(&mut self) -> Result<(), StoreError> {
        let failed = |cause: std::io::Error| StoreError::io(self.place.what(), cause);
        let kept = match self.keeping.take() {
            Some(keeping) => keeping.await.unwrap_or_else(|error| Err(failed(std::io::Error::other(error)))),
            None if self.is_lost => {
                Err(failed(std::io::Error::other("the disk has failed to keep bytes before")))
            }
            None => Ok(()),
        };
        self.is_lost |= kept.is_err();
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resumable::Running;

    fn at(path: &str) -> PartFile {
        let guard = Running::default().begin("of a test").unwrap();
        // Some of these files have no end.
        PartFile::resume(path.into(), 0, Some(Checksums::new()), guard).unwrap()
    }

    /// `/dev/null` takes all, and keeps nothing when it is asked to.
    #[tokio::test]
    async fn what_the_disk_does_not_keep_is_lost_for_good() {
        let mut part = at("/dev/null");
        part.append(Bytes::from_static(b"abc")).await.unwrap();
        assert!(!part.is_lost());
        for words in ["writing /dev/null to the disk", "has failed to keep bytes before"] {
            let said = part.sync().await.err().unwrap().to_string();
            assert!(said.contains(words) && part.is_lost(), "{said}");
        }
        let mut part = at("/dev/null");
        part.append(vec![0; KEPT_AT_A_TIME as usize].into()).await.unwrap();
        // Here, or at the end.
        let _ = part.append(Bytes::from_static(b"abc")).await;
        assert!(part.sync().await.is_err() && part.is_lost());
    }

    #[tokio::test]
    async fn a_full_disk_loses_nothing_that_it_has_taken() {
        let mut part = at("/dev/full");
        part.append(Bytes::from_static(b"abc")).await.unwrap();
        let full = part.sync().await.err().unwrap();
        assert!(matches!(full, StoreError::DiskFull { .. }) && !part.is_lost(), "{full}");
    }
}
