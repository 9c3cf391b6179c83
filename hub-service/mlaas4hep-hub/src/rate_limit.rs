//! How often one caller may ask, and how often a stranger may guess.

use crate::Failure;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, StatusCode, header};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock>;
/// SHA-256 of what a caller shows, and of its address.
type ShownDigest = [u8; 32];

/// Refusals after which an address has to wait.
const MOST_REFUSALS: u32 = 50;
/// After this they are forgotten.
const REFUSALS_LAST: Duration = Duration::from_secs(10);
/// How long an app password that was right passes an address that has to wait.
const RIGHT_LASTS: Duration = Duration::from_mins(10);
/// Keys after which those that have rested are dropped.
const MOST_KEYS: usize = 10_000;

/// The limits of all callers.
pub(crate) struct RateLimits {
    callers: Limiter<String>,
    refusals: Cache<IpAddr, Arc<AtomicU32>>,
    /// What was refused to an address of late: a notebook that shows its old token again and again guesses nothing.
    refused: Cache<ShownDigest, ()>,
    right: Cache<ShownDigest, ()>,
}

/// A guess that counts as a refusal until it turns out to be none.
pub(crate) struct Guess(Option<Arc<AtomicU32>>);

impl RateLimits {
    /// So many requests a second of one principal, and twice as many at once.
    pub(crate) fn new(requests_per_second: NonZeroU32) -> Self {
        let at_once = requests_per_second.saturating_mul(NonZeroU32::new(2).unwrap_or(NonZeroU32::MIN));
        Self {
            callers: RateLimiter::keyed(Quota::per_second(requests_per_second).allow_burst(at_once)),
            refusals: kept(REFUSALS_LAST),
            refused: kept(REFUSALS_LAST),
            right: kept(RIGHT_LASTS),
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
            return Err(too_many_refusals());
        }
        Ok(())
    }

    /// Counts a refusal, which may be counted as a guess already; of the same credentials once.
    pub(crate) fn note_refusal(&self, address: Option<IpAddr>, headers: &HeaderMap, guess: Option<Guess>) {
        let Some(address) = address else { return };
        let shown = shown(Some(address), headers);
        if self.refused.contains_key(&shown) {
            return;
        }
        self.refused.insert(shown, ());
        match guess {
            Some(guess) => guess.was_wrong(),
            None => drop(self.count(address).fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// A guess whose check is dear: it counts at once.
    ///
    /// # Errors
    /// The address has been refused too often of late: 429.
    pub(crate) fn admit_guess(&self, address: Option<IpAddr>) -> Result<Guess, Failure> {
        let count = address.map(|address| self.count(address));
        let before = count.as_ref().map(|count| count.fetch_add(1, Ordering::Relaxed));
        let guess = Guess(count);
        if before.is_some_and(|before| before >= MOST_REFUSALS) {
            Err(too_many_refusals())
        } else {
            Ok(guess)
        }
    }

    /// Notes that the app password of a request is right.
    pub(crate) fn note_right(&self, headers: &HeaderMap) {
        self.right.insert(shown(None, headers), ());
    }

    /// Whether a request shows an app password that was right a while ago. It is looked at anew all the same.
    pub(crate) fn was_right(&self, headers: &HeaderMap) -> bool {
        self.right.contains_key(&shown(None, headers))
    }

    fn count(&self, address: IpAddr) -> Arc<AtomicU32> {
        self.refusals.get_with(address, Arc::default)
    }
}

impl Guess {
    /// It stays counted.
    pub(crate) fn was_wrong(mut self) {
        self.0 = None;
    }
}

impl Drop for Guess {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn kept<K: Eq + Hash + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(
    time: Duration,
) -> Cache<K, V> {
    Cache::builder().max_capacity(MOST_KEYS as u64).time_to_live(time).build()
}

/// The credentials of a request, whatever their kind.
fn shown(address: Option<IpAddr>, headers: &HeaderMap) -> ShownDigest {
    let mut digest =
        Sha256::new().chain_update(address.map_or_else(String::new, |address| address.to_string()));
    for name in [header::AUTHORIZATION, header::COOKIE] {
        for value in headers.get_all(name) {
            digest = digest.chain_update([0]).chain_update(value.as_bytes());
        }
    }
    digest.finalize().into()
}

fn too_many_refusals() -> Failure {
    too_many("too many requests from your address were refused")
        .advise("wait ten seconds, and send a token that is good")
}

fn too_many(message: &str) -> Failure {
    Failure::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
        .advise("wait a second, and ask less often")
        .with_header(header::RETRY_AFTER, "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> RateLimits {
        RateLimits::new(NonZeroU32::MIN)
    }

    fn with(credentials: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, credentials.parse().unwrap());
        headers
    }

    #[test]
    fn the_same_old_token_bars_nobody_and_many_do() {
        let (limits, here) = (limits(), Some(IpAddr::from([10, 0, 0, 1])));
        for _ in 0..1000 {
            limits.note_refusal(here, &with("token old"), None);
        }
        assert!(limits.admit_stranger(here).is_ok());
        for at in 1..50 {
            limits.note_refusal(here, &with(&format!("token {at}")), None);
        }
        assert!(limits.admit_stranger(here).is_err());
        assert!(limits.admit_stranger(Some(IpAddr::from([10, 0, 0, 2]))).is_ok());
    }

    #[test]
    fn guesses_count_before_they_are_looked_at() {
        let (limits, here) = (limits(), Some(IpAddr::from([10, 0, 0, 1])));
        let guesses: Vec<_> = (0..50).map(|_| limits.admit_guess(here).unwrap()).collect();
        assert!(limits.admit_guess(here).is_err());
        drop(guesses);
        limits.admit_guess(here).unwrap().was_wrong();
        assert_eq!(limits.count(here.unwrap()).load(Ordering::Relaxed), 1, "right ones are forgotten");
    }

    #[test]
    fn a_right_password_is_known_again() {
        let limits = limits();
        limits.note_right(&with("Basic YTpi"));
        assert!(limits.was_right(&with("Basic YTpi")));
        assert!(!limits.was_right(&with("Basic YTpj")));
        assert!(!limits.was_right(&HeaderMap::new()));
    }
}
