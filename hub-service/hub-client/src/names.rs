//! What a name, or a pattern, means in a workspace.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use glob::{MatchOptions, Pattern};
use hub_api::{Entry, EntryKind, FilePath, SharedUri, UriError};

use crate::{Hub, HubError};

/// As a shell does it: hidden files are named by their dot alone.
const AS_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// What was said: a name, or a pattern in which `*` and `?` stand for other characters of a name, and `**` for any number of folders.
/// Which of them it is does not depend on what is there: `%2A` and `%3F` are the characters themselves, and so are brackets, since
/// `fit[1].root`, said again when it is gone, must not mean `fit1.root`. With a slash at its end only folders are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedNames {
    said: String,
    /// Of a pattern, with what stands for itself in brackets.
    name: SharedUri,
    is_pattern: bool,
    is_folder: bool,
}

impl FromStr for SharedNames {
    type Err = UriError;

    fn from_str(said: &str) -> Result<Self, UriError> {
        let plain: SharedUri = said.parse()?;
        let is_pattern = said.contains(['*', '?']);
        let name = if is_pattern { bracketed(said).parse()? } else { plain };
        let is_folder = said.ends_with('/') && !name.path.is_root();
        Ok(Self { said: said.to_owned(), name, is_pattern, is_folder })
    }
}

impl fmt::Display for SharedNames {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.said)
    }
}

/// What stands for itself, as a pattern says it.
fn bracketed(said: &str) -> String {
    let mut text = said.replace('[', "[[]");
    for (escaped, own) in
        [("%5B", "[[]"), ("%5b", "[[]"), ("%2A", "[*]"), ("%2a", "[*]"), ("%3F", "[?]"), ("%3f", "[?]")]
    {
        text = text.replace(escaped, own);
    }
    text
}

impl SharedNames {
    /// Whether it may mean several files and folders.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.is_pattern
    }

    /// The name; of a pattern nothing.
    pub(crate) fn one(&self) -> Option<&SharedUri> {
        (!self.is_pattern).then_some(&self.name)
    }

    /// Whether only folders are meant.
    pub(crate) fn is_folder(&self) -> bool {
        self.is_folder
    }

    /// The name of what was found.
    pub(crate) fn uri_of(&self, path: FilePath) -> SharedUri {
        SharedUri { path, ..self.name.clone() }
    }

    /// What is meant, in the order of the names, to do this with it.
    pub(crate) fn find(&self, hub: &Hub, action: &str) -> Result<Vec<Entry>, HubError> {
        let mut entries =
            if self.is_pattern { matching(hub, &self.name)? } else { vec![hub.stat(&self.name)?] };
        entries.retain(|entry| !self.is_folder || entry.kind == EntryKind::Folder);
        if !entries.is_empty() {
            return Ok(entries);
        }
        let action = format!("{action} {self}");
        Err(match self.one() {
            Some(file) => HubError::NotFound {
                action,
                name: format!("a folder {file}"),
                nearest: vec![file.to_string()],
            },
            None => HubError::NotFound { action, name: self.said.clone(), nearest: Vec::new() },
        })
    }
}

impl Hub {
    /// What lies in a folder, and with `is_recursive` in those below it; of a pattern what it means.
    ///
    /// # Errors
    /// As [`Hub::list`]; a pattern that means nothing.
    pub fn look(&self, names: &SharedNames, is_recursive: bool) -> Result<Vec<Entry>, HubError> {
        match names.one() {
            Some(folder) => self.list(folder, is_recursive),
            None => names.find(self, "look at"),
        }
    }
}

/// What a pattern says of a workspace, in the order of the names; of any other name nothing. `**` is any number of folders: what
/// lies in a folder that fits comes with it.
fn matching(hub: &Hub, pattern: &SharedUri) -> Result<Vec<Entry>, HubError> {
    let parts: Vec<&str> = pattern.path.parts().collect();
    let n_plain = parts.iter().take_while(|part| !part.contains(['*', '?', '['])).count();
    // `**` beside other letters means nothing.
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
    let n_above = top.path.parts().count();
    let is_meant = |entry: &Entry| {
        let below: Vec<&str> = entry.path.parts().skip(n_above).collect();
        entry.path.is_within(&top.path) && pattern.matches_with(&below.join("/"), AS_A_SHELL)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant() {
        let check = |said: &str, name: &str, is_pattern: bool, is_folder: bool| {
            let names: SharedNames = said.parse().unwrap();
            let found = (names.name.path.as_str(), names.is_pattern, names.is_folder);
            assert_eq!(found, (name, is_pattern, is_folder), "{said}");
            assert_eq!(names.to_string(), said);
        };
        check("shared://g/a.root", "a.root", false, false);
        check("shared://g/runs/", "runs", false, true);
        check("shared://g/", "", false, false);
        check("shared://g/*.root", "*.root", true, false);
        check("shared://g/*/", "*", true, true);
        check("shared://g/fit[1].root", "fit[1].root", false, false);
        check("shared://g/fit%5B1%5D.root", "fit[1].root", false, false);
        check("shared://g/what%3F", "what?", false, false);
        check("shared://g/fit[1]*%2a%5b%3F", "fit[[]1]*[*][[][?]", true, false);
        check("shared://g/100%25%255B*", "100%%5B*", true, false);
        assert!(
            "/tmp/x".parse::<SharedNames>().is_err() && "shared://g/../x".parse::<SharedNames>().is_err()
        );
    }
}
