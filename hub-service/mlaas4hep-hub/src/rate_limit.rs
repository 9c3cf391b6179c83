//! How often one caller may ask, and how often a stranger may guess.

use crate::Failure;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{StatusCode, header};
use moka::sync::Cache;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock>;

/// Refusals after which an address has to wait.
const MOST_REFUSALS: u32 = 50;
/// After this they are forgotten.
const REFUSALS_LAST: Duration = Duration::from_secs(10);
/// Keys after which those that have rested are dropped.
const MOST_KEYS: usize = 10_000;

/// The limits of all callers.
pub(crate) struct RateLimits {
    callers: Limiter<String>,
    refusals: Cache<IpAddr, Arc<AtomicU32>>,
}

impl RateLimits {
    /// So many requests a second of one principal, and twice as many at once.
    pub(crate) fn new(requests_per_second: NonZeroU32) -> Self {
        let at_once = requests_per_second.saturating_mul(NonZeroU32::new(2).unwrap_or(NonZeroU32::MIN));
        Self {
            callers: RateLimiter::keyed(Quota::per_second(requests_per_second).allow_burst(at_once)),
            refusals: Cache::builder().max_capacity(MOST_KEYS as u64).time_to_live(REFUSALS_LAST).build(),
        }
    }

    /// One request of a principal.
    pub(crate) fn admit(&self, name: &str) -> Result<(), Failure> {
        if self.callers.len() > MOST_KEYS {
            self.callers.retain_recent();
        }
        self.callers.check_key(&name.to_owned()).map_err(|_| too_many("you ask too often"))
    }

    /// Whether an address has been refused too often of late.
    pub(crate) fn admit_stranger(&self, address: Option<IpAddr>) -> Result<(), Failure> {
        let refused = address.and_then(|address| self.refusals.get(&address));
        if refused.is_some_and(|count| count.load(Ordering::Relaxed) >= MOST_REFUSALS) {
            return Err(too_many("too many requests from your address were refused")
                .advise("wait ten seconds, and send a token that is good"));
        }
        Ok(())
    }

    /// Counts a refusal.
    pub(crate) fn note_refusal(&self, address: Option<IpAddr>) {
        if let Some(address) = address {
            self.refusals.get_with(address, Arc::default).fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn too_many(message: &str) -> Failure {
    Failure::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
        .advise("wait a second, and ask less often")
        .with_header(header::RETRY_AFTER, "1")
}
