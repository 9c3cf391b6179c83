//! The kernel under the front ends of Python.

use std::path::Path;
use std::process::Command;

/// Runs a script of `tests/python` with the kernelspec installed in a folder of its own.
fn run(test: &str, script: &str) {
    let Ok(python) = std::env::var("MLAAS4HEP_TEST_PYTHON") else {
        eprintln!("SKIPPED: {test}: MLAAS4HEP_TEST_PYTHON is not set, so no front end of Python was asked");
        return;
    };
    let prefix = tempfile::tempdir().unwrap();
    let install = Command::new(env!("CARGO_BIN_EXE_echo-kernel")).arg("install").arg(prefix.path()).status();
    assert!(install.expect("the kernel").success());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python");
    let mut command = Command::new(python);
    command.arg(folder.join(script)).env("JUPYTER_PATH", prefix.path().join("share/jupyter"));
    // No file of the user's takes part.
    command.env("HOME", prefix.path()).env("IPYTHONDIR", prefix.path().join("ipython"));
    let output = command.output().expect("python");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
    assert!(!said.contains("skipped"), "a test was skipped: {said}");
    let uninstall =
        Command::new(env!("CARGO_BIN_EXE_echo-kernel")).arg("uninstall").arg(prefix.path()).status();
    assert!(uninstall.expect("the kernel").success());
    assert!(!prefix.path().join("share/jupyter/kernels/echo").exists());
}

#[test]
fn the_public_test_suite_passes_without_a_skip() {
    run("the_public_test_suite_passes_without_a_skip", "conformance.py");
}

#[test]
fn a_notebook_is_executed() {
    run("a_notebook_is_executed", "notebook.py");
}
