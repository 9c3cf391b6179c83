//! The clock, which only dates and expires things: it orders nothing.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;

/// The clock of the system, or one that tests set.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The clock of the system.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is [set](Clock::set); milliseconds since 1970.
    #[must_use]
    pub fn standing_at(milliseconds: i64) -> Self {
        Self(Some(Arc::new(AtomicI64::new(milliseconds))))
    }

    /// Sets a standing clock, also back; the clock of the system stays as it is.
    pub fn set(&self, milliseconds: i64) {
        if let Some(standing) = &self.0 {
            standing.store(milliseconds, Ordering::SeqCst);
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.0
            .as_ref()
            .map_or_else(|| Timestamp::now().as_millisecond(), |standing| standing.load(Ordering::SeqCst))
    }
}

/// RFC 3339, UTC.
pub(crate) fn time_text(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default().to_string()
}

/// Milliseconds of so many seconds.
pub(crate) fn seconds(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX / 2000).saturating_mul(1000)
}

/// Milliseconds of so many days.
pub(crate) fn days(n: u32) -> i64 {
    seconds(u64::from(n) * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(time_text(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(time_text(i64::MAX), "1970-01-01T00:00:00Z");
        assert_eq!((seconds(2), days(1)), (2000, 86_400_000));
    }
}
