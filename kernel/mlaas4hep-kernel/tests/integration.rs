//! The kernel as people meet it: installed, in notebooks, in `JupyterLab`.

#[path = "integration/browser.rs"]
mod browser;
#[path = "integration/installation.rs"]
mod installation;
#[path = "integration/messages.rs"]
mod messages;
#[path = "integration/notebooks.rs"]
mod notebooks;

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

/// Whether Rust cells are tested; says that the test is skipped where not. They compile with cargo and rust-analyzer, which
/// on a loaded machine do not always find the types of variables in time.
fn has_rust_cells(test: &str) -> bool {
    let is_wanted = std::env::var_os("MLAAS4HEP_TEST_RUST_CELLS").is_some();
    if !is_wanted {
        skipped(test, "MLAAS4HEP_TEST_RUST_CELLS is not set, so no Rust cell was compiled");
    }
    is_wanted
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
    let generator = EventGenerator::new(GeneratorSettings::new(Process::Signal, 5000, 1)).unwrap();
    let mut chunks = generator.map(Ok::<_, Infallible>);
    root_writer::write_tree(path, "Events", &mut chunks, &mut |_| ControlFlow::Continue(())).unwrap();
}
