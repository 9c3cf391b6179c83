//! What a name, or a pattern, means in a workspace.

use glob::{MatchOptions, Pattern};
use hub_api::{Entry, EntryKind, FilePath, SharedUri};

use crate::{Hub, HubError};

/// As a shell does it: hidden files are named by their dot alone.
pub(crate) const AS_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: false,
    require_literal_leading_dot: true,
};

pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// What a name means.
pub(crate) struct Named {
    /// One of a plain name; of a pattern all that it fits, in the order of the names.
    pub(crate) entries: Vec<Entry>,
    pub(crate) is_pattern: bool,
}

impl Named {
    /// What is there of the very name, else what it fits as a pattern.
    pub(crate) fn find(hub: &Hub, name: &SharedUri) -> Result<Self, HubError> {
        match hub.stat(name) {
            Ok(entry) => Ok(Self { entries: vec![entry], is_pattern: false }),
            Err(error @ HubError::NotFound { .. }) => {
                let entries = matching(hub, name)?;
                if entries.is_empty() { Err(error) } else { Ok(Self { entries, is_pattern: true }) }
            }
            Err(error) => Err(error),
        }
    }
}

impl Hub {
    /// Deletes files, and folders with all that is in them: names and patterns as in [`DownloadPlan::new`](crate::DownloadPlan::new).
    /// They go into the trash; each is told. Gives what failed: one that is not there says nothing about the others.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub fn remove(
        &self,
        names: &[SharedUri],
        tell: &mut dyn FnMut(&SharedUri),
    ) -> Result<Vec<HubError>, HubError> {
        let mut failed = Vec::new();
        for name in names {
            let Some(named) = or_next(Named::find(self, name), &mut failed)? else { continue };
            for entry in named.entries {
                let uri = SharedUri { path: entry.path, ..name.clone() };
                if or_next(self.delete(&uri, None), &mut failed)?.is_some() {
                    tell(&uri);
                }
            }
        }
        Ok(failed)
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

/// What a pattern says of a workspace, in the order of the names; of any other name nothing.
fn matching(hub: &Hub, pattern: &SharedUri) -> Result<Vec<Entry>, HubError> {
    let parts: Vec<&str> = pattern.path.parts().collect();
    let n_plain = parts.iter().take_while(|part| !is_pattern(part)).count();
    // What is no pattern after all is only a name.
    let patterns: Result<Vec<Pattern>, _> = parts[n_plain..].iter().map(|part| Pattern::new(part)).collect();
    let (Ok(patterns), Ok(top)) = (patterns, FilePath::new(&parts[..n_plain].join("/"))) else {
        return Ok(Vec::new());
    };
    let (mut folders, mut found) = (vec![top], Vec::new());
    for part in &patterns {
        found.clear();
        for folder in folders {
            let uri = SharedUri { path: folder, ..pattern.clone() };
            let is_meant = |entry: &Entry| {
                let name = entry.path.name().filter(|_| entry.path.parent().as_ref() == Some(&uri.path));
                name.is_some_and(|name| part.matches_with(name, AS_A_SHELL))
            };
            found.extend(hub.list(&uri, false)?.into_iter().filter(is_meant));
        }
        folders = found
            .iter()
            .filter(|entry| entry.kind == EntryKind::Folder)
            .map(|entry| entry.path.clone())
            .collect();
    }
    Ok(found)
}
