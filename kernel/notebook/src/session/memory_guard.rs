//! The memory that the server may take: asked before a magic takes much of it.
//!
//! A server of a hub that goes over its limit is ended by the system without a word, and everything that it held is lost.

use crate::magic::MagicError;
use event_columns::TableInfo;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use text_table::human_bytes;

/// Less is given without a look at what is in use.
const LITTLE_BYTES: u64 = 4 << 20;
/// In percent of the limit: from here on one is warned.
const WARNED_PERCENT: u64 = 80;
/// In percent of the limit: beyond it nothing is begun. The rest is for what was not foreseen.
const REFUSED_PERCENT: u64 = 95;

/// What a server may take, as its spawner says (`MEM_LIMIT`); no limit by default.
#[derive(Debug, Default)]
pub struct MemoryGuard {
    limit_bytes: Option<u64>,
    /// What decoded branches of open samples may take, together.
    given_to_caches: AtomicU64,
}

impl MemoryGuard {
    /// A guard of this limit in bytes.
    pub fn new(limit_bytes: Option<u64>) -> Self {
        Self { limit_bytes, given_to_caches: AtomicU64::new(0) }
    }

    /// What the server may take.
    pub fn limit_bytes(&self) -> Option<u64> {
        self.limit_bytes
    }

    /// Asks for memory before it is taken. A text is a warning to be shown: it will be scarce.
    ///
    /// # Errors
    /// It would go over the limit; the message has the figures.
    pub fn ask(&self, needed_bytes: u64, what: &str) -> Result<Option<String>, MagicError> {
        match self.limit_bytes {
            Some(limit) if needed_bytes > LITTLE_BYTES => {
                judged(needed_bytes, used_bytes(limit), limit, what)
            }
            _ => Ok(None),
        }
    }

    /// Bytes of decoded branches that a sample opened now may keep: what was wished for, and of a quarter of the limit at
    /// most half of what other samples have left.
    pub fn cache_bytes(&self, wished: usize) -> usize {
        let Some(limit) = self.limit_bytes else { return wished };
        let left = (limit / 4).saturating_sub(self.given_to_caches.load(Ordering::Relaxed));
        let given = (left / 2).min(wished as u64);
        self.given_to_caches.fetch_add(given, Ordering::Relaxed);
        usize::try_from(given).unwrap_or(wished)
    }

    /// The least of what is wished for and an eighth of the limit: for what a magic keeps while it runs.
    pub fn share_bytes(&self, wished: u64) -> u64 {
        self.limit_bytes.map_or(wished, |limit| wished.min(limit / 8))
    }
}

/// Decoded bytes of so many entries of some branches, where all entries are alike.
pub(crate) fn decoded_bytes_of(info: &TableInfo, branches: &[usize], n_entries: u64) -> u64 {
    let all: u64 = branches.iter().map(|position| info.branches[*position].decoded_bytes).sum();
    let share = u128::from(all) * u128::from(n_entries) / u128::from(info.n_entries.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

fn judged(needed: u64, used: u64, limit: u64, what: &str) -> Result<Option<String>, MagicError> {
    let then = used.saturating_add(needed);
    let is_beyond = |percent: u64| then > limit / 100 * percent;
    let figures = format!(
        "{what} takes about {}; {} of the {} of this server (MEM_LIMIT) are in use",
        human_bytes(needed),
        human_bytes(used),
        human_bytes(limit)
    );
    if is_beyond(REFUSED_PERCENT) {
        return Err(MagicError::new("MemoryError", format!("{figures}. Nothing was begun, and nothing is lost"))
            .advise("Take fewer branches (%select BRANCH ..) or fewer events, remove samples (%dataset --remove NAME), or ask for a larger server."));
    }
    Ok(is_beyond(WARNED_PERCENT).then(|| format!("memory will be scarce: {figures}")))
}

/// What is in use: in a container that has this limit all of it, for the server beside the kernel counts, too; else what the
/// kernel and all that it has started hold.
fn used_bytes(limit: u64) -> u64 {
    of_container(Path::new("/sys/fs/cgroup"), limit).unwrap_or(0).max(of_family())
}

/// Memory of a container (cgroup 2) whose limit is not above this one, without the files that the system may drop.
fn of_container(folder: &Path, limit: u64) -> Option<u64> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    if number(&read("memory.max")?)? > limit {
        return None;
    }
    let stat = read("memory.stat").unwrap_or_default();
    let of_files = stat.lines().find_map(|line| number(line.strip_prefix("inactive_file ")?)).unwrap_or(0);
    Some(number(&read("memory.current")?)?.saturating_sub(of_files))
}

/// Resident memory of this process and of all that it has started; 0 where the system does not tell.
fn of_family() -> u64 {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let processes: BTreeMap<u32, (u32, u64)> = pids.filter_map(|pid| Some((pid, process(pid)?))).collect();
    let mut family = vec![std::process::id()];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(
            processes.iter().filter(|(pid, (of, _))| *of == parent && **pid != parent).map(|(pid, _)| *pid),
        );
        next += 1;
    }
    family.iter().filter_map(|pid| processes.get(pid)).map(|(_, bytes)| bytes).sum()
}

/// The parent of a process, and its resident bytes.
fn process(pid: u32) -> Option<(u32, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let number = |key: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some((u32::try_from(number("PPid:")?).ok()?, number("VmRSS:")? * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_warned_and_then_refused() {
        let at = |needed| judged(needed, 500, 1000, "reading");
        assert_eq!(at(300), Ok(None));
        assert!(at(301).unwrap().unwrap().starts_with("memory will be scarce: reading takes about 301"));
        assert!(at(450).unwrap().is_some());
        let error = at(451).unwrap_err();
        assert_eq!(error.name, "MemoryError");
        assert!(error.message.contains("500 B of the 1.0 kB") && !error.advice.is_empty(), "{error}");
        assert!(judged(u64::MAX, 1, 1000, "reading").is_err());
    }

    #[test]
    fn without_a_limit_everything_is_given() {
        let guard = MemoryGuard::default();
        assert_eq!(guard.ask(u64::MAX, "reading"), Ok(None));
        assert_eq!((guard.cache_bytes(7), guard.share_bytes(8)), (7, 8));
    }

    #[test]
    fn samples_share_a_quarter_of_the_limit() {
        let guard = MemoryGuard::new(Some(800));
        assert_eq!([guard.cache_bytes(1000), guard.cache_bytes(1000), guard.cache_bytes(10)], [100, 50, 10]);
        assert_eq!(guard.share_bytes(1000), 100);
    }

    #[test]
    fn a_container_of_this_limit_counts_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        assert_eq!(of_container(folder.path(), 1000), None);
        write("memory.max", "1000\n");
        write("memory.current", "700\n");
        assert_eq!(of_container(folder.path(), 1000), Some(700));
        write("memory.stat", "anon 5\ninactive_file 200\nactive_file 100\n");
        assert_eq!(of_container(folder.path(), 1000), Some(500));
        assert_eq!(of_container(folder.path(), 999), None);
        write("memory.max", "max\n");
        assert_eq!(of_container(folder.path(), 1000), None);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(used_bytes(u64::MAX) > 1 << 20);
        assert!(MemoryGuard::new(Some(1 << 20)).ask(1 << 30, "reading").is_err());
    }
}
