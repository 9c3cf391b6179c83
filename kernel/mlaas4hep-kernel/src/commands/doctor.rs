//! `mlaas4hep-kernel doctor`.

use super::say;
use crate::surroundings;
use jupyter_kernel::kernelspec::Place;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Check what the kernel needs, and say what cures what is missing.
#[derive(clap::Args)]
pub(crate) struct Doctor {}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    found: Result<String, String>,
    cure: String,
}

impl Doctor {
    #[expect(clippy::unused_self, reason = "commands are structurally parallel")]
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut findings = vec![kernelspec(), worker(), history(), memory(), hub()];
        findings.extend(rust_cells());
        let mut is_well = true;
        for Finding { what, found, cure } in &findings {
            match found {
                Ok(found) => say(&format!("ok       {what}: {found}")),
                Err(problem) => {
                    is_well = false;
                    say(&format!("missing  {what}: {problem}\n         {cure}"));
                }
            }
        }
        Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn kernelspec() -> Finding {
    let places = [Place::User, Place::SysPrefix, Place::System];
    let folders = places.iter().filter_map(Place::kernels_folder).map(|folder| folder.join("mlaas4hep"));
    let found: Vec<String> = folders
        .filter(|folder| folder.join("kernel.json").is_file())
        .map(|folder| folder.display().to_string())
        .collect();
    Finding {
        what: "kernelspec",
        found: if found.is_empty() {
            Err("Jupyter does not know the kernel".into())
        } else {
            Ok(found.join(", "))
        },
        cure: "mlaas4hep-kernel install --user".to_string(),
    }
}

fn worker() -> Finding {
    let found = match surroundings::worker() {
        None => Err("mlaas4hep-torch is not beside this program, and MLAAS4HEP_TORCH is not set".to_string()),
        Some(path) => answer(&path),
    };
    Finding {
        what: "training worker",
        found,
        cure: "scripts/start builds it and fetches libtorch; or set MLAAS4HEP_TORCH to its path".to_string(),
    }
}

/// Whether the worker starts: it says its version, or why libtorch cannot be loaded.
fn answer(path: &Path) -> Result<String, String> {
    let output = Command::new(path).arg("--version").output();
    let output = output.map_err(|error| format!("{} does not start: {error}", path.display()))?;
    if output.status.success() {
        let version = String::from_utf8_lossy(&output.stdout);
        return Ok(format!("{} ({})", path.display(), version.trim()));
    }
    Err(format!(
        "{} ends with {}: {}",
        path.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

fn history() -> Finding {
    let found = match surroundings::history_file() {
        None => Err("HOME is not set, so cells are remembered for one session only".to_string()),
        Some(path) => Ok(path.display().to_string()),
    };
    Finding { what: "history", found, cure: "set HOME or MLAAS4HEP_STATE".to_string() }
}

/// Whether this runs in a server of a `JupyterHub`; the name only, never the token.
fn hub() -> Finding {
    let found = match (std::env::var("JUPYTERHUB_USER"), std::env::var("JUPYTERHUB_API_URL")) {
        (Ok(user), Ok(address)) => format!("a server of {user}, hub at {address}"),
        _ => "not in a server of a JupyterHub".to_string(),
    };
    Finding { what: "hub", found: Ok(found), cure: String::new() }
}

fn memory() -> Finding {
    let limit = std::env::var("MEM_LIMIT").ok();
    let found =
        limit.map_or_else(|| "no limit is set (MEM_LIMIT)".to_string(), |limit| format!("{limit} bytes"));
    Finding { what: "memory", found: Ok(found), cure: String::new() }
}

#[cfg(feature = "rust")]
fn rust_cells() -> Vec<Finding> {
    let found = |check: rust_cells::Check| Finding {
        what: check.name,
        found: if check.is_ok { Ok(check.found) } else { Err(check.found) },
        cure: check.cure,
    };
    rust_cells::doctor().into_iter().map(found).collect()
}

#[cfg(not(feature = "rust"))]
fn rust_cells() -> Vec<Finding> {
    let found = Ok("this program was built without them".to_string());
    vec![Finding { what: "Rust cells", found, cure: String::new() }]
}
