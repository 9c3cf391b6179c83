//! The seed: what is built once, so that the first cell need not build it.
//!
//! A seed holds the sources of `notebook-api`, cargo's target folder after a first cell, and a note of what it was
//! built by. Each engine takes a copy of the target folder: cargo and evcxr write into theirs.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::options::RustOptions;
use crate::sources;

const NOTE: &str = "seed.json";
const TARGET: &str = "target";

/// What a seed was built by. Another compiler, level or source builds everything anew.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct SeedNote {
    rustc: String,
    opt_level: u8,
    sources: u64,
}

impl SeedNote {
    /// What a seed for these options would be built by here; `None` without a compiler.
    pub(crate) fn current(options: &RustOptions) -> Option<Self> {
        Some(Self { rustc: rustc_version()?, opt_level: options.opt_level, sources: sources::fingerprint() })
    }

    /// What the seed in `folder` was built by.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(NOTE)).ok()?).ok()
    }
}

/// What `rustc -vV` says.
pub(crate) fn rustc_version() -> Option<String> {
    let output = Command::new("rustc").arg("-vV").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the seed of these options can be used as it is.
pub(crate) fn is_fresh(options: &RustOptions) -> bool {
    let found = SeedNote::read(&options.seed);
    found.is_some() && found == SeedNote::current(options)
}

/// Copies the target folder of a fresh seed to `folder`; whether there was one.
pub(crate) fn plant(options: &RustOptions, folder: &Path) -> io::Result<bool> {
    if !is_fresh(options) {
        return Ok(false);
    }
    copy_folder(&options.seed.join(TARGET), &folder.join(TARGET))?;
    Ok(true)
}

/// Keeps the target folder of an engine at `folder` as the seed; gives its size in bytes.
pub(crate) fn harvest(options: &RustOptions, folder: &Path) -> io::Result<u64> {
    let note =
        SeedNote::current(options).ok_or_else(|| io::Error::other("rustc does not say its version"))?;
    let beside = options.seed.join(format!("{TARGET}.part-{}", std::process::id()));
    let target = options.seed.join(TARGET);
    let bytes = copy_folder(&folder.join(TARGET), &beside)?;
    // The note goes first and comes last: a seed without it is no seed.
    for old in [fs::remove_file(options.seed.join(NOTE)), fs::remove_dir_all(&target)] {
        old.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    }
    fs::rename(&beside, &target)?;
    fs::write(options.seed.join(NOTE), serde_json::to_vec_pretty(&note)?)?;
    Ok(bytes)
}

/// Copies a folder with the times of its files, by which cargo knows that nothing has changed.
fn copy_folder(from: &Path, to: &Path) -> io::Result<u64> {
    fs::create_dir_all(to)?;
    let mut bytes = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            bytes += copy_folder(&source, &copy)?;
        } else if !is_of_cells(&entry.file_name().to_string_lossy()) {
            bytes += fs::copy(&source, &copy)?;
            let changed = entry.metadata()?.modified()?;
            File::options().write(true).open(&copy)?.set_times(FileTimes::new().set_modified(changed))?;
        }
    }
    Ok(bytes)
}

/// Libraries of single cells: of no use to other engines.
fn is_of_cells(name: &str) -> bool {
    name.starts_with("libcode_") || name.starts_with("libctx")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_fresh_for_its_own_compiler_and_level_only() {
        let (seed, engine, next) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let options = RustOptions { seed: seed.path().to_path_buf(), ..RustOptions::default() };
        assert!(!plant(&options, next.path()).unwrap());
        let file = engine.path().join("target/deps/libx.so");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, b"library").unwrap();
        fs::write(file.with_file_name("libcode_1.so"), b"cell").unwrap();
        assert_eq!(harvest(&options, engine.path()).unwrap(), 7);
        assert!(plant(&options, next.path()).unwrap());
        let copy = next.path().join("target/deps/libx.so");
        let changed = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(changed(&file), changed(&copy));
        assert!(!copy.with_file_name("libcode_1.so").exists());
        assert!(!is_fresh(&RustOptions { opt_level: 0, ..options.clone() }));
        fs::write(seed.path().join(NOTE), "{").unwrap();
        assert!(!is_fresh(&options));
    }
}
