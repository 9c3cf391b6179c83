//! Folders of the user, as evcxr asks for them.
//!
//! evcxr depends on the crate `dirs` for three functions, and that on one under the MPL-2.0, which `deny.toml` does
//! not allow. `[patch]` in the workspace puts this in its place: the rules of freedesktop.org, on Unix only.

use std::path::PathBuf;

/// The home folder.
pub fn home_dir() -> Option<PathBuf> {
    std::env::home_dir().filter(|folder| !folder.as_os_str().is_empty())
}

/// `$XDG_CACHE_HOME`, or `.cache` in the home folder.
pub fn cache_dir() -> Option<PathBuf> {
    folder("XDG_CACHE_HOME", ".cache")
}

/// `$XDG_CONFIG_HOME`, or `.config` in the home folder.
pub fn config_dir() -> Option<PathBuf> {
    folder("XDG_CONFIG_HOME", ".config")
}

/// Relative paths in the variable are to be passed over.
fn folder(variable: &str, in_home: &str) -> Option<PathBuf> {
    let set = std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    set.or_else(|| Some(home_dir()?.join(in_home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_lie_in_the_home_unless_a_path_is_set() {
        let home = home_dir();
        assert_eq!(folder("MLAAS4HEP_NOT_SET", ".cache"), home.map(|home| home.join(".cache")));
        let path = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        assert_eq!(folder("CARGO_MANIFEST_DIR", ".cache"), path);
        // The name of a package is no absolute path.
        assert_eq!(folder("CARGO_PKG_NAME", ".cache"), folder("MLAAS4HEP_NOT_SET", ".cache"));
    }
}
