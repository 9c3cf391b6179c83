//! A file of this machine, mapped into memory.

use crate::{ByteSource, ByteSourceError, check_range};
use memmap2::Mmap;
use std::borrow::Cow;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::SystemTime;

/// Bytes by which a file is known again: the header of a ROOT file and its number have 63.
const HEAD_BYTES: usize = 128;

/// A file opened for reading. Ranges are slices of the mapped file; where a file cannot be mapped (some
/// network file systems, pipes of a container) every range is read instead.
#[derive(Debug)]
pub struct LocalFile {
    name: String,
    file: File,
    len: u64,
    /// Time of the last change, where the file system has one.
    modified: Option<SystemTime>,
    /// The first bytes when it was opened.
    head: [u8; HEAD_BYTES],
    map: Option<Mmap>,
}

impl LocalFile {
    /// Opens and maps a file.
    ///
    /// # Errors
    /// [`ByteSourceError::Open`] with the system's answer.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ByteSourceError> {
        Ok(Self::open_unmapped(path)?.mapped())
    }

    /// Maps a file that was opened elsewhere, for reading.
    ///
    /// # Errors
    /// [`ByteSourceError::Open`] for a folder, a pipe, a socket or a device.
    pub fn from_file(file: File, name: String) -> Result<Self, ByteSourceError> {
        Ok(Self::unmapped(file, name)?.mapped())
    }

    fn mapped(mut self) -> Self {
        // SAFETY: the mapping is read-only and private to this value. The bytes can change only when another
        // process writes to the file meanwhile; all reading is done through checked cursors that accept any
        // bytes. A file that shrinks would end this process by a signal at the next touch of a lost page;
        // `read_at` therefore compares the file's length before it hands out a slice, which leaves the time
        // between that check and the use of the slice: the same risk as every program that maps files takes.
        self.map = if self.len == 0 { None } else { unsafe { Mmap::map(&self.file) }.ok() };
        self
    }

    /// Opens a file whose ranges will be read, never mapped.
    ///
    /// # Errors
    /// As [`LocalFile::open`].
    pub fn open_unmapped(path: impl AsRef<Path>) -> Result<Self, ByteSourceError> {
        let name = path.as_ref().display().to_string();
        let refuse = |cause| ByteSourceError::Open { name: name.clone(), cause };
        let metadata = std::fs::metadata(&path).map_err(refuse)?;
        if metadata.is_dir() {
            return Err(refuse(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
        }
        // Opening a pipe would wait for somebody who writes.
        if !metadata.is_file() {
            return Err(refuse(std::io::Error::other("it is no file but a pipe, a socket or a device")));
        }
        let file = File::open(&path).map_err(refuse)?;
        Self::unmapped(file, name)
    }

    fn unmapped(file: File, name: String) -> Result<Self, ByteSourceError> {
        let refuse = |cause| ByteSourceError::Open { name: name.clone(), cause };
        let metadata = file.metadata().map_err(refuse)?;
        if !metadata.is_file() {
            return Err(refuse(std::io::Error::other(
                "it is no file but a folder, a pipe, a socket or a device",
            )));
        }
        let modified = metadata.modified().ok();
        let head = head_of(&file);
        Ok(Self { len: metadata.len(), modified, head, name, file, map: None })
    }

    /// Whether ranges are slices of the mapped file.
    pub fn is_mapped(&self) -> bool {
        self.map.is_some()
    }

    fn check_still_whole(&self, range: &Range<u64>) -> Result<(), ByteSourceError> {
        let refuse = |cause| ByteSourceError::Read {
            name: self.name.clone(),
            start: range.start,
            end: range.end,
            cause,
        };
        let now = self.file.metadata().map_err(refuse)?;
        let len_now = now.len();
        if len_now < self.len {
            let name = self.name.clone();
            return Err(ByteSourceError::Shrunk { name, len_at_open: self.len, len_now });
        }
        // Other bytes in the same places would look like a damaged file, or like other events. A new time alone says
        // nothing (`touch`, a backup): the head of a ROOT file has its size, its free segments and a number of its own.
        if now.modified().ok() != self.modified && (len_now != self.len || head_of(&self.file) != self.head) {
            return Err(ByteSourceError::Changed { name: self.name.clone() });
        }
        Ok(())
    }
}

impl ByteSource for LocalFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, ByteSourceError> {
        check_range(&self.name, &range, self.len)?;
        self.check_still_whole(&range)?;
        if let Some(map) = &self.map
            && let Some(bytes) = map.get(range.start as usize..range.end as usize)
        {
            return Ok(Cow::Borrowed(bytes));
        }
        let mut bytes = vec![0; (range.end - range.start) as usize];
        self.file.read_exact_at(&mut bytes, range.start).map_err(|cause| ByteSourceError::Read {
            name: self.name.clone(),
            start: range.start,
            end: range.end,
            cause,
        })?;
        Ok(Cow::Owned(bytes))
    }
}

/// The first bytes of a file; fewer where it has fewer, and zeros.
fn head_of(file: &File) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    let mut n_read = 0;
    while let Ok(n @ 1..) = file.read_at(&mut head[n_read..], n_read as u64) {
        n_read += n;
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("byte-source-{}-{name}", std::process::id()))
    }

    #[test]
    fn mapped_and_read_ranges_are_the_same() {
        let path = path("same");
        std::fs::write(&path, (0..=255).collect::<Vec<u8>>()).unwrap();
        let (mapped, read) = (LocalFile::open(&path).unwrap(), LocalFile::open_unmapped(&path).unwrap());
        assert!(mapped.is_mapped() && !read.is_mapped());
        for range in [0..256, 3..17, 256..256] {
            assert_eq!(mapped.read_at(range.clone()).unwrap(), read.read_at(range).unwrap());
        }
        assert!(matches!(mapped.read_at(250..257), Err(ByteSourceError::OutOfRange { len: 256, .. })));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let path = path("shrinks");
        std::fs::write(&path, [7; 10_000]).unwrap();
        let source = LocalFile::open(&path).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(100).unwrap();
        let error = source.read_at(0..50).unwrap_err();
        assert!(
            matches!(error, ByteSourceError::Shrunk { len_at_open: 10_000, len_now: 100, .. }),
            "{error}"
        );
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_that_is_written_again_is_an_error() {
        let path = path("again");
        std::fs::write(&path, [7; 100]).unwrap();
        let source = LocalFile::open(&path).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.write_all_at(&[8; 200], 0).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let error = source.read_at(0..50).unwrap_err();
        assert!(matches!(error, ByteSourceError::Changed { .. }), "{error}");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_new_time_alone_changes_nothing() {
        let path = path("touched");
        std::fs::write(&path, [7; 1000]).unwrap();
        let source = LocalFile::open(&path).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(source.read_at(0..50).unwrap().len(), 50);
        file.write_all_at(&[8; 4], 20).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(matches!(source.read_at(0..50), Err(ByteSourceError::Changed { .. })));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_that_is_removed_stays_readable() {
        let path = path("removed");
        std::fs::write(&path, [7; 100]).unwrap();
        let source = LocalFile::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(source.read_at(0..100).unwrap().len(), 100);
        assert!(matches!(LocalFile::open(&path), Err(ByteSourceError::Open { .. })));
    }

    #[test]
    fn a_file_that_was_opened_elsewhere() {
        let path = path("elsewhere");
        std::fs::write(&path, b"0123456789").unwrap();
        let source = LocalFile::from_file(File::open(&path).unwrap(), "shared://a/b".to_owned()).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((source.name(), source.len(), source.is_mapped()), ("shared://a/b", 10, true));
        assert_eq!(&*source.read_at(2..5).unwrap(), b"234");
        let folder = File::open(std::env::temp_dir()).unwrap();
        assert!(matches!(LocalFile::from_file(folder, String::new()), Err(ByteSourceError::Open { .. })));
    }

    #[test]
    fn an_empty_file_and_a_folder() {
        let path = path("empty");
        std::fs::write(&path, []).unwrap();
        assert!(LocalFile::open(&path).unwrap().is_empty());
        std::fs::remove_file(path).unwrap();
        assert!(LocalFile::open(std::env::temp_dir()).is_err());
    }
}
