//! Names of workspaces.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Longest name in bytes.
const MAX_BYTES: usize = 255;

/// Why a text is no name of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is no name of a workspace: {reason}; a group has letters, digits, '.', '_', '-' and '/', a person '~' before the name"
)]
pub struct NameError {
    /// What was given.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A group, such as `higgs` or `cms/higgs` (no slash at the ends), or a person, `~alice`. In the normal form NFC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkspaceName(String);

impl WorkspaceName {
    /// Checks a name.
    ///
    /// # Errors
    /// Empty or longer than 255 bytes, control characters or backslashes, an empty part or one of dots only,
    /// a `~` elsewhere than in front of one part.
    pub fn new(name: &str) -> Result<Self, NameError> {
        // The normal form of some letters is longer than they are.
        let normal: String = if is_nfc(name) { name.to_owned() } else { name.nfc().collect() };
        match defect(&normal) {
            Some(reason) => Err(NameError { name: name.chars().take(80).collect(), reason }),
            None => Ok(Self(normal)),
        }
    }

    /// The workspace of a person.
    ///
    /// # Errors
    /// As [`WorkspaceName::new`] of `~` and the name; a person's name has no slash.
    pub fn of_person(person: &str) -> Result<Self, NameError> {
        Self::new(&format!("~{person}"))
    }

    /// As it is said: `cms/higgs`, `~alice`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The person, where it is a person's.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        self.0.strip_prefix('~')
    }

    /// As one folder of the `WebDAV` tree: `cms~higgs`, `~alice`. A tilde, which no group has, stands for the slash: many
    /// clients and proxies do not keep `%2F`.
    #[must_use]
    pub fn folder_name(&self) -> String {
        self.0.replace('/', "~")
    }

    /// The workspace of a folder of the `WebDAV` tree; `cms/higgs` is understood as well.
    ///
    /// # Errors
    /// As [`WorkspaceName::new`].
    pub fn of_folder_name(folder: &str) -> Result<Self, NameError> {
        if folder.starts_with('~') { Self::new(folder) } else { Self::new(&folder.replace('~', "/")) }
    }

    /// As one segment of an address: `cms%2Fhiggs`, `~alice`.
    #[must_use]
    pub fn segment(&self) -> String {
        crate::routes::encode_segment(&self.0)
    }
}

fn defect(name: &str) -> Option<&'static str> {
    let bare = name.strip_prefix('~').unwrap_or(name);
    let is_person = bare.len() < name.len();
    match () {
        () if bare.is_empty() => Some("it is empty"),
        () if name.len() > MAX_BYTES => Some("it is longer than 255 bytes"),
        () if bare.contains('~') => Some("it holds a ~; the slash of a nested group is written %2F"),
        () if bare.contains(['\\', '%', '?', '#']) => Some("it holds a character that is not allowed"),
        () if bare.chars().any(|c| c.is_control() || c.is_whitespace()) => {
            Some("it holds a space or a control character")
        }
        () if is_person && bare.contains('/') => Some("a person's name holds a slash"),
        () if bare.split('/').any(str::is_empty) => Some("a part of it is empty"),
        () if bare.split('/').any(|part| part.chars().all(|c| c == '.')) => {
            Some("a part of it is made of dots")
        }
        () => None,
    }
}

impl fmt::Display for WorkspaceName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for WorkspaceName {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        Self::new(&name)
    }
}

impl From<WorkspaceName> for String {
    fn from(name: WorkspaceName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_persons_are_names() {
        for name in ["higgs", "cms/higgs", "~alice", "~a.b@cern.ch", "ATLAS_top-quark", "\u{e9}quipe"] {
            assert_eq!(WorkspaceName::new(name).unwrap().as_str(), name);
        }
        assert_eq!(WorkspaceName::new("cms/higgs").unwrap().segment(), "cms%2Fhiggs");
        assert_eq!(WorkspaceName::new("~alice").unwrap().person(), Some("alice"));
        for (name, folder) in [("cms/higgs", "cms~higgs"), ("~alice", "~alice"), ("top", "top")] {
            let workspace = WorkspaceName::new(name).unwrap();
            assert_eq!(workspace.folder_name(), folder);
            assert_eq!(WorkspaceName::of_folder_name(folder), Ok(workspace.clone()));
            assert_eq!(WorkspaceName::of_folder_name(name), Ok(workspace));
        }
        for folder in ["~", "~a~b", "a~", "a~~b", ".", ""] {
            assert!(WorkspaceName::of_folder_name(folder).is_err(), "{folder}");
        }
        // Two spellings of one letter are one name.
        assert_eq!(WorkspaceName::new("e\u{301}quipe"), WorkspaceName::new("\u{e9}quipe"));
    }

    #[test]
    fn others_are_refused() {
        for name in [
            "", "~", "a//b", "/a", "a/", ".", "a/..", "..", "a b", "a\0", "a\\b", "~a/b", "a~b", "a%2Fb",
            "~~a",
        ] {
            assert!(WorkspaceName::new(name).is_err(), "{name:?}");
        }
        assert!(WorkspaceName::new(&"a".repeat(256)).is_err());
        // 200 bytes, and 400 in the normal form.
        assert!(WorkspaceName::new(&"\u{344}".repeat(100)).is_err());
    }
}
