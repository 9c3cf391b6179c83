//! A copy of everything, made while it is used, and the way back. For `PostgreSQL` and S3 their own tools copy; this makes the
//! copy of `SQLite` and of the folder of blobs.

use std::path::Path;

use crate::{
    BlobSettings, CheckReport, CheckedSettings, Result, StoreError, WorkspaceError, Workspaces,
    blobs::{BlobStore, LocalStore},
    open::sqlite_file,
};

/// What a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupReport {
    /// Blobs that were copied; 0 where they lie in a bucket.
    pub n_blobs: u64,
    /// Bytes of them.
    pub n_bytes: u64,
}

impl Workspaces {
    /// Copies the `SQLite` database and the blobs into a folder, which is empty or holds an older backup. Blobs never change, so on one file system they get a second name instead of a copy. Unfinished uploads
    /// stay behind. Blobs in a bucket stay there: the list `blobs.txt` names what the database needs.
    ///
    /// # Errors
    /// `PostgreSQL` (use `pg_dump`, then copy the blobs); a folder with something else in it; a full disk.
    pub async fn backup(&self, folder: &Path) -> Result<BackupReport> {
        // No blob goes while they are copied, as far as this process goes.
        let _alone = self.upkeep().lock().await;
        check_place(folder)?;
        let what = || format!("making the folder {}", folder.display());
        std::fs::create_dir_all(folder).map_err(|error| StoreError::io(what(), error))?;
        let copy = LocalStore::open(folder)?;
        // Most of the bytes first, so that little is left when the names are copied: beside a running service a blob may go
        // an hour after its last version (`keep_garbage_seconds`).
        for (id, _) in self.all_blobs().await? {
            match self.copy_blob(&id, &copy).await {
                Err(WorkspaceError::Store(StoreError::Missing { .. })) | Ok(_) => {}
                Err(other) => return Err(other),
            }
        }
        self.database().copy_to(&sqlite_file(folder)).await?;
        let rows = self.all_blobs().await?;
        let names: String = rows.iter().flat_map(|(id, _)| [id.as_str(), "\n"]).collect();
        let list = folder.join("blobs.txt");
        std::fs::write(&list, names)
            .map_err(|error| StoreError::io(format!("writing {}", list.display()), error))?;
        let mut report = BackupReport::default();
        for (id, size) in rows {
            if self.copy_blob(&id, &copy).await? {
                report.n_blobs += 1;
                report.n_bytes += size as u64;
            }
        }
        Ok(report)
    }

    async fn all_blobs(&self) -> Result<Vec<(String, i64)>> {
        let rows = sqlx::query_as("SELECT id, size_bytes FROM blobs ORDER BY id");
        Ok(rows.fetch_all(self.database().read()).await?)
    }

    /// Says whether the blob lies in a folder, and is copied now.
    async fn copy_blob(&self, id: &str, copy: &LocalStore) -> Result<bool> {
        let Some(from) = self.blobs().local_blob(id) else { return Ok(false) };
        if LocalStore::length(&from)?.is_none() {
            return Err(StoreError::Missing { blob: id.to_owned() }.into());
        }
        BlobStore::copy_file(&from, &copy.blob_path(id)).await?;
        Ok(true)
    }
}

/// Nobody wants a backup between files of something else.
fn check_place(folder: &Path) -> Result<()> {
    let is_empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if is_empty || folder.join("blobs").is_dir() {
        return Ok(());
    }
    Err(WorkspaceError::Invalid {
        what: "the folder of the backup",
        given: folder.display().to_string(),
        allowed: "it must be empty, or hold an older backup: name another one",
    })
}

/// Brings a backup into the folder of the settings, which must hold no database, and checks it.
///
/// # Errors
/// No backup there, a database here, a full disk.
pub async fn restore_backup(backup: &Path, settings: &CheckedSettings) -> Result<CheckReport> {
    let to = &settings.settings().folder;
    let (from_file, to_file) = (sqlite_file(backup), sqlite_file(to));
    let invalid = |what, given: &Path, allowed| {
        Err(WorkspaceError::Invalid { what, given: given.display().to_string(), allowed })
    };
    if !from_file.is_file() {
        return invalid("the backup", backup, "it must be a folder that backup made");
    }
    if to_file.exists() || settings.settings().database.is_some() {
        let allowed =
            "a backup is restored into a folder without a database, and with SQLite: name another folder";
        return invalid("workspaces.folder", to, allowed);
    }
    let (from, here) = (LocalStore::open(backup)?, LocalStore::open(to)?);
    if settings.settings().blobs == BlobSettings::Local {
        for id in from.all_names()?.0 {
            BlobStore::copy_file(&from.blob_path(&id), &here.blob_path(&id)).await?;
        }
    }
    std::fs::copy(&from_file, &to_file)
        .map_err(|error| StoreError::io(format!("copying {}", from_file.display()), error))?;
    let workspaces = Workspaces::open(settings).await?;
    workspaces.drop_all_uploads().await?;
    // A backup may have lain for years: all its bytes are compared with their digests. Those of a bucket did not move.
    let report = workspaces.check(settings.settings().blobs == BlobSettings::Local).await;
    workspaces.close().await;
    report
}
