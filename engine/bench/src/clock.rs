//! Time and memory of this process.

use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Runs from its making to [`Clock::stop`].
pub(crate) struct Clock {
    wall: Instant,
    cpu_s: f64,
    watch: Arc<Watch>,
    watcher: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Watch {
    done: AtomicBool,
    peak_kb: AtomicU64,
}

/// What a clock saw.
pub(crate) struct Reading {
    pub(crate) wall_s: f64,
    /// Of all threads together.
    pub(crate) cpu_s: f64,
    /// Largest anonymous memory, in 10^6 bytes; mapped pages of the file are the system's and do not count.
    pub(crate) peak_anonymous_mb: f64,
}

impl Clock {
    /// Starts. Memory is looked at fifty times a second, which costs 0.1 % of the time.
    pub(crate) fn start() -> Self {
        let watch = Arc::new(Watch::default());
        let own = Arc::clone(&watch);
        let watcher = std::thread::spawn(move || {
            while !own.done.load(Ordering::Relaxed) {
                own.peak_kb.fetch_max(anonymous_kb(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self { wall: Instant::now(), cpu_s: cpu_s(), watch, watcher: Some(watcher) }
    }

    /// Stops and reads.
    pub(crate) fn stop(mut self) -> Reading {
        let (wall_s, cpu_s) = (self.wall.elapsed().as_secs_f64(), cpu_s() - self.cpu_s);
        self.watch.peak_kb.fetch_max(anonymous_kb(), Ordering::Relaxed);
        self.watch.done.store(true, Ordering::Relaxed);
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
        let peak_kb = self.watch.peak_kb.load(Ordering::Relaxed);
        Reading { wall_s, cpu_s, peak_anonymous_mb: peak_kb as f64 * 1024.0 / 1e6 }
    }
}

/// Processor time of this process.
fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// `RssAnon` of Linux; 0 elsewhere.
fn anonymous_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
