//! What is shown while a cell waits for the compiler.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::cargo_home;
use crate::sink::CellSink;

/// Who waits less sees nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// At most ten times a second.
const PAUSE: Duration = Duration::from_millis(100);
/// The crates of cells themselves: no news.
const OF_CELLS: &str = "ctx-";

/// One display that is updated: what is done, crates so far, seconds.
pub(crate) struct Waiting<'a> {
    sink: &'a dyn CellSink,
    folder: PathBuf,
    began: Instant,
    n_crates_before: usize,
    id: String,
    last: Option<Instant>,
}

impl<'a> Waiting<'a> {
    /// Begins to wait for what is built in `folder`.
    pub(crate) fn new(sink: &'a dyn CellSink, folder: &Path) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        Self {
            sink,
            folder: folder.to_path_buf(),
            began: Instant::now(),
            n_crates_before: n_crates(folder),
            id: format!("mlaas4hep-compiler-{}-{number}", std::process::id()),
            last: None,
        }
    }

    /// Says what is done, where that takes long.
    pub(crate) fn show(&mut self, step: &str) {
        if self.began.elapsed() >= PATIENCE && !self.is_soon() {
            self.say(&format!("{step} .."));
        }
    }

    fn is_soon(&self) -> bool {
        self.last.is_some_and(|last| last.elapsed() < PAUSE)
    }

    /// The same, where crates are compiled or another cargo is in the way: the cell alone is no news.
    pub(crate) fn show_crates(&mut self, step: &str) {
        let is_late = self.began.elapsed() >= PATIENCE;
        if is_late && !self.is_soon() && cargo_home::is_waited_for() {
            return self.show("waiting for another cargo, which holds the package cache");
        }
        if is_late && (self.last.is_some() || n_crates(&self.folder) > self.n_crates_before) {
            self.show(step);
        }
    }

    /// Replaces what was shown by the last word.
    pub(crate) fn end(&mut self, word: &str) {
        if self.last.is_some() {
            self.say(word);
        }
    }

    fn say(&mut self, what: &str) {
        let n_new = n_crates(&self.folder).saturating_sub(self.n_crates_before);
        let text = words(what, n_new, self.began.elapsed());
        let data = Map::from_iter([("text/plain".to_string(), Value::from(text.as_str()))]);
        self.sink.display(Some(&self.id), self.last.is_some(), &data);
        self.last = Some(Instant::now());
    }
}

fn words(what: &str, n_crates: usize, elapsed: Duration) -> String {
    let crates = match n_crates {
        0 => String::new(),
        1 => ", 1 crate".to_string(),
        n_crates => format!(", {n_crates} crates"),
    };
    format!("Rust: {what}{crates}, {:.1} s", elapsed.as_secs_f64())
}

/// Crates that cargo has begun to compile: it makes a folder for each.
fn n_crates(folder: &Path) -> usize {
    let target = folder.join("target");
    let of_targets = std::fs::read_dir(&target).into_iter().flatten().flatten().map(|entry| entry.path());
    let fingerprints = of_targets.chain([target.clone()]).map(|target| target.join("debug/.fingerprint"));
    let entries = fingerprints.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with(OF_CELLS)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_is_known() {
        let after = Duration::from_millis(2340);
        assert_eq!(words("ready", 0, after), "Rust: ready, 2.3 s");
        assert_eq!(words("compiling ..", 1, after), "Rust: compiling .., 1 crate, 2.3 s");
        assert_eq!(words("compiling ..", 12, after), "Rust: compiling .., 12 crates, 2.3 s");
    }

    #[test]
    fn crates_are_counted_and_cells_are_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(n_crates(folder.path()), 0);
        for name in
            ["x86_64/debug/.fingerprint/rand-1", "x86_64/debug/.fingerprint/ctx-2", "debug/.fingerprint/cc-3"]
        {
            std::fs::create_dir_all(folder.path().join("target").join(name)).unwrap();
        }
        assert_eq!(n_crates(folder.path()), 2);
    }
}
