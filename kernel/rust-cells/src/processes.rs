//! Ends the compiler when a cell is interrupted, and removes what dead kernels left.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// Ends what this process has started in `folder`, which is cargo, and what that has started.
pub(crate) fn end_compiler(folder: &Path) {
    let parents = parents();
    let ours = std::process::id();
    let is_compiler = |pid: &u32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|at| at == folder);
    let mut found: Vec<u32> =
        parents.iter().filter(|(_, parent)| **parent == ours).map(|(pid, _)| *pid).collect();
    found.retain(is_compiler);
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        let children: Vec<u32> =
            parents.iter().filter(|(_, of)| **of == parent).map(|(pid, _)| *pid).collect();
        found.extend(children.into_iter().filter(|child| !found.contains(child)).collect::<Vec<_>>());
    }
    for pid in found {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // It may have ended meanwhile.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Processes and their parents.
fn parents() -> HashMap<u32, u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return HashMap::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, parent(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?)))
        .collect()
}

/// The fourth field; the second, a name in parentheses, may hold spaces and parentheses.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Removes folders of processes that are gone, as after `kill -9` of a kernel.
pub(crate) fn remove_left_folders(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(left_by);
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            // Another user's folder cannot be removed, and need not be.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn left_by(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("mlaas4hep-rust-").or_else(|| name.strip_prefix("mlaas4hep-tables-"))?;
    rest.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_read_behind_any_name() {
        assert_eq!(parent("12 (a) b (c)) S 7 12 12 0"), Some(7));
        assert_eq!(parent("12"), None);
    }

    #[test]
    fn folders_of_the_dead_are_removed_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let living = format!("mlaas4hep-rust-{}-ab", std::process::id());
        // The largest possible process number is smaller.
        for name in [
            "mlaas4hep-rust-4294967295-ab",
            "mlaas4hep-tables-4294967295",
            &living,
            "mlaas4hep-rust-x",
            "other",
        ] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        remove_left_folders(folder.path());
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [living.as_str(), "mlaas4hep-rust-x", "other"]);
    }
}
