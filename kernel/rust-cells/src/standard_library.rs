//! The sources of the standard library, from which rust-analyzer takes the types of variables.
//!
//! Where it finds the library's `Cargo.toml`, rust-analyzer asks cargo for the crates that the library itself needs,
//! such as hashbrown. Where these lie in no registry folder yet and cannot be fetched (a machine without a network, a
//! mirror that answers late) it says nothing, and goes on with crates that do not know each other: then nobody knows
//! the type of `vec![1.5]`. Shown the same folders without that file, it joins core, alloc and std by itself, needs no
//! registry and starts two processes less. Types of the library that wrap those of another crate are known all the same.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where rust-analyzer looks for the sources before it asks rustc.
pub(crate) const SOURCE_VARIABLE: &str = "RUST_SRC_PATH";

/// What cures a toolchain without the sources.
pub(crate) const CURE: &str =
    "run `rustup component add rust-src`, or install the package rust-src of your system";

/// The sources that belong to the `rustc` on PATH.
///
/// # Errors
/// What was looked at, and what is missing there.
pub(crate) fn sources() -> Result<PathBuf, String> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    let output = output.map_err(|error| format!("rustc does not say where its library lies: {error}"))?;
    if !output.status.success() {
        return Err(format!("rustc does not say where its library lies: {}", output.status));
    }
    let root = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let library = root.join("lib/rustlib/src/rust/library");
    let core = library.join("core/src/lib.rs");
    if core.is_file() { Ok(library) } else { Err(format!("not there: {}", core.display())) }
}

/// Shows the folders of `library` in `shown`, without its `Cargo.toml`. What is shown already is left alone.
pub(crate) fn show(library: &Path, shown: &Path) -> io::Result<()> {
    std::fs::create_dir_all(shown)?;
    for entry in std::fs::read_dir(library)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        match std::os::unix::fs::symlink(entry.path(), shown.join(entry.file_name())) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_shown_and_files_are_not() {
        let (library, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::create_dir_all(library.path().join("core/src")).unwrap();
        std::fs::write(library.path().join("core/src/lib.rs"), "//!").unwrap();
        std::fs::write(library.path().join("Cargo.toml"), "").unwrap();
        let shown = place.path().join("library");
        for _ in 0..2 {
            show(library.path(), &shown).unwrap();
        }
        assert!(shown.join("core/src/lib.rs").is_file());
        assert!(!shown.join("Cargo.toml").exists());
    }
}
