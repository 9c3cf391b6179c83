//! Whether all that a storage needs is there, before it is opened: nothing is made or brought up to date.

use std::path::Path;

use rustix::{
    fs::{Access, access},
    io::Errno,
};

use crate::{BlobSettings, CheckedSettings, Result, StoreError, blobs::ObjectStorage, database::Database};

/// Asks the database and the object store, and looks whether the folder can be written. What was tried, and how it went.
pub async fn reach(settings: &CheckedSettings) -> Vec<(&'static str, Result<()>)> {
    let settings = settings.settings();
    let mut answers = vec![("folder", may_write(&settings.folder))];
    if let Some(url) = &settings.database {
        answers.push(("database", Database::reach_postgres(url.reveal()).await));
    }
    if let BlobSettings::S3(s3) = &settings.blobs {
        let asked = async { ObjectStorage::open(s3)?.reach().await };
        answers.push(("object store", asked.await.map_err(Into::into)));
    }
    answers
}

/// A folder that is not there yet is made in the nearest one above it.
fn may_write(folder: &Path) -> Result<()> {
    let there = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok()).unwrap_or(Path::new("."));
    let may =
        if there.is_dir() { access(there, Access::WRITE_OK | Access::EXEC_OK) } else { Err(Errno::NOTDIR) };
    may.map_err(|error| StoreError::io(format!("writing into {}", there.display()), error.into()).into())
}
