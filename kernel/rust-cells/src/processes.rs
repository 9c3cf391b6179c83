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

/// A name for a folder of this process, which [`remove_left_folders`] knows again. It names the space in which the
/// number of the process is counted, too: containers may share a folder and not their processes.
pub(crate) fn name_of_folder(what: &str) -> String {
    format!("mlaas4hep-{what}-{}-{}", process_space(), std::process::id())
}

/// The number of the space of process numbers; 0 where the system does not tell.
fn process_space() -> u64 {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits: String = link.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// Removes folders of processes that are gone, as after `kill -9` of a kernel.
pub(crate) fn remove_left_folders(folder: &Path) {
    let space = process_space();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| left_by(name, space));
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            // Another user's folder cannot be removed, and need not be.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The process of a folder of this name, where it is counted in this space.
fn left_by(name: &str, space: u64) -> Option<u32> {
    let rest = name.strip_prefix("mlaas4hep-engines-").or_else(|| name.strip_prefix("mlaas4hep-store-"))?;
    rest.strip_prefix(&format!("{space}-"))?.split('-').next()?.parse().ok()
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
        let living = name_of_folder("engines") + "-ab";
        // The largest possible process number is smaller.
        let dead =
            ["engines", "store"].map(|what| format!("mlaas4hep-{what}-{}-4294967295", process_space()));
        // A process of another container, which may be alive.
        let elsewhere = format!("mlaas4hep-engines-{}-4294967295", process_space() + 1);
        for name in [&dead[0], &dead[1], &living, &elsewhere, "mlaas4hep-engines-x", "other"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        remove_left_folders(folder.path());
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        let mut expected = [living.as_str(), elsewhere.as_str(), "mlaas4hep-engines-x", "other"];
        expected.sort_unstable();
        assert_eq!(left, expected);
    }
}
