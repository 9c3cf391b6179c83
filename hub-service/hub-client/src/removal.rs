//! `rm` of the shell and the notebook.

use hub_api::SharedUri;

use crate::names::SharedNames;
use crate::{Hub, HubError};

impl Hub {
    /// Deletes files, and folders with all that is in them. They go into the trash; each is told. What was looked for is deleted as it was
    /// found: a file that is written meanwhile stays. Gives what failed: one that is not there says nothing about the others.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub fn remove(
        &self,
        names: &[SharedNames],
        tell: &mut dyn FnMut(&SharedUri),
    ) -> Result<Vec<HubError>, HubError> {
        let (mut failed, mut gone) = (Vec::new(), Vec::<SharedUri>::new());
        let is_in =
            |uri: &SharedUri, of: &SharedUri| uri.workspace == of.workspace && uri.path.is_within(&of.path);
        for name in names {
            let Some(found) = or_next(self.meant(name), &mut failed)? else { continue };
            for (uri, etag) in found {
                // Said twice, or by two patterns.
                if gone.iter().any(|of| is_in(&uri, of)) {
                    continue;
                }
                if or_next(self.delete(&uri, etag.as_deref()), &mut failed)?.is_some() {
                    tell(&uri);
                    gone.push(uri);
                }
            }
        }
        Ok(failed)
    }

    /// With the entity tags of the files that were seen. A plain name is not looked for: who may delete need not be allowed to look.
    fn meant(&self, name: &SharedNames) -> Result<Vec<(SharedUri, Option<String>)>, HubError> {
        match name.one() {
            Some(uri) if !name.is_folder() => Ok(vec![(uri.clone(), None)]),
            _ => {
                let found = name.find(self, "delete")?.into_iter();
                Ok(found.map(|entry| (name.uri_of(entry.path), entry.etag)).collect())
            }
        }
    }
}

/// Nothing of what failed, which is noted; a stop ends all.
fn or_next<T>(result: Result<T, HubError>, failed: &mut Vec<HubError>) -> Result<Option<T>, HubError> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(HubError::Stopped) => Err(HubError::Stopped),
        Err(error) => {
            failed.push(error);
            Ok(None)
        }
    }
}
