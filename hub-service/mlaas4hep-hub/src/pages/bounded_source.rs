//! Bytes for a preview: so many of them, and so long.

use std::{
    borrow::Cow,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use byte_source::{ByteSource, ByteSourceError};

/// What a preview may take. A reader that reaches a limit gets an error for its next read, and stops there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreviewLimits {
    /// Bytes read from the store. Default: 256 MiB.
    pub most_read_bytes: u64,
    /// Bytes that one object or basket may claim in memory. Default: 64 MiB.
    pub most_object_bytes: u64,
    /// Bytes of values that a histogram looks at, decoded. Default: 64 MiB.
    pub most_decoded_bytes: u64,
    /// Time until the last read may begin. Default: 5 s.
    pub most_time: Duration,
    /// Trees that are opened. Default: 20.
    pub most_trees: usize,
    /// Branches of each tree that are listed. Default: 1000.
    pub most_branches: usize,
    /// Other objects that are listed. Default: 200.
    pub most_objects: usize,
}

impl Default for PreviewLimits {
    fn default() -> Self {
        Self {
            most_read_bytes: 256 << 20,
            most_object_bytes: 64 << 20,
            most_decoded_bytes: 64 << 20,
            most_time: Duration::from_secs(5),
            most_trees: 20,
            most_branches: 1000,
            most_objects: 200,
        }
    }
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitReached {
    /// Bytes.
    #[error("the preview would read more than {most_bytes} bytes of the file; download it to see all of it")]
    Bytes {
        /// The limit.
        most_bytes: u64,
    },
    /// Time.
    #[error("the preview took longer than {} s; download the file to see all of it", most_time.as_secs_f64())]
    Time {
        /// The limit.
        most_time: Duration,
    },
}

/// A source that gives only so much.
pub struct BoundedSource<S> {
    inner: S,
    begun: Instant,
    limits: PreviewLimits,
    n_read_bytes: AtomicU64,
}

impl<S: ByteSource> BoundedSource<S> {
    /// Starts the clock.
    pub fn new(inner: S, limits: PreviewLimits) -> Self {
        Self { inner, begun: Instant::now(), limits, n_read_bytes: AtomicU64::new(0) }
    }

    /// Whether the time is over.
    pub fn is_late(&self) -> bool {
        self.begun.elapsed() > self.limits.most_time
    }

    /// The limit that a read of `n_bytes` more reaches.
    fn limit_of(&self, n_bytes: u64) -> Option<LimitReached> {
        if self.is_late() {
            return Some(LimitReached::Time { most_time: self.limits.most_time });
        }
        let before = self.n_read_bytes.fetch_add(n_bytes, Ordering::Relaxed);
        (before.saturating_add(n_bytes) > self.limits.most_read_bytes)
            .then_some(LimitReached::Bytes { most_bytes: self.limits.most_read_bytes })
    }
}

impl<S: ByteSource> ByteSource for BoundedSource<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, ByteSourceError> {
        match self.limit_of(range.end.saturating_sub(range.start)) {
            Some(limit) => Err(ByteSourceError::Afar { cause: Box::new(limit) }),
            None => self.inner.read_at(range),
        }
    }
}
