//! The kernel as people meet it: installed, in notebooks, in `JupyterLab`.

#[path = "integration/browser.rs"]
mod browser;
#[path = "integration/installation.rs"]
mod installation;
#[path = "integration/messages.rs"]
mod messages;
#[path = "integration/notebooks.rs"]
mod notebooks;
#[path = "integration/refusals.rs"]
mod refusals;
#[path = "integration/sharing.rs"]
mod sharing;
#[path = "integration/workspaces.rs"]
mod workspaces;

use event_generator::{EventGenerator, GeneratorSettings, Process};
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program.
fn kernel() -> &'static str {
    env!("CARGO_BIN_EXE_mlaas4hep-kernel")
}

/// The Python of the tests; says that the test is skipped where there is none.
fn python(test: &str) -> Option<String> {
    let python = std::env::var("MLAAS4HEP_TEST_PYTHON").ok();
    if python.is_none() {
        skipped(test, "MLAAS4HEP_TEST_PYTHON is not set, so no front end of Python was asked");
    }
    python
}

/// Whether Rust cells can be compiled here; says what is missing and that the test is skipped where not.
#[cfg(feature = "rust")]
fn has_rust_cells(test: &str) -> bool {
    let needed = ["cargo", "rustc", "standard library", "linker"];
    let missing = rust_cells::doctor().into_iter().find(|check| !check.is_ok && needed.contains(&check.name));
    if let Some(missing) = &missing {
        skipped(test, &format!("{}: {}; {}", missing.name, missing.found, missing.cure));
    }
    missing.is_none()
}

#[cfg(not(feature = "rust"))]
fn has_rust_cells(test: &str) -> bool {
    skipped(test, "the kernel was built without Rust cells");
    false
}

fn seed_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust-seed")
}

/// What all tests take for their first Rust cell; built once, when a test first needs it.
fn rust_seed() {
    static SEED: std::sync::OnceLock<()> = std::sync::OnceLock::new();
    SEED.get_or_init(|| {
        let folder = seed_folder();
        let built =
            Command::new(kernel()).args(["prewarm", "--folder"]).arg(&folder).output().expect("the kernel");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    });
}

fn skipped(test: &str, why: &str) {
    #[expect(clippy::print_stderr, reason = "skipped tests say so")]
    {
        eprintln!("SKIPPED: {test}: {why}");
    }
}

/// Installs the kernelspec below a folder, and sets a command's environment so that no file of the user's takes part.
fn install(prefix: &Path) {
    let status =
        Command::new(kernel()).arg("install").arg("--prefix").arg(prefix).status().expect("the kernel");
    assert!(status.success());
}

fn in_house<'a>(command: &'a mut Command, prefix: &Path) -> &'a mut Command {
    let programs = Path::new(kernel()).parent().expect("a folder").to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path))).expect("a path");
    command
        .env("PATH", path)
        .env("MLAAS4HEP_RUST_SEED", seed_folder())
        .env("JUPYTER_PATH", prefix.join("share/jupyter"))
        .env("JUPYTER_CONFIG_DIR", prefix.join("config"))
        .env("JUPYTER_DATA_DIR", prefix.join("data"))
        .env("JUPYTER_RUNTIME_DIR", prefix.join("runtime"))
        .env("IPYTHONDIR", prefix.join("ipython"))
        .env("HOME", prefix)
}

/// A folder of the repository.
fn repository(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

/// A file of 5000 generated events.
fn write_signal(path: &Path) {
    write_events(path, 5000);
}

/// A file of generated events.
fn write_events(path: &Path, n_events: u64) {
    let generator = EventGenerator::new(GeneratorSettings::new(Process::Signal, n_events, 1)).unwrap();
    let mut chunks = generator.map(Ok::<_, Infallible>);
    root_writer::write_tree(path, "Events", &mut chunks, &mut |_| ControlFlow::Continue(())).unwrap();
}
