//! `shared://WORKSPACE/path`: the one name of a file.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;

use crate::{FilePath, NameError, PathError, WorkspaceName};

const SCHEME: &str = "shared://";

/// Why a text is no such address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Another scheme, or none.
    #[error("{0:?} does not start with shared://")]
    Scheme(String),
    /// Bytes that are no UTF-8 after decoding.
    #[error("{0:?} is no UTF-8 after its % escapes are decoded")]
    Encoding(String),
    /// The workspace.
    #[error("{uri}: {source}")]
    Name {
        /// The whole address.
        uri: String,
        /// What is wrong.
        source: NameError,
    },
    /// The path.
    #[error("{uri}: {source}")]
    Path {
        /// The whole address.
        uri: String,
        /// What is wrong.
        source: PathError,
    },
}

/// Workspace and path. The slash of a nested group is written `%2F`: `shared://cms%2Fhiggs/ttH.root`; a `%` of a
/// path is `%25`, and other characters may stand as they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SharedUri {
    /// Whose.
    pub workspace: WorkspaceName,
    /// Where in it.
    pub path: FilePath,
}

impl SharedUri {
    /// Whether a text means to be one: only then it is worth parsing.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
    }

    /// A workspace itself.
    #[must_use]
    pub fn of_workspace(workspace: WorkspaceName) -> Self {
        Self { workspace, path: FilePath::root() }
    }

    /// Where a file goes that is to be put to `text`: below it under its own name where that is a folder, which a workspace
    /// is and what ends with a slash, else to that name.
    ///
    /// # Errors
    /// A text that is no address, a name of a file that a workspace cannot keep.
    pub fn of_upload(text: &str, file_name: &str, is_folder: bool) -> Result<Self, UriError> {
        let uri: Self = text.parse()?;
        if !(is_folder || text.ends_with('/') || uri.path.is_root()) {
            return Ok(uri);
        }
        let path = uri.path.join(file_name);
        let path = path.map_err(|source| UriError::Path { uri: format!("{uri}/{file_name}"), source })?;
        Ok(Self { path, ..uri })
    }
}

impl FromStr for SharedUri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        if !Self::is_meant(text) {
            return Err(UriError::Scheme(text.to_owned()));
        }
        let rest = &text[SCHEME.len()..];
        let (workspace, path) = rest.split_once('/').unwrap_or((rest, ""));
        let decode = |part: &str| {
            let decoded = percent_decode_str(part).decode_utf8();
            decoded.map(String::from).map_err(|_| UriError::Encoding(text.to_owned()))
        };
        let uri = || text.to_owned();
        let workspace = WorkspaceName::new(&decode(workspace)?)
            .map_err(|source| UriError::Name { uri: uri(), source })?;
        let path = FilePath::new(&decode(path)?).map_err(|source| UriError::Path { uri: uri(), source })?;
        Ok(Self { workspace, path })
    }
}

impl fmt::Display for SharedUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{SCHEME}{}/{}", self.workspace.segment(), self.path.in_uri())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces that a name gives a meaning to, or that lead upwards elsewhere.
    const PIECES: &str =
        "(a|\u{e9}|e\u{301}|~|/|//|\\.|\\.\\.|%2e|%2E|%2F|%25|%252e|%5c|%00|%|\\\\| |\\?|#|:|@){0,12}";

    proptest! {
        #[test]
        fn what_is_an_address_goes_and_comes(workspace in PIECES, path in PIECES, scheme in "(shared://|Shared://|shared:/|)") {
            let text = format!("{scheme}{workspace}/{path}");
            let Ok(uri) = text.parse::<SharedUri>() else { return Ok(()) };
            prop_assert!(SharedUri::is_meant(&text));
            prop_assert_eq!(uri.to_string().parse::<SharedUri>(), Ok(uri.clone()));
            let mut parts = uri.workspace.as_str().split('/').chain(uri.path.parts());
            prop_assert!(parts.all(|part| !part.is_empty() && !part.trim_matches('.').is_empty()), "{}", uri);
            prop_assert!(!uri.to_string().contains('\\'));
        }

        #[test]
        fn every_name_has_an_address(workspace in "~?[a-z]{1,5}|[a-z]{1,3}(/[a-z.]{1,3}[a-z]){1,2}", path in ".{0,40}|(%|a|%2e|/b){1,9}") {
            let Ok(path) = FilePath::new(&path) else { return Ok(()) };
            let uri = SharedUri { workspace: WorkspaceName::new(&workspace).unwrap(), path };
            prop_assert_eq!(uri.to_string().parse::<SharedUri>(), Ok(uri));
        }

        #[test]
        fn an_upload_lies_in_its_folder(folder in "shared://higgs/([a-z]{1,3}/){0,3}", name in PIECES) {
            let Ok(uri) = SharedUri::of_upload(&folder, &name, true) else { return Ok(()) };
            let folder: SharedUri = folder.parse().unwrap();
            prop_assert_eq!(uri.path.parent(), Some(folder.path));
            prop_assert_eq!(uri.workspace, folder.workspace);
        }

        #[test]
        fn no_text_breaks_it(text in ".{0,60}") {
            let _ = text.parse::<SharedUri>();
        }
    }

    #[test]
    fn addresses_go_and_come() {
        for (text, workspace, path) in [
            ("shared://higgs/ttH.root", "higgs", "ttH.root"),
            ("shared://cms%2Fhiggs/a/b c.root", "cms/higgs", "a/b c.root"),
            ("shared://~alice/100%25.root", "~alice", "100%.root"),
            ("shared://higgs/%2A.root", "higgs", "*.root"),
            ("shared://higgs/what%3F", "higgs", "what?"),
            ("shared://higgs/", "higgs", ""),
        ] {
            let uri: SharedUri = text.parse().unwrap();
            assert_eq!((uri.workspace.as_str(), uri.path.as_str()), (workspace, path));
            assert_eq!(uri.to_string(), text);
        }
        assert_eq!("shared://higgs".parse::<SharedUri>().unwrap().path, FilePath::root());
    }

    #[test]
    fn a_file_goes_into_folders_under_its_own_name() {
        let check = |text: &str, is_folder: bool, expected: &str| {
            assert_eq!(SharedUri::of_upload(text, "a.root", is_folder).unwrap().to_string(), expected);
        };
        check("shared://higgs", false, "shared://higgs/a.root");
        check("shared://higgs/", false, "shared://higgs/a.root");
        check("shared://higgs/data/", false, "shared://higgs/data/a.root");
        check("shared://higgs/b.root", false, "shared://higgs/b.root");
        check("shared://higgs/data", true, "shared://higgs/data/a.root");
        assert!(matches!(SharedUri::of_upload("shared://higgs/", "a.", false), Err(UriError::Path { .. })));
    }

    #[test]
    fn others_are_refused() {
        for text in [
            "/data/x",
            "shared:/x",
            "shared:///x",
            "shared://a/../b",
            "shared://a/%2e%2e/b",
            "shared://a/%ff",
        ] {
            assert!(text.parse::<SharedUri>().is_err(), "{text}");
        }
    }
}
