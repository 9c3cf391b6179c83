//! Storage capabilities of tokens: what a scope such as `storage.read:/higgs/data` opens (WLCG Common JWT Profiles 1.3,
//! section "Capability-based Authorization").

use crate::{Action, FilePath, Role, WorkspaceName};
use percent_encoding::percent_decode_str;

const PREFIX: &str = "storage.";

/// Why a scope is no capability.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scope {scope:?} opens nothing: {reason}")]
pub struct CapabilityError {
    /// What the token carries, at most 80 characters of it.
    pub scope: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// What one capability allows below its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    Read,
    Create,
    Modify,
    /// Known, and of no use here: `storage.poll`.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Capability {
    right: Right,
    parts: Vec<String>,
    /// A path that ends with a slash is a folder: what lies in it, not a file of that name.
    is_folder: bool,
}

/// All capabilities of a token. Where there is one, groups count for nothing, and what no capability allows is refused.
///
/// Paths are those of the namespace: `/WORKSPACE/path`, below the folder that the operator gives the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities(Vec<Capability>);

impl Capabilities {
    /// Reads the `scope` of a token; nothing where it has no capability. `root` is where the paths of the issuer begin: `/`,
    /// or a folder such as `/higgs`.
    ///
    /// # Errors
    /// A capability without a path, or with one that is not absolute or goes up: the whole token is refused.
    pub fn parse(scope: &str, root: &str) -> Result<Option<Self>, CapabilityError> {
        let mut all = Vec::new();
        for word in scope.split_ascii_whitespace() {
            let Some(rest) = word.strip_prefix(PREFIX) else { continue };
            let (right, path) = rest.split_once(':').unwrap_or((rest, ""));
            let right = match right {
                "read" | "stage" => Right::Read,
                "create" => Right::Create,
                "modify" => Right::Modify,
                "poll" => Right::Nothing,
                // Of another profile, or of a later version of this one.
                _ => continue,
            };
            let error = |reason| CapabilityError { scope: word.chars().take(80).collect(), reason };
            let mut parts = parts_of(root).map_err(error)?;
            parts.extend(parts_of(path).map_err(error)?);
            all.push(Capability { right, parts, is_folder: path.ends_with('/') });
        }
        Ok(if all.is_empty() { None } else { Some(Self(all)) })
    }

    /// Whether an action on a name is allowed. `Create` is a new name; making a folder is allowed above a place where
    /// something may be made, too. What a token may do anything with, and the folders above it, it may look at: clients of
    /// `WebDAV` ask before they write. The folder of a path that ends with a slash may be listed; whether the name is that of a
    /// folder is not known here.
    #[must_use]
    pub fn allow(&self, workspace: &WorkspaceName, path: &FilePath, action: Action) -> bool {
        let asked: Vec<&str> = workspace.as_str().split('/').chain(path.parts()).collect();
        self.0.iter().any(|capability| {
            let suits = match action {
                Action::Look => true,
                Action::List | Action::Read => capability.right == Right::Read,
                Action::Create | Action::MakeFolder => {
                    matches!(capability.right, Right::Create | Right::Modify)
                }
                Action::Write => capability.right == Right::Modify,
                Action::Administer => false,
            };
            // A workspace is a folder for sure.
            let is_of_folders =
                path.is_root() || matches!(action, Action::Look | Action::List | Action::MakeFolder);
            let is_its_folder = is_of_folders && capability.is_at(&asked);
            let is_parent =
                matches!(action, Action::Look | Action::MakeFolder) && capability.lies_below(&asked);
            suits && (capability.covers(&asked) || is_its_folder || is_parent)
        })
    }

    /// Names of workspaces that they may open: whether there are such is not known here. `/`, which opens all, names none.
    #[must_use]
    pub fn workspaces(&self) -> Vec<WorkspaceName> {
        let beginnings = |capability: &Capability| -> Vec<WorkspaceName> {
            let n_parts = 1..=capability.parts.len();
            n_parts.filter_map(|n| WorkspaceName::new(&capability.parts[..n].join("/")).ok()).collect()
        };
        self.0.iter().flat_map(beginnings).collect()
    }

    /// The most that is allowed anywhere in a workspace.
    #[must_use]
    pub fn role_in(&self, workspace: &WorkspaceName) -> Option<Role> {
        let asked: Vec<&str> = workspace.as_str().split('/').collect();
        let concerns = |capability: &&Capability| {
            capability.covers(&asked) || capability.lies_below(&asked) || capability.is_at(&asked)
        };
        self.0
            .iter()
            .filter(concerns)
            .filter_map(|capability| match capability.right {
                Right::Read => Some(Role::Reader),
                Right::Create | Right::Modify => Some(Role::Writer),
                Right::Nothing => None,
            })
            .max()
    }
}

impl Capability {
    fn is_at(&self, asked: &[&str]) -> bool {
        self.parts.len() == asked.len() && self.begins(asked)
    }

    /// Whether the paths are the same as far as both go.
    fn begins(&self, asked: &[&str]) -> bool {
        self.parts.iter().zip(asked).all(|(own, asked)| own == asked)
    }

    fn covers(&self, asked: &[&str]) -> bool {
        let least_parts = self.parts.len() + usize::from(self.is_folder);
        asked.len() >= least_parts && self.begins(asked)
    }

    fn lies_below(&self, asked: &[&str]) -> bool {
        self.parts.len() > asked.len() && self.begins(asked)
    }
}

fn parts_of(path: &str) -> Result<Vec<String>, &'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err("it needs a path that begins with a slash");
    };
    let text = percent_decode_str(rest).decode_utf8().map_err(|_| "its path is no UTF-8")?;
    let bare = text.strip_suffix('/').unwrap_or(&text);
    if bare.is_empty() {
        return Ok(Vec::new());
    }
    let path = FilePath::new(bare).map_err(|_| "its path is none that a file can have")?;
    Ok(path.parts().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allows(scope: &str, action: Action, name: &str) -> bool {
        let (workspace, path) = name.split_once(':').unwrap();
        let workspace = WorkspaceName::new(workspace).unwrap();
        let path = FilePath::new(path).unwrap();
        let all = Capabilities::parse(scope, "/").unwrap().unwrap();
        all.allow(&workspace, &path, action)
    }

    #[test]
    fn paths_are_compared_by_their_parts() {
        let check = |scope: &str, name: &str, expected: bool| {
            assert_eq!(allows(scope, Action::Read, name), expected, "{scope} {name}");
        };
        check("storage.read:/foo/bar", "foo:bar", true);
        check("storage.read:/foo/bar", "foo:bar/x", true);
        check("storage.read:/foo/bar", "foo:bargain", false);
        check("storage.read:/foo/bar", "foo:", false);
        check("storage.read:/foo/bar/", "foo:bar", false);
        check("storage.read:/foo/bar/", "foo:bar/x", true);
        check("storage.read:/", "foo:bar", true);
        check("storage.read:/home", "home:alice/x", true);
        check("storage.read:/cms/higgs", "cms/higgs:x", true);
        check("storage.read:/cms/higgs", "cms:x", false);
        check("storage.read:/foo/a%20b", "foo:a b/x", true);
        check("openid storage.stage:/foo", "foo:x", true);
        check("storage.poll:/foo", "foo:x", false);
        check("storage.modify:/foo", "foo:x", false);
    }

    #[test]
    fn rights_differ() {
        let check = |scope: &str, expected: [bool; 5]| {
            let actions =
                [Action::Read, Action::Create, Action::MakeFolder, Action::Write, Action::Administer];
            assert!(allows(scope, Action::Look, "foo:a/b"), "{scope}");
            assert_eq!(actions.map(|action| allows(scope, action, "foo:a/b")), expected, "{scope}");
        };
        check("storage.read:/foo/a", [true, false, false, false, false]);
        check("storage.create:/foo/a", [false, true, true, false, false]);
        check("storage.modify:/foo/a", [false, true, true, true, false]);
        // Parents may be made, and nothing else there.
        check("storage.create:/foo/a/b/c", [false, false, true, false, false]);
        check("storage.read:/foo storage.create:/foo", [true, true, true, false, false]);
        check("storage.poll:/foo", [false; 5]);
        for name in ["foo:", "foo:a", "foo:a/b/x"] {
            assert!(allows("storage.create:/foo/a/b/", Action::Look, name), "{name}");
        }
        assert!(!allows("storage.create:/foo/a/b/", Action::Look, "foo:a/c"));
    }

    #[test]
    fn a_folder_is_listed_and_no_file_of_its_name_is_read() {
        let check = |scope: &str, name: &str, [list, read]: [bool; 2]| {
            let found = [Action::List, Action::Read].map(|action| allows(scope, action, name));
            assert_eq!(found, [list, read], "{scope} {name}");
        };
        check("storage.read:/foo/a/", "foo:a", [true, false]);
        check("storage.read:/foo/a/", "foo:a/b", [true, true]);
        check("storage.read:/foo/a/", "foo:ab", [false, false]);
        check("storage.read:/foo/a/", "foo:", [false, false]);
        check("storage.read:/foo/", "foo:", [true, true]);
        check("storage.read:/foo/a", "foo:a", [true, true]);
        check("storage.modify:/foo/a/", "foo:a", [false, false]);
        assert!(allows("storage.create:/foo/a/", Action::MakeFolder, "foo:a"));
        assert!(!allows("storage.create:/foo/a/", Action::Create, "foo:a"));
    }

    #[test]
    fn a_bad_capability_refuses_the_token() {
        let check = |scope: &str| assert!(Capabilities::parse(scope, "/").is_err(), "{scope}");
        check("storage.read");
        check("storage.read:");
        check("storage.read:foo");
        check("openid storage.modify:/foo/../bar");
        check("storage.read:/foo//bar");
        check("storage.read:/%2e%2e/x");
        assert_eq!(Capabilities::parse("openid compute.read wlcg.groups storage.fly:/x", "/"), Ok(None));
    }

    #[test]
    fn an_issuer_has_its_folder() {
        let all = Capabilities::parse("storage.read:/data", "/higgs").unwrap().unwrap();
        let check = |workspace: &str, path: &str, expected: bool| {
            let (workspace, path) = (WorkspaceName::new(workspace).unwrap(), FilePath::new(path).unwrap());
            assert_eq!(all.allow(&workspace, &path, Action::Read), expected);
        };
        check("higgs", "data/x", true);
        check("data", "x", false);
        assert_eq!(all.role_in(&WorkspaceName::new("higgs").unwrap()), Some(Role::Reader));
        assert_eq!(all.role_in(&WorkspaceName::new("data").unwrap()), None);
    }

    #[test]
    fn workspaces_are_named_by_paths() {
        let all =
            Capabilities::parse("storage.read:/cms/higgs/data storage.modify:/~alice storage.read:/", "/");
        let names = all.unwrap().unwrap().workspaces();
        let names: Vec<_> = names.iter().map(WorkspaceName::as_str).collect();
        assert_eq!(names, ["cms", "cms/higgs", "cms/higgs/data", "~alice"]);
    }

    proptest! {
        #[test]
        fn nothing_outside_is_ever_allowed(own in "(/[a-c]{1,2}){1,4}/?", path in "[a-c]{1,2}(/[a-c]{1,2}){0,4}") {
            let all = Capabilities::parse(&format!("storage.read:{own}"), "/").unwrap().unwrap();
            let (workspace, rest) = path.split_once('/').unwrap_or((&path, ""));
            let allowed =
                all.allow(&WorkspaceName::new(workspace).unwrap(), &FilePath::new(rest).unwrap(), Action::Read);
            let whole = format!("/{path}/");
            let folder = format!("{}/", own.trim_end_matches('/'));
            let is_folder_only = own.ends_with('/') && !rest.is_empty();
            let expected = whole.starts_with(&folder) && (!is_folder_only || whole != folder);
            prop_assert_eq!(allowed, expected);
        }

        #[test]
        fn no_scope_breaks_it(scope in ".{0,80}", root in ".{0,20}") {
            let _ = Capabilities::parse(&scope, &root);
            let _ = Capabilities::parse(&format!("storage.read:{scope}"), &root);
        }
    }
}
