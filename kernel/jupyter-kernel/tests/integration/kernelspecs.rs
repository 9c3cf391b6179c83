//! Kernelspecs are written as Jupyter reads them, and removed.

use jupyter_kernel::kernelspec::{InstallOptions, KernelspecError, Place, install, uninstall};
use serde_json::{Value, json};
use std::path::Path;

fn options(prefix: &Path) -> InstallOptions {
    InstallOptions {
        place: Place::Prefix(prefix.to_path_buf()),
        name: "Toy-1.0".to_string(),
        display_name: "A toy".to_string(),
        language: "toy".to_string(),
        argv: vec!["bin/toy".to_string(), "run".to_string(), "{connection_file}".to_string()],
        env: vec![("TOY_HOME".to_string(), "/toys".to_string())],
        files: vec![("logo-64x64.png".to_string(), b"\x89PNG".to_vec())],
        ..InstallOptions::default()
    }
}

#[test]
fn what_is_written_is_what_jupyter_reads() {
    let prefix = tempfile::tempdir().unwrap();
    let folder = install(&options(prefix.path())).unwrap();
    assert_eq!(folder, prefix.path().join("share/jupyter/kernels/toy-1.0"));
    let text = std::fs::read_to_string(folder.join("kernel.json")).unwrap();
    let spec: Value = serde_json::from_str(&text).unwrap();
    let program = std::env::current_dir().unwrap().join("bin/toy").display().to_string();
    assert_eq!(spec["argv"], json!([program, "run", "{connection_file}"]));
    assert_eq!(spec["interrupt_mode"], "message");
    assert_eq!(spec["env"], json!({"TOY_HOME": "/toys"}));
    assert_eq!(spec["metadata"], json!({"debugger": false}));
    assert_eq!(spec["kernel_protocol_version"], "5.5");
    assert_eq!(std::fs::read(folder.join("logo-64x64.png")).unwrap(), b"\x89PNG");
    // Once more replaces it.
    install(&InstallOptions { display_name: "Another".to_string(), ..options(prefix.path()) }).unwrap();
    assert!(std::fs::read_to_string(folder.join("kernel.json")).unwrap().contains("Another"));
    let place = Place::Prefix(prefix.path().to_path_buf());
    assert_eq!(uninstall(&place, "toy-1.0").unwrap(), folder);
    assert!(!folder.exists());
    let said = uninstall(&place, "toy-1.0").unwrap_err().to_string();
    assert!(said.contains("no kernelspec is there"), "{said}");
}

#[test]
fn what_jupyter_would_not_find_is_refused() {
    let prefix = tempfile::tempdir().unwrap();
    for name in ["", "..", "a/b", "a b", "µ"] {
        let wrong = InstallOptions { name: name.to_string(), ..options(prefix.path()) };
        assert!(matches!(install(&wrong), Err(KernelspecError::Name { .. })), "{name}");
        assert!(matches!(uninstall(&wrong.place, name), Err(KernelspecError::Name { .. })), "{name}");
    }
    let wrong = InstallOptions { argv: vec!["toy".to_string()], ..options(prefix.path()) };
    assert!(matches!(install(&wrong), Err(KernelspecError::NoConnectionFile)));
    let file = prefix.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = install(&options(&file)).unwrap_err().to_string();
    assert!(said.starts_with("cannot write") && said.contains("user"), "{said}");
}
