//! Opening and closing.

use std::{
    fs::{File, TryLockError},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::{Mutex, broadcast};

use crate::{
    CheckedSettings, Clock, Result, Settings, StoreError, blobs::BlobStore, changes::Signal,
    database::Database, links::LinkLines, remembered::Remembered, resumable::Running,
};

/// Signals that may wait for a slow listener; it reads the database afterwards, so that none is lost.
const WAITING_SIGNALS: usize = 1024;

/// The shared storage. Clones are cheap and the same.
#[derive(Clone)]
pub struct Workspaces(Arc<Inner>);

struct Inner {
    settings: Settings,
    clock: Clock,
    database: Database,
    blobs: BlobStore,
    remembered: Remembered,
    signals: broadcast::Sender<Signal>,
    running: Running,
    link_lines: LinkLines,
    /// Held by what must not meet: sweep, check, backup.
    upkeep: Mutex<()>,
    /// Of `SQLite`: no other process has the folder open. Held, not used.
    _only_process: Option<FolderLock>,
}

impl Workspaces {
    /// Opens the storage, and makes it if it is not there. Tables are brought up to date, and what a killed process left
    /// behind is cleared where no other process can be at it (`SQLite`).
    ///
    /// # Errors
    /// A folder that cannot be made or is open in another process, a database or bucket that does not answer.
    pub async fn open(settings: &CheckedSettings) -> Result<Self> {
        let folder = &settings.settings().folder;
        make_folders(folder)?;
        let workspaces = if let Some(url) = &settings.settings().database {
            Self::around(settings, Database::open_postgres(url.reveal()).await?, None)?
        } else {
            let lock = lock_folder(folder)?;
            Self::around(settings, Database::open_sqlite(&sqlite_file(folder)).await?, Some(lock))?
        };
        if workspaces.database().is_sqlite() {
            workspaces.drop_plain_uploads().await?;
        }
        Ok(workspaces)
    }

    /// Opens a folder with a `SQLite` database that a service of the same version may have open: for [`Workspaces::backup`] and [`Workspaces::check`] alone.
    ///
    /// # Errors
    /// No database there.
    pub async fn open_beside(settings: &CheckedSettings) -> Result<Self> {
        let file = sqlite_file(&settings.settings().folder);
        Self::around(settings, Database::open_sqlite(&file).await?, None)
    }

    fn around(
        settings: &CheckedSettings,
        database: Database,
        only_process: Option<FolderLock>,
    ) -> Result<Self> {
        let CheckedSettings { settings, clock } = settings.clone();
        let blobs = BlobStore::open(&settings)?;
        Ok(Self(Arc::new(Inner {
            settings,
            clock,
            remembered: Remembered::new(database.writes()),
            database,
            blobs,
            signals: broadcast::Sender::new(WAITING_SIGNALS),
            running: Running::default(),
            link_lines: LinkLines::default(),
            upkeep: Mutex::default(),
            _only_process: only_process,
        })))
    }

    /// Waits for running statements, and closes the database. Later operations fail.
    pub async fn close(&self) {
        self.0.database.close().await;
    }

    /// What it was opened with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.0.clock.now()
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn blobs(&self) -> &BlobStore {
        &self.0.blobs
    }

    pub(crate) fn remembered(&self) -> &Remembered {
        &self.0.remembered
    }

    pub(crate) fn signals(&self) -> &broadcast::Sender<Signal> {
        &self.0.signals
    }

    pub(crate) fn upkeep(&self) -> &Mutex<()> {
        &self.0.upkeep
    }

    pub(crate) fn link_lines(&self) -> &LinkLines {
        &self.0.link_lines
    }

    pub(crate) fn running(&self) -> &Running {
        &self.0.running
    }
}

/// Where the `SQLite` database lies.
pub(crate) fn sqlite_file(folder: &Path) -> PathBuf {
    folder.join("names.sqlite")
}

fn make_folders(folder: &Path) -> Result<()> {
    let what = || format!("making the folder {}", folder.display());
    let failed = |error| StoreError::io(what(), error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    // Also of a folder that was made by hand, or by an earlier version: other users of the machine see none of it.
    let mode = std::fs::metadata(folder).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        let private = std::fs::Permissions::from_mode(mode & 0o7700);
        if let Err(error) = std::fs::set_permissions(folder, private) {
            tracing::warn!(%error, folder = %folder.display(), "other users of this machine may see names and bytes");
        }
    }
    Ok(())
}

/// The only one at a folder; it goes with this, and with the process however that ends.
pub(crate) struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        // To close the file would not do where this process is just starting another, which holds it open until it runs.
        if let Err(error) = self.0.unlock() {
            tracing::debug!(%error, "the lock of the folder goes when the file is closed");
        }
    }
}

/// One process at a time.
pub(crate) fn lock_folder(folder: &Path) -> Result<FolderLock> {
    let path = folder.join("lock");
    let what = || format!("locking {}", path.display());
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|error| StoreError::io(what(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { folder: folder.to_owned() }.into()),
        Err(TryLockError::Error(error)) => Err(StoreError::io(what(), error).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_goes_although_a_child_still_holds_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let lock = lock_folder(folder.path()).unwrap();
        assert!(lock_folder(folder.path()).is_err());
        let of_child = lock.0.try_clone().unwrap();
        drop(lock);
        assert!(lock_folder(folder.path()).is_ok());
        drop(of_child);
    }
}
