//! Blobs as files: `blobs/4f/4f0c...`, and unfinished uploads: `parts/4f0c...`.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::StoreError;

/// The two folders.
#[derive(Clone, Debug)]
pub(crate) struct LocalStore {
    blobs: PathBuf,
    parts: PathBuf,
}

impl LocalStore {
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let store = Self { blobs: folder.join("blobs"), parts: folder.join("parts") };
        for made in [&store.blobs, &store.parts] {
            fs::create_dir_all(made)
                .map_err(|error| StoreError::io(format!("making the folder {}", made.display()), error))?;
        }
        Ok(store)
    }

    pub(crate) fn blob_path(&self, id: &str) -> PathBuf {
        self.blobs.join(id.get(..2).unwrap_or("00")).join(id)
    }

    pub(crate) fn part_path(&self, id: &str) -> PathBuf {
        self.parts.join(id)
    }

    /// Gives a part file, whose bytes are on the disk, a second name among the blobs, on the disk as well when this returns.
    /// The part stays until its upload is settled, so that a killed process can do this again.
    pub(crate) fn publish(&self, id: &str) -> Result<(), StoreError> {
        let (from, to) = (self.part_path(id), self.blob_path(id));
        let failed = |error| StoreError::io(format!("publishing {}", to.display()), error);
        let folder = to.parent().unwrap_or(&self.blobs);
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(failed)?;
            sync_folder(&self.blobs).map_err(failed)?;
        }
        match fs::hard_link(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                // No second names on this file system.
                fs::copy(&from, &to).and_then(|_| File::open(&to)?.sync_all()).map_err(failed)?;
            }
            _ => {}
        }
        sync_folder(folder).map_err(failed)
    }

    /// Gives a blob the bytes of a part file, which are those that it should have: what was lost or damaged is whole again. The part
    /// stays.
    pub(crate) fn renew(&self, blob: &str, part: &str) -> Result<(), StoreError> {
        let (from, to) = (self.part_path(part), self.blob_path(blob));
        let failed = |error| StoreError::io(format!("renewing {}", to.display()), error);
        let folder = to.parent().unwrap_or(&self.blobs);
        let beside = self.part_path(&format!("{part}.again"));
        Self::remove(&beside)?;
        if fs::hard_link(&from, &beside).is_err() {
            // No second names on this file system.
            fs::copy(&from, &beside).and_then(|_| File::open(&beside)?.sync_all()).map_err(failed)?;
        }
        fs::create_dir_all(folder).and_then(|()| fs::rename(&beside, &to)).map_err(failed)?;
        // A second name for the same file stays where it is (rename(2)).
        Self::remove(&beside)?;
        sync_folder(folder).map_err(failed)
    }

    pub(crate) fn open_blob(&self, id: &str) -> Result<File, StoreError> {
        let path = self.blob_path(id);
        File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing { blob: id.to_owned() },
            _ => StoreError::io(format!("opening {}", path.display()), error),
        })
    }

    pub(crate) fn length(path: &Path) -> Result<Option<u64>, StoreError> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(format!("looking at {}", path.display()), error)),
        }
    }

    pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io(format!("removing {}", path.display()), error))
            }
            _ => Ok(()),
        }
    }

    /// Names of all blobs and of all part files.
    pub(crate) fn all_names(&self) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let mut blobs = Vec::new();
        for folder in names_in(&self.blobs)? {
            blobs.extend(names_in(&self.blobs.join(folder))?);
        }
        Ok((blobs, names_in(&self.parts)?))
    }

    pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::io(format!("copying {} to {}", from.display(), to.display()), error);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        if to.exists() {
            return Ok(());
        }
        // Blobs never change: a second name for the same bytes is a copy.
        if fs::hard_link(from, to).is_ok() {
            return Ok(());
        }
        // A copy that breaks off must not look like one that is done.
        let beside = to.with_extension("new");
        fs::copy(from, &beside)
            .and_then(|_| File::open(&beside)?.sync_all())
            .and_then(|()| fs::rename(&beside, to))
            .map_err(failed)
    }
}

fn names_in(folder: &Path) -> Result<Vec<String>, StoreError> {
    let failed = |error| StoreError::io(format!("listing {}", folder.display()), error);
    let names = fs::read_dir(folder).map_err(failed)?.map(|entry| Ok(entry?.file_name()));
    let names = names.collect::<io::Result<Vec<_>>>().map_err(failed)?;
    Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
