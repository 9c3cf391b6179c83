//! The sources of `notebook-api`, which an installed kernel carries with it.

use std::fs;
use std::io;
use std::path::Path;

macro_rules! sources {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../notebook-api/src/", $path)))),*]
    };
}

/// Paths below `src`, and texts.
pub(crate) const SOURCES: &[(&str, &str)] = sources! {
    "lib.rs" "channel.rs" "content.rs" "error.rs" "histogram.rs" "histogram_picture.rs" "input.rs" "nearest.rs"
    "primitive.rs" "print.rs" "progress.rs" "put.rs" "show.rs" "store.rs" "store/folder.rs" "store/layout.rs"
    "store/map.rs" "store/write.rs" "table.rs" "table_builder.rs" "table_view.rs"
};

/// One dynamic library, so that all cells share its state, and that a cell has little to link.
const MANIFEST: &str = r#"[package]
name = "mlaas4hep"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["dylib"]
"#;

/// Writes the crate to `folder`; files that are as they should be are left alone, so that nothing is built anew.
pub(crate) fn unpack(folder: &Path) -> io::Result<()> {
    write_if_other(&folder.join("Cargo.toml"), MANIFEST)?;
    for (path, text) in SOURCES {
        write_if_other(&folder.join("src").join(path), text)?;
    }
    Ok(())
}

fn write_if_other(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Beside and renamed: another kernel may be building from it.
    let beside = path.with_extension(format!("part-{}", std::process::id()));
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}

/// A number that changes with any of the sources (FNV-1a).
pub(crate) fn fingerprint() -> u64 {
    let bytes = SOURCES.iter().flat_map(|(path, text)| [path.as_bytes(), text.as_bytes()]).flatten();
    bytes
        .chain(MANIFEST.as_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebook-api/src");
        let mut found: Vec<String> = Vec::new();
        for folder in [root.clone(), root.join("store")] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_string());
                }
            }
        }
        let mut carried: Vec<&str> = SOURCES.iter().map(|(path, _)| *path).collect();
        found.sort_unstable();
        carried.sort_unstable();
        assert_eq!(found, carried);
    }

    #[test]
    fn unpacking_again_touches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        unpack(folder.path()).unwrap();
        let changed = || fs::metadata(folder.path().join("src/lib.rs")).unwrap().modified().unwrap();
        let first = changed();
        std::thread::sleep(std::time::Duration::from_millis(20));
        unpack(folder.path()).unwrap();
        assert_eq!(changed(), first);
        fs::write(folder.path().join("src/lib.rs"), "other").unwrap();
        unpack(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("src/lib.rs")).unwrap(), SOURCES[0].1);
    }
}
