//! How often and when a call is tried again.

use std::time::{Duration, SystemTime};

/// Calls that may be done twice are tried again when the connection breaks or the service is busy (429, 502, 503, 504).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryRule {
    /// Tries in all; 1 tries once. Default: 4.
    pub n_tries: u32,
    /// Pause before the second try; each further one is three times as long. Default: 150 ms.
    pub first_pause: Duration,
    /// Longest pause, also where the service asks for a longer one (`Retry-After`). Default: 10 s.
    pub longest_pause: Duration,
}

impl Default for RetryRule {
    fn default() -> Self {
        Self { n_tries: 4, first_pause: Duration::from_millis(150), longest_pause: Duration::from_secs(10) }
    }
}

impl RetryRule {
    /// The pause after try number `n_done` (from 1); nothing when there is no further one. `asked` is `Retry-After`.
    pub(crate) fn pause(&self, n_done: u32, asked: Option<Duration>) -> Option<Duration> {
        if n_done >= self.n_tries {
            return None;
        }
        let own = self.first_pause.saturating_mul(3_u32.saturating_pow(n_done.saturating_sub(1)));
        Some(asked.unwrap_or(own).max(own).min(self.longest_pause).mul_f64(spread()))
    }
}

/// Between 0.8 and 1: clients that were refused together must not come back together.
fn spread() -> f64 {
    let nanoseconds =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    0.8 + 0.2 * f64::from(nanoseconds % 1000) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let rule = RetryRule::default();
        let check = |n_done, asked: Option<u64>, most_ms: Option<u64>| {
            let pause = rule.pause(n_done, asked.map(Duration::from_secs));
            assert_eq!(pause.is_some(), most_ms.is_some(), "{n_done}");
            if let (Some(pause), Some(most)) = (pause, most_ms.map(Duration::from_millis)) {
                assert!(pause <= most && pause >= most.mul_f64(0.79), "{n_done}: {pause:?}");
            }
        };
        check(1, None, Some(150));
        check(2, None, Some(450));
        check(3, None, Some(1350));
        check(4, None, None);
        check(1, Some(2), Some(2000));
        check(1, Some(3600), Some(10_000));
        assert_eq!(RetryRule { n_tries: 1, ..rule }.pause(1, None), None);
    }
}
