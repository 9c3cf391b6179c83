//! `shared://` names as files, wherever the engine takes a name.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use byte_source::{ByteSource, ByteSourceError, FileFacts, FilesAfar, NameAfar};
use hub_api::{Action, Entry, EntryKind, SharedUri};

use crate::{Hub, HubError, ReadSettings, SharedFile, UploadOptions};

/// Makes the client when the first such name is met: a program without a hub must not fail for lack of one.
type Connect = dyn Fn() -> Result<Hub, HubError> + Send + Sync;

/// The files of all workspaces that the caller can see.
pub struct SharedFiles {
    connect: Box<Connect>,
    hub: Mutex<Option<Hub>>,
    settings: ReadSettings,
    made_by: String,
}

impl SharedFiles {
    /// `connect` is called at the first use; `made_by` is written beside every file that is published.
    pub fn new(
        connect: impl Fn() -> Result<Hub, HubError> + Send + Sync + 'static,
        made_by: impl Into<String>,
    ) -> Self {
        Self {
            connect: Box::new(connect),
            hub: Mutex::new(None),
            settings: ReadSettings::default(),
            made_by: made_by.into(),
        }
    }

    /// The same with other settings of reading.
    #[must_use]
    pub fn with_settings(self, settings: ReadSettings) -> Self {
        Self { settings, ..self }
    }

    /// The client.
    ///
    /// # Errors
    /// What `connect` says.
    pub fn hub(&self) -> Result<Hub, HubError> {
        let mut hub = self.hub.lock().unwrap_or_else(PoisonError::into_inner);
        match &*hub {
            Some(hub) => Ok(hub.clone()),
            None => Ok(hub.insert((self.connect)()?).clone()),
        }
    }

    fn with<T>(
        &self,
        name: &str,
        ask: impl FnOnce(&Hub, &SharedUri) -> Result<T, HubError>,
    ) -> Result<T, ByteSourceError> {
        let uri: Result<SharedUri, HubError> = name.parse().map_err(HubError::from);
        let result = uri.and_then(|uri| ask(&self.hub()?, &uri));
        result.map_err(|error| ByteSourceError::Afar { cause: Box::new(error) })
    }
}

impl FilesAfar for SharedFiles {
    fn has(&self, name: &str) -> bool {
        SharedUri::is_meant(name)
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ByteSource>, ByteSourceError> {
        let file = self.with(name, |hub, uri| SharedFile::open(hub.clone(), uri, self.settings))?;
        Ok(Arc::new(file))
    }

    fn facts(&self, name: &str) -> Result<FileFacts, ByteSourceError> {
        let entry = self.with(name, Hub::stat)?;
        Ok(FileFacts {
            is_folder: entry.kind == EntryKind::Folder,
            size_bytes: entry.size_bytes,
            sha256: entry.sha256,
        })
    }

    fn names_in(&self, folder: &str) -> Result<Vec<NameAfar>, ByteSourceError> {
        let name = |entry: Entry| {
            let name = entry.path.name()?.replace('%', "%25");
            Some(NameAfar { name, is_folder: entry.kind == EntryKind::Folder })
        };
        let entries = self.with(folder, |hub, uri| hub.list(uri, false))?;
        Ok(entries.into_iter().filter_map(name).collect())
    }

    fn check_output(&self, name: &str) -> Result<(), ByteSourceError> {
        self.with(name, |hub, uri| {
            let action = format!("write {uri}");
            if uri.path.is_root() {
                let (message, cure) = ("it is a whole workspace".into(), "name a file in it".into());
                return Err(HubError::Conflict { action, message, current: None, cure });
            }
            let workspace = hub.workspace(&uri.workspace)?;
            if workspace.role.allows(Action::Write) {
                return Ok(());
            }
            let message = format!("you may only read {}", uri.workspace);
            let cure = "ask one of its admins for the role writer".into();
            Err(HubError::Forbidden { action, message, cure })
        })
    }

    fn publish(&self, local: &Path, name: &str) -> Result<(), ByteSourceError> {
        let options = UploadOptions { made_by: Some(self.made_by.clone()), ..UploadOptions::default() };
        self.with(name, |hub, uri| hub.upload(local, uri, &options, &mut |_| ControlFlow::Continue(())))?;
        Ok(())
    }
}
