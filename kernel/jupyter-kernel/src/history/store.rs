//! The history file: one JSON object a line, appended under a lock, so that several kernels may write at once.

use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A longer file loses its older half when a kernel starts.
const FILE_BYTES: u64 = 16 << 20;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Number of the session, from 1.
    pub(crate) session: u64,
    /// Number of the cell.
    pub(crate) line: u64,
    /// Its code.
    pub(crate) input: String,
    /// Its result as plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<String>,
}

/// Marks that a session has begun, so that no other takes its number.
#[derive(Serialize, Deserialize)]
struct SessionStart {
    session: u64,
    start: String,
}

/// The cells of this session, and the file with those of all.
pub(super) struct Store {
    file: Option<PathBuf>,
    session: u64,
    own: Vec<Entry>,
}

impl Store {
    /// Opens the file and takes the next session number; without a usable file this session alone is remembered.
    pub(super) fn open(file: Option<PathBuf>) -> Self {
        let begun = file.map(|file| (begin(&file), file));
        match begun {
            Some((Ok(session), file)) => Self { file: Some(file), session, own: Vec::new() },
            Some((Err(error), file)) => {
                log::warn!("no history on disk: cannot use {}: {error}", file.display());
                Self { file: None, session: 1, own: Vec::new() }
            }
            None => Self { file: None, session: 1, own: Vec::new() },
        }
    }

    /// Remembers a cell, here and in the file.
    pub(super) fn add(&mut self, line: u64, input: String, output: Option<String>) {
        let entry = Entry { session: self.session, line, input, output };
        if let Some(file) = &self.file
            && let Err(error) = locked(file).and_then(|mut locked| append(&mut locked.file, &entry))
        {
            log::warn!("cell {line} is not in {}: {error}", file.display());
        }
        self.own.push(entry);
    }

    /// All cells: those of other sessions in order of their lines in the file, then those of this one.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let text = self.file.as_deref().map(std::fs::read).and_then(Result::ok).unwrap_or_default();
        let mut entries: Vec<Entry> =
            lines(&text).filter(|entry: &Entry| entry.session != self.session).collect();
        entries.sort_by_key(|entry| entry.session);
        entries.extend_from_slice(&self.own);
        entries
    }
}

/// Takes the next session number.
fn begin(path: &Path) -> std::io::Result<u64> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut locked = locked(path)?;
    let mut text = Vec::new();
    locked.file.read_to_end(&mut text)?;
    let last = lines(&text).map(|start: SessionNumber| start.session).max().unwrap_or(0);
    if text.len() as u64 > FILE_BYTES {
        shorten(&mut locked.file, &text)?;
    }
    let session = last.saturating_add(1);
    let start = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    append(&mut locked.file, &SessionStart { session, start })?;
    Ok(session)
}

#[derive(Deserialize)]
struct SessionNumber {
    session: u64,
}

/// The file while no other kernel writes; the lock ends with it.
struct Locked {
    file: File,
}

fn locked(path: &Path) -> std::io::Result<Locked> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    file.lock()?;
    Ok(Locked { file })
}

/// Appends a line in one write. A line that was cut, by a full disk or a crash, is ended first.
fn append(file: &mut File, entry: &impl Serialize) -> std::io::Result<()> {
    let mut line = Vec::new();
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            line.push(b'\n');
        }
    }
    serde_json::to_writer(&mut line, entry)?;
    line.push(b'\n');
    file.write_all(&line)
}

/// Keeps the newer half, from a line's start on.
fn shorten(file: &mut File, text: &[u8]) -> std::io::Result<()> {
    let half = &text[text.len() / 2..];
    let start = half.iter().position(|byte| *byte == b'\n').map_or(half.len(), |end| end + 1);
    file.set_len(0)?;
    file.write_all(&half[start..])
}

/// The lines that are what is wanted; others are skipped.
fn lines<'a, T: Deserialize<'a>>(text: &'a [u8]) -> impl Iterator<Item = T> {
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(store: &Store) -> Vec<(u64, String)> {
        store.entries().into_iter().map(|entry| (entry.session, entry.input)).collect()
    }

    #[test]
    fn sessions_that_write_at_once_keep_their_numbers_and_cells() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/history.jsonl");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut store = Store::open(Some(file.clone()));
                    (1..=50).for_each(|line| store.add(line, format!("cell {line} µ\n"), None));
                });
            }
        });
        let entries = Store::open(Some(file)).entries();
        assert_eq!(entries.len(), 200);
        let expected: Vec<(u64, u64)> =
            (1..=4).flat_map(|session| (1..=50).map(move |line| (session, line))).collect();
        let found: Vec<(u64, u64)> = entries.iter().map(|entry| (entry.session, entry.line)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn broken_lines_are_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.jsonl");
        std::fs::write(
            &file,
            b"\xff\xfe\n[]\n{\"session\":4,\"line\":1,\"input\":\"a\"}\n{\"session\":5,\"li",
        )
        .unwrap();
        let mut store = Store::open(Some(file.clone()));
        store.add(1, "b".to_string(), Some("1".to_string()));
        let expected = [(4, "a".to_string()), (5, "b".to_string())];
        assert_eq!(inputs(&store), expected);
        assert_eq!(inputs(&Store::open(Some(file))), expected);
    }

    #[test]
    fn long_files_are_halved() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.jsonl");
        let mut store = Store::open(Some(file.clone()));
        (0..20).for_each(|line| store.add(line, "a".repeat(1 << 20), None));
        let entries = Store::open(Some(file.clone())).entries();
        assert!((8..12).contains(&entries.len()), "{}", entries.len());
        assert_eq!(entries.last().unwrap().line, 19);
        assert!(std::fs::metadata(&file).unwrap().len() < FILE_BYTES);
    }

    #[test]
    fn a_file_that_cannot_be_written_costs_only_the_file() {
        let mut store = Store::open(Some(PathBuf::from("/proc/nowhere/history.jsonl")));
        store.add(1, "a".to_string(), None);
        assert_eq!(inputs(&store), [(1, "a".to_string())]);
        let mut full = Store { file: Some(PathBuf::from("/dev/full")), session: 2, own: Vec::new() };
        full.add(1, "b".to_string(), None);
        // The device that is always full can be read for ever, so the entries are not asked for.
        assert_eq!(full.own[0].input, "b");
    }
}
