//! `rm` of the shell and the notebook.

use std::fmt;
use std::str::FromStr;

use hub_api::{Entry, EntryKind, SharedUri, UriError};

use crate::names::matching;
use crate::{Hub, HubError};

/// What is to be deleted, as it was said: a name, or a pattern in which `*` and `?` stand for other characters. Brackets stand
/// for themselves: `fit[1].root`, said again when it is gone, must not mean `fit1.root`. Escaped, `%2A` and `%3F`, the others do too.
/// With a slash at its end it is a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToRemove {
    said: String,
    /// Of a pattern, one for [`matching`].
    name: SharedUri,
    is_pattern: bool,
    is_folder: bool,
}

impl FromStr for ToRemove {
    type Err = UriError;

    fn from_str(said: &str) -> Result<Self, UriError> {
        let plain: SharedUri = said.parse()?;
        let is_pattern = said.contains(['*', '?']);
        let name = if is_pattern { bracketed(said).parse()? } else { plain };
        let is_folder = said.ends_with('/') && !name.path.is_root();
        Ok(Self { said: said.to_owned(), name, is_pattern, is_folder })
    }
}

impl fmt::Display for ToRemove {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.said)
    }
}

/// What stands for itself, as a pattern says it.
fn bracketed(said: &str) -> String {
    let mut text = said.replace('[', "[[]");
    for (escaped, bracketed) in
        [("%5B", "[[]"), ("%5b", "[[]"), ("%2A", "[*]"), ("%2a", "[*]"), ("%3F", "[?]"), ("%3f", "[?]")]
    {
        text = text.replace(escaped, bracketed);
    }
    text
}

impl ToRemove {
    /// What is meant, with its state where that was seen.
    fn find(&self, hub: &Hub) -> Result<Vec<(SharedUri, Option<String>)>, HubError> {
        if !self.is_pattern {
            // Who may delete need not be allowed to look.
            if self.is_folder && hub.stat(&self.name)?.kind == EntryKind::File {
                return Err(self.not_there(&format!("a folder {}", self.name), Some(&self.name)));
            }
            return Ok(vec![(self.name.clone(), None)]);
        }
        let mut entries = matching(hub, &self.name)?;
        entries.retain(|entry| !self.is_folder || entry.kind == EntryKind::Folder);
        if entries.is_empty() {
            return Err(self.not_there(&self.said, None));
        }
        let found = |Entry { path, etag, .. }: Entry| (SharedUri { path, ..self.name.clone() }, etag);
        Ok(entries.into_iter().map(found).collect())
    }

    fn not_there(&self, name: &str, nearest: Option<&SharedUri>) -> HubError {
        let nearest = nearest.iter().map(ToString::to_string).collect();
        HubError::NotFound { action: format!("delete {self}"), name: name.to_owned(), nearest }
    }
}

impl Hub {
    /// Deletes files, and folders with all that is in them. They go into the trash; each is told. What a pattern found is deleted as it was
    /// found: what is written meanwhile stays. Gives what failed: one that is not there says nothing about the others.
    ///
    /// # Errors
    /// [`HubError::Stopped`].
    pub fn remove(
        &self,
        names: &[ToRemove],
        tell: &mut dyn FnMut(&SharedUri),
    ) -> Result<Vec<HubError>, HubError> {
        let mut failed = Vec::new();
        for name in names {
            let Some(found) = or_next(name.find(self), &mut failed)? else { continue };
            for (uri, etag) in found {
                if or_next(self.delete(&uri, etag.as_deref()), &mut failed)?.is_some() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant() {
        let check = |said: &str, name: &str, is_pattern: bool, is_folder: bool| {
            let removed: ToRemove = said.parse().unwrap();
            let found = (removed.name.path.as_str(), removed.is_pattern, removed.is_folder);
            assert_eq!(found, (name, is_pattern, is_folder), "{said}");
            assert_eq!(removed.to_string(), said);
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
        assert!("/tmp/x".parse::<ToRemove>().is_err() && "shared://g/../x".parse::<ToRemove>().is_err());
    }
}
