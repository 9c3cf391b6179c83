//! The notebooks of examples/, run by the client of Jupyter.

use crate::{has_rust_cells, in_house, install, python, repository, rust_seed, skipped};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Runs a notebook; `cells` says what each code cell must show.
fn check(test: &str, name: &str, needs_worker: bool, cells: &Value) {
    let Some(python) = python(test) else { return };
    if needs_worker && std::env::var_os("MLAAS4HEP_TORCH").is_none() {
        skipped(test, "MLAAS4HEP_TORCH is not set, so nothing was trained");
        return;
    }
    let prefix = tempfile::tempdir().unwrap();
    install(prefix.path());
    let work = prefix.path().join("work");
    std::fs::create_dir(&work).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/notebooks.py");
    let mut command = Command::new(python);
    command.arg(script).arg(repository("examples/notebooks").join(name)).arg(&work).arg(cells.to_string());
    let output = in_house(&mut command, prefix.path()).output().expect("python");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_public_test_suite_passes_without_a_skip() {
    let test = "the_public_test_suite_passes_without_a_skip";
    if !has_rust_cells(test) {
        return;
    }
    let Some(python) = python(test) else { return };
    let prefix = tempfile::tempdir().unwrap();
    install(prefix.path());
    crate::write_signal(&prefix.path().join("signal.root"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/conformance.py");
    let mut command = Command::new(python);
    command.arg(script).current_dir(prefix.path());
    rust_seed();
    let output = in_house(&mut command, prefix.path()).output().expect("python");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("skipped"), "a test was skipped: {said}");
}

#[test]
fn first_steps() {
    let cells = json!([
        ["5000 events"],
        ["tree Events", "Jet_pt", "jagged"],
        ["MET_pt", "distribution"],
        ["image", "MET_pt"],
        ["image"],
        ["all events", "ht > 100 and n_b >= 1", "100.00"],
        ["entry", "n_b", "["],
        ["taken back: ht > 100 and n_b >= 1"],
        ["%hist", "Learning"],
    ]);
    check("first_steps", "first-steps.ipynb", false, &cells);
}

#[test]
fn signal_and_background() {
    let cells = json!([
        ["background.root"],
        ["signal", "background", "5000"],
        ["image"],
        ["all events", "nJet >= 2"],
        ["features", "!genWeight"],
        ["\"units\": 32"],
        ["image", "test: AUC 0."],
        ["image", "AUC"],
        ["image"],
        ["signal", "background"],
        ["Simulation"],
        ["image", "wrote score.pdf"],
        ["wrote higgs.mlaas4hep", "wrote higgs.onnx", "sha256"],
    ]);
    check("signal_and_background", "signal-and-background.ipynb", true, &cells);
}

#[test]
fn the_original_workflow() {
    let cells = json!([
        ["background.root"],
        [],
        ["epoch 3", "saved the model to workflow.mlaas4hep", "test: AUC 0."],
        ["image"],
        ["unseen", "image"],
    ]);
    check("the_original_workflow", "original-workflow.ipynb", true, &cells);
}

#[test]
fn rust_and_magics() {
    if !has_rust_cells("rust_and_magics") {
        return;
    }
    rust_seed();
    let cells = json!([
        ["5000 events"],
        ["tree Events", "nJet >= 2"],
        ["events with at least two jets"],
        ["image"],
        [],
        ["significance", "in memory", "image"],
        ["events", "distance"],
    ]);
    check("rust_and_magics", "rust-and-magics.ipynb", false, &cells);
}

#[test]
fn papermill_hands_parameters_over_in_the_form_of_python() {
    let Some(python) = python("papermill_hands_parameters_over_in_the_form_of_python") else { return };
    let prefix = tempfile::tempdir().unwrap();
    install(prefix.path());
    crate::write_signal(&prefix.path().join("signal.root"));
    let cell = |source: &str, tags: Value| json!({"cell_type": "code", "execution_count": null, "id": source.len().to_string(), "metadata": {"tags": tags}, "outputs": [], "source": source});
    let notebook = json!({
        "cells": [
            cell("# Parameters\nleast = 1\nfile = \"none.root\"", json!(["parameters"])),
            cell("%open {file}", json!([])),
            cell("%cut MET_pt > {least}", json!([])),
        ],
        "metadata": {"kernelspec": {"name": "mlaas4hep", "display_name": "MLaaS4HEP", "language": "rust"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    std::fs::write(prefix.path().join("in.ipynb"), notebook.to_string()).unwrap();
    let mut command = Command::new(python);
    command.current_dir(prefix.path()).args(["-m", "papermill", "--no-progress-bar", "--language", "python"]);
    command.args(["in.ipynb", "out.ipynb", "-p", "least", "42.5", "-p", "file", "signal.root"]);
    let output = in_house(&mut command, prefix.path()).output().expect("python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let done = std::fs::read_to_string(prefix.path().join("out.ipynb")).unwrap();
    assert!(done.contains("MET_pt > 42.5") && done.contains("5000 events"), "{done}");
}

#[test]
fn papermill_runs_a_notebook_with_its_pictures() {
    let Some(python) = python("papermill_runs_a_notebook_with_its_pictures") else { return };
    let prefix = tempfile::tempdir().unwrap();
    install(prefix.path());
    let mut command = Command::new(python);
    command
        .args(["-m", "papermill", "--no-progress-bar", "--cwd"])
        .arg(prefix.path())
        .arg(repository("examples/notebooks/first-steps.ipynb"))
        .arg(prefix.path().join("done.ipynb"));
    let output = in_house(&mut command, prefix.path()).output().expect("python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let done = std::fs::read_to_string(prefix.path().join("done.ipynb")).unwrap();
    assert_eq!(done.matches("image/svg+xml").count(), 2);
}
