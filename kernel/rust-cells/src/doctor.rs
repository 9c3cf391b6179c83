//! Looks whether Rust cells can run here, and says what to do where they cannot.

use std::path::Path;
use std::process::Command;

use crate::options::RustOptions;
use crate::seed::{self, SeedNote};
use crate::{sources, standard_library, worker};

/// The oldest compiler that builds cells.
const OLDEST_MINOR: u32 = 85;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub is_ok: bool,
    /// What was found.
    pub found: String,
    /// What to do, where it is not.
    pub cure: String,
}

/// Looks at compiler, linker, seed, sources and folders, with the options that a kernel takes by default.
pub fn doctor() -> Vec<Check> {
    doctor_with(&RustOptions::default())
}

/// Looks at compiler, linker, seed, sources and folders.
pub(crate) fn doctor_with(options: &RustOptions) -> Vec<Check> {
    vec![
        tool("cargo", "install Rust (rustup, minimal profile) and put its `bin` folder on PATH"),
        compiler(),
        library(),
        linker(),
        fast_linker(),
        seed(options),
        api(options),
        folder("folder of builds", &std::env::temp_dir(), "set TMPDIR to a folder that can be written"),
        folder(
            "folder of tables",
            options.store.parent().unwrap_or(&options.store),
            "mount /dev/shm, or set TMPDIR",
        ),
        memory(options),
        hook(),
    ]
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_string())
}

fn tool(name: &'static str, cure: &str) -> Check {
    let found = said(Command::new(name).arg("--version"));
    Check {
        name,
        is_ok: found.is_some(),
        found: found.unwrap_or_else(|| "not found on PATH".to_string()),
        cure: cure.to_string(),
    }
}

fn compiler() -> Check {
    let check = tool("rustc", "install Rust (rustup, minimal profile) and put its `bin` folder on PATH");
    let minor = check.found.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    match minor {
        Some(minor) if minor < OLDEST_MINOR => Check {
            is_ok: false,
            cure: format!("cells need 1.{OLDEST_MINOR} or newer: rustup update stable"),
            ..check
        },
        _ => check,
    }
}

fn library() -> Check {
    let sources = standard_library::sources();
    Check {
        name: "standard library",
        is_ok: sources.is_ok(),
        found: match &sources {
            Ok(folder) => format!("its sources lie in {}", folder.display()),
            Err(missing) => {
                format!("without its sources a cell does not know the types of variables ({missing})")
            }
        },
        cure: standard_library::CURE.to_string(),
    }
}

fn linker() -> Check {
    Check {
        name: "linker",
        ..tool("cc", "install a C compiler, whose linker rustc calls: apt-get install gcc")
    }
}

/// Cells run without it; it is a matter of a tenth of a second.
fn fast_linker() -> Check {
    let found = ["mold", "lld"].into_iter().find_map(|name| said(Command::new(name).arg("--version")));
    let found = found
        .unwrap_or_else(|| "none of mold and lld; cells link with the system's, a little slower".to_string());
    Check { name: "fast linker", is_ok: true, found, cure: String::new() }
}

fn seed(options: &RustOptions) -> Check {
    let place = options.seed.display();
    let (is_ok, found) = match (SeedNote::read(&options.seed), seed::is_fresh(options)) {
        (_, true) => (true, format!("fresh, in {place}")),
        (Some(_), false) => (false, format!("in {place}, built by another compiler, level or version")),
        (None, false) => (false, format!("none in {place}; the first cell takes longer")),
    };
    Check { name: "seed", is_ok, found, cure: "run `mlaas4hep-kernel prewarm`".to_string() }
}

fn api(options: &RustOptions) -> Check {
    let folder = options.api_folder();
    let unpacked = sources::unpack(&folder);
    Check {
        name: "notebook-api",
        is_ok: unpacked.is_ok(),
        found: match &unpacked {
            Ok(()) => format!("{} files in {}", sources::SOURCES.len(), folder.display()),
            Err(error) => format!("cannot be unpacked to {}: {error}", folder.display()),
        },
        cure: "set MLAAS4HEP_RUST_SEED to a folder that can be written".to_string(),
    }
}

fn folder(name: &'static str, folder: &Path, cure: &str) -> Check {
    let tried = tempfile::tempdir_in(folder);
    Check {
        name,
        is_ok: tried.is_ok(),
        found: match &tried {
            Ok(_) => format!("{} can be written", folder.display()),
            Err(error) => format!("{} cannot be written: {error}", folder.display()),
        },
        cure: cure.to_string(),
    }
}

fn memory(options: &RustOptions) -> Check {
    let gibibytes = |bytes: u64| format!("{:.1} GiB for a cell", bytes as f64 / (1_u64 << 30) as f64);
    let limit = options.memory_limit_bytes;
    Check {
        name: "memory",
        is_ok: limit.is_none_or(|bytes| bytes >= 1 << 29),
        found: limit.map_or_else(|| "no limit is known".to_string(), gibibytes),
        cure: "Rust cells need 2 GiB in all; take a larger server, or the kernel without Rust".to_string(),
    }
}

fn hook() -> Check {
    let is_ok = worker::process_folder().is_some();
    Check {
        name: "worker",
        is_ok,
        found: if is_ok {
            "this program can start itself as a worker"
        } else {
            "worker_hook() was not called"
        }
        .to_string(),
        cure: "call rust_cells::worker_hook() first in main".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_has_a_cure() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let options = RustOptions {
            seed: file.clone(),
            store: file.join("tables"),
            memory_limit_bytes: Some(1 << 20),
            ..RustOptions::default()
        };
        let checks = doctor_with(&options);
        let wrong: Vec<&str> = checks.iter().filter(|check| !check.is_ok).map(|check| check.name).collect();
        // The tests of a library are not started through worker_hook.
        assert_eq!(wrong, ["seed", "notebook-api", "folder of tables", "memory", "worker"]);
        assert!(checks.iter().all(|check| check.is_ok || !check.cure.is_empty()), "{checks:?}");
    }
}
