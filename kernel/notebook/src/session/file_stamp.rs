//! What a file was when it was opened, to notice that another one has taken its place.

use crate::magic::MagicError;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Place, size and time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    size_bytes: u64,
    modified: (i64, i64),
}

impl FileStamp {
    /// Looks at a file; nothing where there is none.
    pub fn of(path: &str) -> Option<Self> {
        let metadata = std::fs::metadata(Path::new(path)).ok()?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size_bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    /// Refuses a file that is another one now. One that was removed can be read on as long as it is open.
    ///
    /// # Errors
    /// The file was replaced or written to.
    pub fn check(then: Option<Self>, path: &str) -> Result<(), MagicError> {
        match (then, Self::of(path)) {
            (Some(then), Some(now)) if then != now => {
                Err(MagicError::new("FileReplaced", format!("{path} was replaced since it was opened"))
                    .advise(format!("Open it again: %open {path}, or the %dataset line of its sample.")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.root").display().to_string();
        std::fs::write(&path, b"one").unwrap();
        let then = FileStamp::of(&path);
        assert_eq!(FileStamp::check(then, &path), Ok(()));
        let other = folder.path().join("b.root");
        std::fs::write(&other, b"two").unwrap();
        std::fs::rename(&other, &path).unwrap();
        let error = FileStamp::check(then, &path).unwrap_err();
        assert_eq!(error.message, format!("{path} was replaced since it was opened"));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(FileStamp::check(then, &path), Ok(()));
    }
}
