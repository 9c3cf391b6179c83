//! How far something long is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::{Shown, channel};

/// A front end draws no faster, and each message takes its way through four processes.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// A progress bar.
///
/// Messages go out at most ten times a second, and always at the end.
#[derive(Debug)]
pub struct Progress {
    id: String,
    text: String,
    total: u64,
    done: u64,
    last_sent: Option<Instant>,
}

impl Progress {
    /// A bar that is full at `total`, with a text beside it.
    pub fn new(total: u64, text: &str) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let id = format!("progress-{}-{number}", std::process::id());
        Self { id, text: text.to_string(), total, done: 0, last_sent: None }
    }

    /// Says how much is done by now.
    pub fn set(&mut self, done: u64) {
        let is_last = done >= self.total && self.done < self.total;
        self.done = done;
        if is_last || self.last_sent.is_none_or(|sent| sent.elapsed() >= SHORTEST_PAUSE) {
            self.last_sent = Some(Instant::now());
            channel::send_progress(&self.id, done, self.total, &self.text);
        }
    }

    /// Says that `more` is done.
    pub fn add(&mut self, more: u64) {
        self.set(self.done.saturating_add(more));
    }
}

/// Says that `done` of `total` is done: one bar for each text, until it is full.
pub fn progress(done: u64, total: u64, text: &str) -> Shown {
    static CURRENT: Mutex<Option<Progress>> = Mutex::new(None);
    let mut current = CURRENT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let is_new = current.as_ref().is_none_or(|bar| bar.text != text || bar.total != total || done < bar.done);
    if is_new {
        *current = Some(Progress::new(total, text));
    }
    if let Some(bar) = current.as_mut() {
        bar.set(done);
    }
    Shown(())
}
