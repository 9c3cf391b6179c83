//! Which room may use which. Cargo refuses a cycle but not a wrong arrow; this table does.

use std::collections::BTreeMap;
use std::path::Path;

/// Crate and the crates of this workspace that it may use outside its tests. ARCHITECTURE.md draws it.
const ARROWS: &[(&str, &[&str])] = &[
    ("hub-api", &[]),
    ("hub-auth", &["hub-api"]),
    ("workspaces", &["hub-api"]),
    ("hub-webdav", &["hub-api", "workspaces"]),
    ("hub-testing", &[]),
    ("hub-pages", &["hub-api"]),
    (
        "mlaas4hep-hub",
        &[
            "branch-specs",
            "byte-source",
            "event-columns",
            "hub-api",
            "hub-auth",
            "hub-pages",
            "hub-webdav",
            "plots",
            "report-pictures",
            "root-file",
            "workspaces",
        ],
    ),
    ("event-columns", &[]),
    ("network", &[]),
    ("strict-json", &[]),
    ("page-allocator", &[]),
    ("byte-source", &[]),
    ("plots", &[]),
    ("picture-export", &[]),
    ("training-report", &[]),
    ("text-table", &[]),
    ("report-pictures", &["branch-specs", "plots", "training-report"]),
    ("root-file", &["byte-source", "event-columns"]),
    ("root-writer", &["event-columns"]),
    ("event-generator", &["event-columns"]),
    ("event-frame", &["event-columns"]),
    ("table-file", &["event-columns", "event-frame"]),
    ("event-selection", &["event-columns", "event-frame", "strict-json"]),
    ("branch-specs", &["event-columns"]),
    ("event-histogram", &["event-columns", "event-selection"]),
    ("event-query", &["event-columns", "event-frame"]),
    ("event-matrix", &["branch-specs", "event-columns"]),
    ("training-protocol", &["network"]),
    ("trained-model", &["branch-specs", "event-columns", "event-matrix", "event-selection", "network"]),
    ("model-training", &["event-columns", "network", "training-protocol"]),
    ("torch-trainer", &["network", "training-protocol"]),
    (
        "training-pipeline",
        &[
            "branch-specs",
            "event-columns",
            "event-matrix",
            "event-selection",
            "model-training",
            "network",
            "root-file",
            "root-writer",
            "strict-json",
            "table-file",
            "trained-model",
            "training-report",
        ],
    ),
    (
        "command-line",
        &[
            "branch-specs",
            "event-columns",
            "event-generator",
            "event-matrix",
            "event-selection",
            "model-training",
            "network",
            "page-allocator",
            "plots",
            "report-pictures",
            "root-file",
            "root-writer",
            "table-file",
            "text-table",
            "trained-model",
            "training-pipeline",
            "training-report",
        ],
    ),
    (
        "notebook",
        &[
            "branch-specs",
            "event-columns",
            "event-histogram",
            "event-query",
            "event-selection",
            "jupyter-kernel",
            "model-training",
            "network",
            "picture-export",
            "plots",
            "report-pictures",
            "root-file",
            "root-writer",
            "secrets",
            "table-file",
            "text-table",
            "trained-model",
            "training-pipeline",
            "training-report",
        ],
    ),
    (
        "mlaas4hep-kernel",
        &[
            "event-columns",
            "jupyter-kernel",
            "notebook",
            "notebook-api",
            "page-allocator",
            "rust-cells",
            "secrets",
        ],
    ),
    ("bench-compare", &["branch-specs", "event-columns", "event-matrix", "page-allocator", "root-file"]),
    ("bench-training", &["event-columns", "model-training", "network"]),
    ("secrets", &[]),
    ("jupyter-kernel", &["secrets"]),
    ("kernel-testing", &["jupyter-kernel"]),
    ("echo-kernel", &["jupyter-kernel", "secrets"]),
    ("dirs", &[]),
    ("notebook-api", &[]),
    ("rust-cells", &["notebook-api", "secrets"]),
    ("house-tests", &[]),
];

#[test]
fn no_room_uses_another_than_the_table_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace root");
    let workspace = read(&root.join("Cargo.toml"));
    let members: Vec<&str> = workspace
        .lines()
        .skip_while(|line| !line.starts_with("members"))
        .take_while(|line| !line.starts_with(']'))
        .filter_map(|line| line.trim().strip_prefix('"')?.split('"').next())
        .collect();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for member in members {
        let manifest = read(&root.join(member).join("Cargo.toml"));
        let name = value(&manifest, "name").expect("every crate has a name");
        let Some(may_use) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the table"));
            continue;
        };
        for used in dependencies(&manifest).filter(|used| allowed.contains_key(used)) {
            if !may_use.contains(&used) {
                wrong.push(format!("{name} may not use {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "wrong arrows:\n{}", wrong.join("\n"));
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn value<'a>(manifest: &'a str, key: &str) -> Option<&'a str> {
    manifest.lines().find_map(|line| {
        line.strip_prefix(key)?.trim().strip_prefix('=')?.trim().strip_prefix('"')?.split('"').next()
    })
}

/// Names in `[dependencies]` and `[build-dependencies]`; tests may use what they like.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let mut section = "";
    manifest.lines().filter_map(move |line| {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            return None;
        }
        let name = line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty())?;
        matches!(section, "dependencies" | "build-dependencies").then_some(name)
    })
}
