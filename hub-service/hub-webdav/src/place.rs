//! Where a path of the tree lies.

use dav_server::davpath::DavPath;
use hub_api::{FilePath, WorkspaceName, routes};
use percent_encoding::percent_decode_str;

/// A name of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) workspace: WorkspaceName,
    pub(crate) path: FilePath,
}

/// What a path of the tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The folder of all workspaces.
    Top,
    /// In a workspace, or the workspace itself.
    In(Place),
    /// No name that could be there; why not.
    Nowhere(String),
}

/// What a decoded path is.
pub(crate) fn find(path: &DavPath) -> Found {
    let Ok(text) = std::str::from_utf8(path.as_bytes()) else {
        return Found::Nowhere("the path is no UTF-8".to_owned());
    };
    let text = text.trim_matches('/');
    if text.is_empty() {
        return Found::Top;
    }
    let (folder, rest) = text.split_once('/').unwrap_or((text, ""));
    match (WorkspaceName::of_folder_name(folder), FilePath::new(rest)) {
        (Ok(workspace), Ok(path)) => Found::In(Place { workspace, path }),
        (Err(error), _) => Found::Nowhere(error.to_string()),
        (_, Err(error)) => Found::Nowhere(error.to_string()),
    }
}

/// The part of an address below the mount in its one spelling: `cms%2Fhiggs/a` is `cms~higgs/a`. `None` for segments that
/// are `.` or `..`, or no UTF-8, which nobody sends by mistake.
pub(crate) fn canonical(below_mount: &str) -> Option<String> {
    let mut parts = below_mount.splitn(2, '/');
    let decode = |segment: &str| {
        let text = percent_decode_str(segment).decode_utf8().ok()?.into_owned();
        (text != "." && text != "..").then_some(text)
    };
    let folder = decode(parts.next().unwrap_or_default())?;
    let rest = parts.next();
    for segment in rest.unwrap_or_default().split('/') {
        decode(segment)?;
    }
    let folder = WorkspaceName::of_folder_name(&folder).map_or(folder, |name| name.folder_name());
    let folder = routes::encode_segment(&folder);
    Some(rest.map_or_else(|| folder.clone(), |rest| format!("{folder}/{rest}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_places() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = find(&DavPath::new(text).unwrap());
            match (found, expected) {
                (Found::In(place), Some((workspace, path))) => {
                    assert_eq!((place.workspace.as_str(), place.path.as_str()), (workspace, path), "{text}");
                }
                (Found::Top, None) => assert_eq!(text, "/"),
                (other, expected) => panic!("{text}: {other:?} instead of {expected:?}"),
            }
        };
        check("/", None);
        check("/higgs", Some(("higgs", "")));
        check("/higgs/", Some(("higgs", "")));
        check("/cms~higgs/a%20b/c/", Some(("cms/higgs", "a b/c")));
        check("/~alice/100%25", Some(("~alice", "100%")));
        for text in ["/a%20b/c", "/higgs/a%ff", "/higgs/a%5Cb", "/higgs/a%01"] {
            assert!(matches!(find(&DavPath::new(text).unwrap()), Found::Nowhere(_)), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_canonical_stays_so_and_climbs_nowhere(text in "[a-z~./%0-9A-F]{0,40}") {
            if let Some(once) = canonical(&text) {
                proptest::prop_assert_eq!(canonical(&once), Some(once.clone()));
                let climbs = |segment: &str| {
                    let plain = percent_decode_str(segment).decode_utf8_lossy();
                    plain == "." || plain == ".."
                };
                proptest::prop_assert!(!once.split('/').any(climbs));
            }
        }
    }

    #[test]
    fn one_spelling() {
        for (given, expected) in [
            ("cms%2Fhiggs/a%20b", Some("cms~higgs/a%20b")),
            ("%7Ealice/", Some("~alice/")),
            ("higgs", Some("higgs")),
            ("", Some("")),
            ("higgs/a/../b", None),
            ("higgs/%2e%2e/b", None),
            ("..", None),
            ("higgs/%ff", None),
        ] {
            assert_eq!(canonical(given).as_deref(), expected, "{given}");
        }
    }
}
