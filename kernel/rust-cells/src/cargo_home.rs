//! The folder that cargo keeps its registry and its locks in (`CARGO_HOME`).
//!
//! cargo locks that folder for every build, also for one that needs nothing of it, and a cell would wait for as long as any
//! other cargo of the user downloads. So cells are built with a folder of this process that links to what the user's
//! has, without its locks. A cell that asks for crates is built with the user's, for two cargos must not unpack
//! into one registry at once.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub(crate) const VARIABLE: &str = "CARGO_HOME";
/// cargo removes from a registry what it has not seen used, and in the folder for cells it has seen nothing.
pub(crate) const CLEANING_VARIABLE: &str = "CARGO_CACHE_AUTO_CLEAN_FREQUENCY";
const NAME: &str = "cargo-home";
const LOCK: &str = ".package-cache";
/// Locks, and a data base that belongs to them.
const NOT_SHARED: [&str; 2] = [LOCK, ".global-cache"];

static OF_USER: OnceLock<PathBuf> = OnceLock::new();

/// The user's `CARGO_HOME`: the one that this program was started with, or `.cargo` in the home folder. What a notebook
/// starts besides its Rust cells has to be given it, for [`crate::worker_hook`] sets another one.
pub fn user_cargo_home() -> Option<PathBuf> {
    OF_USER.get().cloned().or_else(said)
}

fn said() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    folder(VARIABLE).or_else(|| Some(folder("HOME")?.join(".cargo")))
}

/// The folder for cells within the folder of this process; `None` where that of the user is not known. It remembers the
/// user's, and is called before the variable is changed.
pub(crate) fn of_cells(process_folder: &Path) -> Option<PathBuf> {
    let user = said()?;
    OF_USER.set(user).is_ok().then(|| process_folder.join(NAME))
}

/// Makes the folder for cells: links to all that the user's has, but for the locks.
pub(crate) fn fill(process_folder: &Path) -> io::Result<()> {
    match OF_USER.get() {
        Some(user) => link_all(user, &process_folder.join(NAME)),
        None => Ok(()),
    }
}

fn link_all(user: &Path, own: &Path) -> io::Result<()> {
    for name in ["registry", "git"] {
        // What cells download later must lie in the user's folder; one that cannot be written gets nothing more.
        let _ = fs::create_dir_all(user.join(name));
    }
    fs::create_dir_all(own)?;
    for entry in fs::read_dir(user)?.flatten() {
        let name = entry.file_name();
        if NOT_SHARED.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            continue;
        }
        match std::os::unix::fs::symlink(entry.path(), own.join(&name)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Whether code asks for crates, which come from the registry.
pub(crate) fn asks_for_crates(code: &str) -> bool {
    code.lines().map(str::trim_start).any(|line| line.starts_with(":dep") || line.starts_with("extern crate"))
}

/// Whether some cargo waits for another one that holds the user's registry.
pub(crate) fn is_waited_for() -> bool {
    let lock = user_cargo_home().and_then(|user| fs::metadata(user.join(LOCK)).ok());
    let locks = fs::read_to_string("/proc/locks");
    lock.zip(locks.ok()).is_some_and(|(lock, locks)| has_waiting(&locks, lock.ino()))
}

/// Whether the list of locks of the system has one who waits for this file.
fn has_waiting(locks: &str, inode: u64) -> bool {
    let end = format!(":{inode}");
    locks.lines().filter(|line| line.contains("->")).any(|line| {
        let mut words = line.split_whitespace();
        words.any(|word| word.ends_with(&end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_locks_is_shared() {
        let (user, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in ["config.toml", ".package-cache", ".package-cache-mutate", ".global-cache"] {
            fs::write(user.path().join(name), "x").unwrap();
        }
        for _ in 0..2 {
            link_all(user.path(), own.path()).unwrap();
            let names = fs::read_dir(own.path()).unwrap().flatten().map(|entry| entry.file_name());
            let mut names: Vec<_> = names.collect();
            names.sort();
            assert_eq!(names, ["config.toml", "git", "registry"]);
        }
        assert_eq!(fs::read_to_string(own.path().join("config.toml")).unwrap(), "x");
    }

    #[test]
    fn who_asks_for_crates() {
        for code in [":dep rand = \"0.9\"", "let a = 1;\n  extern crate rand;"] {
            assert!(asks_for_crates(code), "{code}");
        }
        for code in ["1 + 1", ":vars", "// extern crate", ""] {
            assert!(!asks_for_crates(code), "{code}");
        }
    }

    #[test]
    fn who_waits_is_seen() {
        let locks = "1: FLOCK  ADVISORY  WRITE 13159 fe:00:103 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 13180 fe:00:103 0 EOF\n2: FLOCK  ADVISORY  WRITE 12 fe:00:114 0 EOF";
        assert!(has_waiting(locks, 103));
        assert!(!has_waiting(locks, 114) && !has_waiting(locks, 3) && !has_waiting("", 103));
    }
}
