//! `JupyterLab` in a real browser: a person types, presses Tab, runs, sees, interrupts, restarts.

use crate::{in_house, install, python, repository, skipped};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_person_at_jupyterlab() {
    let test = "a_person_at_jupyterlab";
    let Some(python) = python(test) else { return };
    let (Some(node_modules), Some(chromium)) = (browser_modules(), chromium()) else {
        skipped(test, "no browser: MLAAS4HEP_TEST_NODE_MODULES or MLAAS4HEP_TEST_CHROMIUM is not set");
        return;
    };
    let prefix = tempfile::tempdir().unwrap();
    install(prefix.path());
    let work = prefix.path().join("work");
    std::fs::create_dir(&work).unwrap();
    crate::write_signal(&work.join("signal.root"));
    std::fs::write(work.join("test.ipynb"), empty_notebook()).unwrap();
    let (_server, address) = start_lab(&python, prefix.path(), &work);
    let script = prefix.path().join("lab.mjs");
    std::fs::copy(repository("tests/browser/lab.mjs"), &script).unwrap();
    std::os::unix::fs::symlink(node_modules, prefix.path().join("node_modules")).unwrap();
    let screenshot = screenshot_folder().join("jupyterlab.png");
    let output = Command::new("node")
        .arg(&script)
        .args([&address, "test.ipynb"])
        .arg(&screenshot)
        .arg(chromium)
        .output()
        .expect("node");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(screenshot.is_file());
}

fn browser_modules() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("MLAAS4HEP_TEST_NODE_MODULES")?);
    folder.join("playwright-core").is_dir().then_some(folder)
}

fn chromium() -> Option<PathBuf> {
    std::env::var_os("MLAAS4HEP_TEST_CHROMIUM").map(PathBuf::from).filter(|program| program.is_file())
}

/// Pictures of the browser are kept with the build, where one can look at them.
fn screenshot_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn empty_notebook() -> String {
    let cell = json!({ "cell_type": "code", "id": "first", "metadata": {}, "source": [], "outputs": [], "execution_count": null });
    json!({
        "cells": [cell],
        "metadata": { "kernelspec": { "display_name": "MLaaS4HEP", "language": "rust", "name": "mlaas4hep" } },
        "nbformat": 4,
        "nbformat_minor": 5,
    })
    .to_string()
}

/// Starts `JupyterLab` and waits for its address.
fn start_lab(python: &str, prefix: &Path, work: &Path) -> (Server, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(python);
    command
        .args([
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            "--ServerApp.port_retries=0",
        ])
        .args(["--IdentityProvider.token=test", "--LabApp.expose_app_in_browser=True"])
        .arg(format!("--ServerApp.port={port}"))
        .current_dir(work)
        .stderr(Stdio::piped())
        .stdout(Stdio::null());
    let mut server = Server(in_house(&mut command, prefix).spawn().expect("JupyterLab"));
    let mut lines = BufReader::new(server.0.stderr.take().expect("piped")).lines();
    let mut said = Vec::new();
    let is_up = lines.by_ref().map_while(Result::ok).any(|line| {
        let is_up = line.contains(&format!("127.0.0.1:{port}/lab"));
        said.push(line);
        is_up
    });
    assert!(is_up, "JupyterLab did not start:\n{}", said.join("\n"));
    // Nobody reads on; a full pipe would stop the server.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    (server, format!("http://127.0.0.1:{port}/lab?token=test"))
}
