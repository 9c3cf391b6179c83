//! A file of a workspace becomes a file of this machine: whole, checked, or not at all.

use std::fs::{File, Metadata, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hub_api::{Entry, EntryKind, SharedUri, bytes_text};
use sha2::{Digest, Sha256};

use crate::progress::{OnProgress, Progress, Step};
use crate::upload::look_at;
use crate::{HubClient, HubError, PinnedFile, Transfer};

/// Bytes of the name of a file that its part keeps: a name may have 255 in all.
const MOST_NAME_BYTES: usize = 200;

/// How a download is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DownloadOptions {
    /// Replaces a local file of the same name. Default: no, and then it is an error.
    pub overwrite: bool,
    /// A local file of the same bytes stays, and nothing is fetched. Default: it is as any other.
    pub keeps_equal: bool,
}

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    /// As it is at the service.
    pub entry: Entry,
    /// The same bytes were here, and stayed.
    pub was_there: bool,
}

impl Fetched {
    /// What was fetched where, in a line.
    #[must_use]
    pub fn line(&self, Transfer { here, afar }: &Transfer) -> String {
        let note = if self.was_there { ", here already" } else { "" };
        format!("{afar} -> {}, {}{note}", here.display(), bytes_text(self.entry.size_bytes))
    }
}

impl HubClient {
    /// Downloads a file. What was begun lies beside it with `.part` at the end of its name: a download that was stopped or
    /// broke off goes on there, as long as the file at the service is the same. The SHA-256 is checked before the file
    /// gets its name.
    ///
    /// # Errors
    /// [`HubError::Checksum`], [`HubError::Stopped`], and what the service or the local disk say.
    pub async fn download(
        &self,
        from: &SharedUri,
        to: &Path,
        options: DownloadOptions,
        on_progress: OnProgress<'_>,
    ) -> Result<Fetched, HubError> {
        let failed = |action, path: &Path, cause| HubError::File { action, path: path.to_path_buf(), cause };
        // The file would take the place of a device, a pipe or a folder.
        if to.exists() && !to.is_file() {
            return Err(failed("write", to, std::io::Error::other("it is no plain file; name another")));
        }
        // Also a link that leads nowhere: it is somebody's.
        let is_taken = !options.overwrite && to.symlink_metadata().is_ok();
        let taken = || {
            let cause = "it exists: name another file, or say --overwrite";
            failed("write", to, std::io::Error::new(ErrorKind::AlreadyExists, cause))
        };
        if is_taken && !options.keeps_equal {
            return Err(taken());
        }
        let entry = self.stat(from).await?;
        if options.keeps_equal && has_bytes_of(to, &entry, on_progress)? {
            return Ok(Fetched { entry, was_there: true });
        }
        if is_taken {
            return Err(taken());
        }
        let (EntryKind::File, Some(etag)) = (entry.kind, entry.etag.clone()) else {
            let cause = std::io::Error::other(format!("{from} is a folder; name a file in it"));
            return Err(failed("write", to, cause));
        };
        let file = PinnedFile { uri: from.clone(), etag, size_bytes: entry.size_bytes };
        let path = part_path(to, &file.etag);
        let mut part = Part::open(&path, &file).map_err(|cause| match cause.kind() {
            ErrorKind::NotFound => {
                failed("write", to, std::io::Error::new(cause.kind(), "its folder is not there"))
            }
            _ => failed("write", &path, cause),
        })?;
        self.fill(&file, &mut part, on_progress).await?;
        let (found, lock) = part.finish().map_err(|cause| failed("write", &path, cause))?;
        if let Some(expected) = entry.sha256.clone().filter(|expected| !expected.eq_ignore_ascii_case(&found))
        {
            // What is wrong is not gone on with the next time.
            let _ = std::fs::remove_file(&path);
            return Err(HubError::Checksum { name: from.to_string(), expected, found });
        }
        match named(&path, to, options.overwrite) {
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Err(taken()),
            other => other.map_err(|cause| failed("write", to, cause))?,
        }
        // Only now may another download begin.
        drop(lock);
        Ok(Fetched { entry, was_there: false })
    }

    /// Fetches what is missing; a broken connection is taken up where it broke as long as bytes come.
    async fn fill(
        &self,
        file: &PinnedFile,
        part: &mut Part,
        on_progress: OnProgress<'_>,
    ) -> Result<(), HubError> {
        let mut n_broken = 0;
        while part.n_bytes < file.size_bytes {
            let n_before = part.n_bytes;
            let mut answer = self.ranged(file, &(part.n_bytes..file.size_bytes)).await?;
            let broken = loop {
                match answer.chunk().await {
                    Ok(Some(chunk)) => {
                        let n_left = (file.size_bytes - part.n_bytes) as usize;
                        part.write(&chunk[..chunk.len().min(n_left)])?;
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
                let (done_bytes, total_bytes) = (part.n_bytes, file.size_bytes);
                if on_progress(Progress { step: Step::Transfer, done_bytes, total_bytes }).is_break() {
                    return Err(HubError::Stopped);
                }
            };
            if part.n_bytes > n_before {
                n_broken = 0;
            }
            if part.n_bytes < file.size_bytes {
                n_broken += 1;
                match self.inner.retry.pause(n_broken, None) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(self.broken_off(file, part, broken)),
                }
            }
        }
        Ok(())
    }

    fn broken_off(&self, file: &PinnedFile, part: &Part, broken: Option<reqwest::Error>) -> HubError {
        HubError::Unreachable {
            action: format!("read {} beyond byte {}", file.uri, part.n_bytes),
            address: self.connection().address().origin().ascii_serialization(),
            cause: broken
                .map_or_else(|| "the answer ends too early".into(), |error| crate::request::cause_of(&error)),
        }
    }
}

/// Gives a part its name. Without `overwrite` nothing that came there meanwhile is replaced.
fn named(part: &Path, to: &Path, overwrite: bool) -> std::io::Result<()> {
    if !overwrite {
        match std::fs::hard_link(part, to) {
            Ok(()) => return std::fs::remove_file(part),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
            // No second names on this file system.
            Err(_) => {}
        }
    }
    std::fs::rename(part, to)
}

/// A part file that is ours until it is closed. A link is none: it would lead the bytes elsewhere.
fn locked(path: &Path) -> std::io::Result<File> {
    loop {
        if path.is_symlink() {
            let cause = "it is a link, and was not made by a download: remove it";
            return Err(std::io::Error::new(ErrorKind::AlreadyExists, cause));
        }
        let file = File::options().read(true).append(true).create(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let cause = "another program is just downloading this file to this place; wait for it";
                return Err(std::io::Error::new(ErrorKind::ResourceBusy, cause));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it before may have given it its name in between: then this is no part any more.
        let (ours, there) = (file.metadata()?, std::fs::symlink_metadata(path));
        if there.is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino())) {
            return Ok(file);
        }
    }
}

/// Whether a local file is that of the service.
fn has_bytes_of(path: &Path, entry: &Entry, on_progress: OnProgress<'_>) -> Result<bool, HubError> {
    let may_be = |metadata: Metadata| metadata.is_file() && metadata.len() == entry.size_bytes;
    let is_worth_reading = entry.sha256.is_some() && path.metadata().is_ok_and(may_be);
    Ok(is_worth_reading && look_at(path, on_progress)?.is(entry))
}

/// Beside the file, with a part of the tag: another content gets another name.
fn part_path(to: &Path, etag: &str) -> PathBuf {
    let tag: String = etag.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    let mut name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    while name.len() > MOST_NAME_BYTES {
        name.pop();
    }
    to.with_file_name(format!(".{name}.{tag}.part"))
}

/// The bytes that are there, and their checksum so far.
struct Part {
    path: PathBuf,
    file: File,
    n_bytes: u64,
    hasher: Sha256,
}

impl Part {
    /// Opens or begins the file; what is there is read once, for the checksum. Nobody else may write into it meanwhile.
    fn open(path: &Path, pinned: &PinnedFile) -> std::io::Result<Self> {
        let mut file = locked(path)?;
        if file.metadata()?.len() > pinned.size_bytes {
            file.set_len(0)?;
        }
        let mut part =
            Self { path: path.to_path_buf(), file: file.try_clone()?, n_bytes: 0, hasher: Sha256::new() };
        let mut buffer = vec![0; 1 << 20];
        loop {
            let n_read = file.read(&mut buffer)?;
            if n_read == 0 {
                return Ok(part);
            }
            part.hasher.update(&buffer[..n_read]);
            part.n_bytes += n_read as u64;
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        self.file.write_all(bytes).map_err(|cause| HubError::File {
            action: "write",
            path: self.path.clone(),
            cause,
        })?;
        self.hasher.update(bytes);
        self.n_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Makes the bytes lasting; their SHA-256, and the file, which keeps others away until it is closed.
    fn finish(self) -> std::io::Result<(String, File)> {
        self.file.sync_all()?;
        Ok((hex::encode(self.hasher.finalize()), self.file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_after_the_content() {
        let path = part_path(Path::new("data/ttH.root"), "\"0123456789abcdef0123\"");
        assert_eq!(path, Path::new("data/.ttH.root.0123456789abcdef.part"));
        let longest = part_path(Path::new(&"\u{e9}".repeat(127)), "\"0123456789abcdef0123\"");
        assert!(longest.as_os_str().len() <= 255 && longest.to_str().is_some());
    }

    #[test]
    fn a_file_that_came_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [part, to] = ["part", "to"].map(|name| folder.path().join(name));
        let part_with = |text: &str| std::fs::write(&part, text).unwrap();
        part_with("new");
        named(&part, &to, false).unwrap();
        assert!(!part.exists() && std::fs::read(&to).unwrap() == b"new");
        part_with("newer");
        assert_eq!(named(&part, &to, false).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&to).unwrap(), b"new");
        named(&part, &to, true).unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"newer");
    }

    #[test]
    fn a_part_belongs_to_one_download() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".x.part");
        let first = locked(&path).unwrap();
        assert_eq!(locked(&path).unwrap_err().kind(), ErrorKind::ResourceBusy);
        std::fs::rename(&path, folder.path().join("x")).unwrap();
        std::os::unix::fs::symlink("elsewhere", folder.path().join(".y.part")).unwrap();
        assert!(locked(&folder.path().join(".y.part")).unwrap_err().to_string().contains("link"));
        let second = locked(&path).unwrap();
        assert_ne!(first.metadata().unwrap().ino(), second.metadata().unwrap().ino());
    }
}
