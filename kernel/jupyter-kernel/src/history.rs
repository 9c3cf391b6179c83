//! The cells of this and of earlier sessions, for `history_request`.

mod glob;
mod store;

use crate::wire::{FieldError, Fields};
use secrets::Mask;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
pub(crate) use store::Entry;
use store::Store;

/// How long the end of a kernel waits for the last cells to be written.
const LAST_WRITE: Duration = Duration::from_millis(500);

/// The history of one kernel: a thread that writes, so that no cell waits for the disk.
pub(crate) struct History {
    commands: Mutex<Sender<Command>>,
    hidden: Mask,
}

enum Command {
    Store { line: u64, input: String, output: Option<String> },
    Ask { question: Question, answer: Sender<Vec<Entry>> },
    Stop(Sender<()>),
}

/// What a `history_request` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// The last `n` cells of all sessions.
    Tail { n: usize },
    /// Lines `start..stop` of one session: 0 is this one, -1 the one before.
    Range { session: i64, start: u64, stop: Option<u64> },
    /// Cells that fit a pattern with `*`, `?` and `[a-z]`.
    Search { pattern: String, n: Option<usize>, unique: bool },
}

impl History {
    /// Starts the thread; without a file only this session is remembered. What is hidden is not remembered.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(file: Option<PathBuf>, hidden: Mask) -> std::io::Result<Self> {
        let (commands, received) = channel();
        let serve = move || {
            let mut store = Store::open(file);
            while let Ok(command) = received.recv() {
                match command {
                    Command::Store { line, input, output } => store.add(line, input, output),
                    // Whoever asked may be gone when the kernel ends.
                    Command::Ask { question, answer } => {
                        let _ = answer.send(asked(&store.entries(), &question));
                    }
                    Command::Stop(done) => {
                        let _ = done.send(());
                        return;
                    }
                }
            }
        };
        std::thread::Builder::new().name("history".to_string()).spawn(serve)?;
        Ok(Self { commands: Mutex::new(commands), hidden })
    }

    /// Remembers a cell.
    pub(crate) fn store(&self, line: u64, input: &str, output: Option<&str>) {
        let input = self.hidden.text(input).into_owned();
        let output = output.map(|output| self.hidden.text(output).into_owned());
        self.send(Command::Store { line, input, output });
    }

    /// The content of a `history_reply`.
    ///
    /// # Errors
    /// When a field has a wrong type.
    pub(crate) fn answer(&self, fields: &Fields<'_>) -> Result<Value, FieldError> {
        let question = question(fields)?;
        let with_output = fields.flag("output", false)?;
        let (answer, answered) = channel();
        self.send(Command::Ask { question, answer });
        let found = answered.recv().unwrap_or_default();
        let rows = found.into_iter().map(|Entry { session, line, input, output }| {
            if with_output { json!([session, line, [input, output]]) } else { json!([session, line, input]) }
        });
        Ok(json!({"status": "ok", "history": rows.collect::<Vec<Value>>()}))
    }

    /// Writes what is left, for a moment.
    pub(crate) fn stop(&self) {
        let (done, finished) = channel();
        self.send(Command::Stop(done));
        if finished.recv_timeout(LAST_WRITE).is_err() {
            log::warn!(
                "the last cells may be missing in the history: its disk takes longer than {LAST_WRITE:?}"
            );
        }
    }

    fn send(&self, command: Command) {
        // The thread ends with the kernel only.
        let _ = self.commands.lock().unwrap_or_else(PoisonError::into_inner).send(command);
    }
}

fn question(fields: &Fields<'_>) -> Result<Question, FieldError> {
    let n = fields.number("n")?.map(|n| usize::try_from(n).unwrap_or(0));
    let line = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(match fields.optional_text("hist_access_type")?.unwrap_or("tail") {
        "range" => Question::Range {
            session: fields.number("session")?.unwrap_or(0),
            start: line(fields.number("start")?.unwrap_or(0)),
            stop: fields.number("stop")?.map(line),
        },
        "search" => Question::Search {
            pattern: fields.optional_text("pattern")?.unwrap_or("*").to_string(),
            n,
            unique: fields.flag("unique", false)?,
        },
        _ => Question::Tail { n: n.unwrap_or(usize::MAX) },
    })
}

/// The entries that answer a question; `all` is in order of time, this session last.
fn asked(all: &[Entry], question: &Question) -> Vec<Entry> {
    match question {
        Question::Tail { n } => all[all.len().saturating_sub(*n)..].to_vec(),
        Question::Range { session, start, stop } => {
            let session = if *session > 0 {
                Some(*session as u64)
            } else {
                session_before(all, session.saturating_neg())
            };
            let is_in = |entry: &&Entry| {
                Some(entry.session) == session
                    && entry.line >= *start
                    && stop.is_none_or(|stop| entry.line < stop)
            };
            all.iter().filter(is_in).cloned().collect()
        }
        Question::Search { pattern, n, unique } => search(all, pattern, n.unwrap_or(usize::MAX), *unique),
    }
}

/// The session `n_before` sessions before the last.
fn session_before(all: &[Entry], n_before: i64) -> Option<u64> {
    let mut sessions: Vec<u64> = all.iter().map(|entry| entry.session).collect();
    sessions.dedup();
    let n_before = usize::try_from(n_before).ok()?;
    sessions.len().checked_sub(1 + n_before).map(|index| sessions[index])
}

fn search(all: &[Entry], pattern: &str, n: usize, unique: bool) -> Vec<Entry> {
    let mut seen = HashSet::new();
    let newest_first = all.iter().rev().filter(|entry| glob::fits(pattern, &entry.input));
    let mut found: Vec<Entry> =
        newest_first.filter(|entry| !unique || seen.insert(entry.input.as_str())).take(n).cloned().collect();
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(session: u64, line: u64, input: &str) -> Entry {
        Entry { session, line, input: input.to_string(), output: None }
    }

    fn inputs(question: &Question) -> Vec<String> {
        let all = [
            entry(3, 1, "%open a"),
            entry(3, 2, "%hist pt"),
            entry(4, 1, "%open a"),
            entry(7, 1, "%train"),
            entry(7, 2, "%open a"),
        ];
        let found = asked(&all, question).into_iter();
        found.map(|entry| format!("{}/{} {}", entry.session, entry.line, entry.input)).collect()
    }

    #[test]
    fn tails() {
        assert_eq!(inputs(&Question::Tail { n: 2 }), ["7/1 %train", "7/2 %open a"]);
        assert_eq!(inputs(&Question::Tail { n: usize::MAX }).len(), 5);
    }

    #[test]
    fn ranges() {
        let range = |session, start, stop| inputs(&Question::Range { session, start, stop });
        assert_eq!(range(0, 0, None), ["7/1 %train", "7/2 %open a"]);
        assert_eq!(range(-1, 0, None), ["4/1 %open a"]);
        assert_eq!(range(3, 2, Some(3)), ["3/2 %hist pt"]);
        assert!(range(-9, 0, None).is_empty());
        assert!(range(i64::MIN, 0, None).is_empty());
    }

    #[test]
    fn searches() {
        let search =
            |pattern: &str, n, unique| inputs(&Question::Search { pattern: pattern.to_string(), n, unique });
        assert_eq!(search("%open*", None, false).len(), 3);
        assert_eq!(search("%open*", None, true), ["7/2 %open a"]);
        assert_eq!(search("*", Some(2), true), ["7/1 %train", "7/2 %open a"]);
        assert!(search("open*", None, false).is_empty());
    }
}
