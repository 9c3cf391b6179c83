//! Whether all that a storage needs is there, before it is opened: nothing is made or brought up to date.

use rustix::{
    fs::{Access, access},
    io::Errno,
};

use crate::{BlobSettings, CheckedSettings, Result, StoreError, blobs::ObjectStorage, database::Database};

/// Asks the database and the object store, and looks whether the folder can be written, where it is there. What was tried, and
/// how it went.
pub async fn reach(settings: &CheckedSettings) -> Vec<(&'static str, Result<()>)> {
    let settings = settings.settings();
    let mut answers = Vec::new();
    if settings.folder.is_dir() {
        let failed = |error: Errno| {
            StoreError::io(format!("writing into {}", settings.folder.display()), error.into())
        };
        let may_write = access(&settings.folder, Access::WRITE_OK | Access::EXEC_OK);
        answers.push(("folder", may_write.map_err(|error| failed(error).into())));
    }
    if let Some(url) = &settings.database {
        answers.push(("database", Database::reach_postgres(url.reveal()).await));
    }
    if let BlobSettings::S3(s3) = &settings.blobs {
        let asked = async { ObjectStorage::open(s3)?.reach().await };
        answers.push(("object store", asked.await.map_err(Into::into)));
    }
    answers
}
