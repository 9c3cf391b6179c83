//! What a name, or a pattern, means in a workspace.

use std::collections::HashSet;

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
    /// What is there of the very name, else what it fits as a pattern: only for reading, since what is there now says what is meant.
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

/// What a pattern says of a workspace, in the order of the names; of any other name nothing. `**` is any number of folders: what
/// lies in a folder that fits comes with it.
pub(crate) fn matching(hub: &Hub, pattern: &SharedUri) -> Result<Vec<Entry>, HubError> {
    let parts: Vec<&str> = pattern.path.parts().collect();
    let n_plain = parts.iter().take_while(|part| !is_pattern(part)).count();
    // What is no pattern after all is only a name.
    let patterns: Result<Vec<Pattern>, _> = parts[n_plain..].iter().map(|part| Pattern::new(part)).collect();
    let (Ok(patterns), Ok(top)) = (patterns, FilePath::new(&parts[..n_plain].join("/"))) else {
        return Ok(Vec::new());
    };
    if parts.contains(&"**") {
        return matching_below(hub, &SharedUri { path: top, ..pattern.clone() }, &parts[n_plain..].join("/"));
    }
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

fn matching_below(hub: &Hub, top: &SharedUri, pattern: &str) -> Result<Vec<Entry>, HubError> {
    let Ok(pattern) = Pattern::new(pattern) else { return Ok(Vec::new()) };
    let options = MatchOptions { require_literal_separator: true, ..AS_A_SHELL };
    let n_above = top.path.parts().count();
    let is_meant = |entry: &Entry| {
        let below: Vec<&str> = entry.path.parts().skip(n_above).collect();
        entry.path.is_within(&top.path) && pattern.matches_with(&below.join("/"), options)
    };
    let mut found: Vec<Entry> = hub.list(top, true)?.into_iter().filter(is_meant).collect();
    let folders = found.iter().filter(|entry| entry.kind == EntryKind::Folder);
    let folders: HashSet<FilePath> = folders.map(|entry| entry.path.clone()).collect();
    let is_in_another = |path: &FilePath| {
        std::iter::successors(path.parent(), FilePath::parent).any(|above| folders.contains(&above))
    };
    found.retain(|entry| !is_in_another(&entry.path));
    Ok(found)
}
