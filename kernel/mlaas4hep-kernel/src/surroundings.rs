//! What lies around the program: the training worker, the folder for history.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The training worker: where `MLAAS4HEP_TORCH` says, or beside this program.
pub(crate) fn worker() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("MLAAS4HEP_TORCH") {
        return Some(PathBuf::from(path));
    }
    let beside = std::env::current_exe().ok()?.with_file_name("mlaas4hep-torch");
    beside.is_file().then_some(beside)
}

/// The file with the cells of all sessions: in `MLAAS4HEP_STATE`, else `XDG_STATE_HOME`, else `~/.local/state`.
pub(crate) fn history_file() -> Option<PathBuf> {
    let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = path("MLAAS4HEP_STATE")
        .or_else(|| Some(path("XDG_STATE_HOME")?.join("mlaas4hep")))
        .or_else(|| Some(path("HOME")?.join(".local/state/mlaas4hep")))?;
    Some(state.join("history.jsonl"))
}

/// Bytes that the spawner allows this server: `MEM_LIMIT`, a number of bytes.
pub(crate) fn memory_limit_bytes() -> Option<u64> {
    std::env::var("MEM_LIMIT").ok()?.trim().parse().ok().filter(|limit| *limit > 0)
}

/// What scripts are told in place of what this program tells itself.
pub(crate) fn environment_of_scripts() -> BTreeMap<String, String> {
    #[cfg(feature = "rust")]
    let cargo_home = rust_cells::user_cargo_home();
    #[cfg(not(feature = "rust"))]
    let cargo_home: Option<PathBuf> = None;
    cargo_home.map(|folder| ("CARGO_HOME".to_string(), folder.display().to_string())).into_iter().collect()
}
