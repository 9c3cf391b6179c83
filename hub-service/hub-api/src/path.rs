//! Paths of files inside a workspace.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

const MAX_PART_BYTES: usize = 255;
const MAX_PATH_BYTES: usize = 4096;
const MAX_DEPTH: usize = 32;

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is no path of a file: {reason}")]
pub struct PathError {
    /// What was given, at most 80 characters of it.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Parts joined by single slashes, none at the ends; the empty path is the workspace itself. In the normal form NFC, parts of
/// 1 to 255 bytes, at most 32 of them and 4096 bytes. No part is `.` or `..` or ends in a dot or a space; no control
/// characters, no backslash. It never becomes a path of the file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePath(String);

impl FilePath {
    /// The workspace itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Checks a path as it was decoded, once, from an address or JSON. One slash at the end is taken off.
    ///
    /// # Errors
    /// What the rules of the type forbid.
    pub fn new(path: &str) -> Result<Self, PathError> {
        let bare = path.strip_suffix('/').unwrap_or(path);
        let normal: String = if is_nfc(bare) { bare.to_owned() } else { bare.nfc().collect() };
        match defect(&normal) {
            Some(reason) => Err(PathError { path: path.chars().take(80).collect(), reason }),
            None => Ok(Self(normal)),
        }
    }

    /// A path below this one.
    ///
    /// # Errors
    /// As [`FilePath::new`], and for a part with a slash in it.
    pub fn join(&self, part: &str) -> Result<Self, PathError> {
        if part.contains('/') || part.is_empty() {
            return Err(PathError {
                path: part.chars().take(80).collect(),
                reason: "a part of a path is one name",
            });
        }
        Self::new(&if self.is_root() { part.to_owned() } else { format!("{}/{part}", self.0) })
    }

    /// `data/ttH.root`; empty for the workspace itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in a `shared://` name: `%` as `%25`, and what a pattern could mean otherwise, `*` and `?`, as `%2A` and `%3F`.
    #[must_use]
    pub fn in_uri(&self) -> String {
        self.0.replace('%', "%25").replace('*', "%2A").replace('?', "%3F")
    }

    /// Whether it is the workspace itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The parts, from the workspace down.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// The last part; `None` for the workspace itself.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.parts().next_back()
    }

    /// The folder it lies in; `None` for the workspace itself.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or_else(String::new, |(parent, _)| parent.to_owned())))
    }

    /// Whether this is `other` or lies below it. `a/bc` does not lie below `a/b`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        other.is_root()
            || self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn defect(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return None;
    }
    if path.len() > MAX_PATH_BYTES {
        return Some("it is longer than 4096 bytes");
    }
    if path.split('/').count() > MAX_DEPTH {
        return Some("it is deeper than 32 folders");
    }
    path.split('/').find_map(part_defect)
}

fn part_defect(part: &str) -> Option<&'static str> {
    match () {
        () if part.is_empty() => Some("a part of it is empty"),
        () if part.len() > MAX_PART_BYTES => Some("a part of it is longer than 255 bytes"),
        () if part.chars().any(char::is_control) => Some("it holds a control character"),
        () if part.contains('\\') => Some("it holds a backslash"),
        () if part.ends_with('.') => Some("a part of it is '.' or '..' or ends in a dot"),
        () if part.ends_with(' ') || part.starts_with(' ') => {
            Some("a part of it starts or ends with a space")
        }
        () => None,
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for FilePath {
    type Error = PathError;

    fn try_from(path: String) -> Result<Self, PathError> {
        Self::new(&path)
    }
}

impl From<FilePath> for String {
    fn from(path: FilePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_taken_as_they_are() {
        for path in ["a", "a/b.root", "D\u{e9}j\u{e0} vu/x", ".hidden", "a..b", "%2e%2e/x", "C:/x", "~a"] {
            assert_eq!(FilePath::new(path).unwrap().as_str(), path);
        }
        assert_eq!(FilePath::new("a/b/").unwrap().as_str(), "a/b");
        assert_eq!(FilePath::new("").unwrap(), FilePath::root());
        assert_eq!(FilePath::new("e\u{301}").unwrap().as_str(), "\u{e9}");
    }

    #[test]
    fn dangers_are_refused() {
        for path in [
            "../x",
            "..",
            ".",
            "a/../../b",
            "/a",
            "//",
            "a//b",
            "a\\b",
            "C:\\x",
            "a\0b",
            "a\nb",
            "a./b",
            "a ",
            " a",
            "a/ /b",
        ] {
            assert!(FilePath::new(path).is_err(), "{path:?}");
        }
        assert!(FilePath::new(&"a".repeat(256)).is_err());
        assert!(FilePath::new(&"a/".repeat(33)).is_err());
        assert!(FilePath::new(&vec!["a".repeat(250); 20].join("/")).is_err());
    }

    #[test]
    fn parents_and_names() {
        let path = FilePath::new("a/b/c").unwrap();
        assert_eq!((path.name(), path.parent().unwrap().as_str()), (Some("c"), "a/b"));
        assert_eq!(FilePath::new("a").unwrap().parent(), Some(FilePath::root()));
        assert_eq!(FilePath::root().parent(), None);
        assert!(path.is_within(&FilePath::new("a/b").unwrap()) && path.is_within(&FilePath::root()));
        assert!(!FilePath::new("a/bc").unwrap().is_within(&FilePath::new("a/b").unwrap()));
    }

    proptest! {
        #[test]
        fn a_path_stays_what_it_is(text in ".{0,60}") {
            if let Ok(path) = FilePath::new(&text) {
                prop_assert_eq!(&FilePath::new(path.as_str()).unwrap(), &path);
                prop_assert!(path.parts().all(|part| part != ".." && part != "."));
            }
        }
    }
}
