//! `install`, `uninstall`, `doctor`, `reference`.

use crate::{install, kernel, repository};
use serde_json::Value;
use std::process::Command;

#[test]
fn the_kernelspec_says_how_to_start_the_kernel() {
    let prefix = tempfile::tempdir().unwrap();
    let status = Command::new(kernel())
        .args([
            "install",
            "--name",
            "hep",
            "--display-name",
            "HEP",
            "--env",
            "A",
            "1",
            "--env",
            "B",
            "2",
            "--prefix",
        ])
        .arg(prefix.path())
        .status();
    assert!(status.unwrap().success());
    let folder = prefix.path().join("share/jupyter/kernels/hep");
    let spec: Value = serde_json::from_slice(&std::fs::read(folder.join("kernel.json")).unwrap()).unwrap();
    assert_eq!(spec["display_name"], "HEP");
    assert_eq!(spec["interrupt_mode"], "message");
    assert_eq!(spec["env"], serde_json::json!({ "A": "1", "B": "2" }));
    assert_eq!(spec["argv"][3], "{connection_file}");
    assert!(std::path::Path::new(spec["argv"][0].as_str().unwrap()).is_absolute());
    assert!(folder.join("logo-svg.svg").is_file());
    let status =
        Command::new(kernel()).args(["uninstall", "--name", "hep", "--prefix"]).arg(prefix.path()).status();
    assert!(status.unwrap().success());
    assert!(!folder.exists());
}

#[test]
fn two_places_are_refused() {
    let output = Command::new(kernel()).args(["install", "--user", "--sys-prefix"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be used with"));
}

#[test]
fn the_doctor_names_what_is_missing_and_its_cure() {
    let home = tempfile::tempdir().unwrap();
    let doctor = |prefix: Option<&std::path::Path>| {
        let mut command = Command::new(kernel());
        command.arg("doctor").env("HOME", home.path()).env_remove("JUPYTER_DATA_DIR");
        command.env("MLAAS4HEP_TORCH", home.path().join("nowhere"));
        command.env("VIRTUAL_ENV", prefix.unwrap_or(home.path()));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let said = doctor(None);
    assert!(
        said.contains("missing  kernelspec") && said.contains("mlaas4hep-kernel install --user"),
        "{said}"
    );
    assert!(said.contains("missing  training worker"), "{said}");
    let prefix = tempfile::tempdir().unwrap();
    install(prefix.path());
    assert!(doctor(Some(prefix.path())).contains("ok       kernelspec"));
}

#[test]
fn the_reference_page_is_that_of_the_program() {
    let output = Command::new(kernel()).arg("reference").output().unwrap();
    let page = std::fs::read_to_string(repository("docs/magics.md")).unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        page,
        "mlaas4hep-kernel reference > docs/magics.md"
    );
}
