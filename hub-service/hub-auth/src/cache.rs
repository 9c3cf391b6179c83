//! What the hub or the IAM said about a token, for a while.

use crate::{AuthError, Freshness, Principal, Token};
use moka::Expiry;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Answers that are kept.
const MOST_ANSWERS: u64 = 10_000;
/// How long a good answer is believed for reading.
const GOOD: Duration = Duration::from_mins(1);
/// How long a refusal is believed: so a storm of bad tokens does not reach the hub.
const BAD: Duration = Duration::from_secs(10);
/// How old an answer may be for what changes something.
const FRESH_ENOUGH_TO_WRITE: Duration = Duration::from_secs(10);

/// Token and hub session: a logout changes the session, and with it the key.
type Key = [u8; 32];

/// The cache. Requests for one key at the same time ask the hub once.
#[derive(Clone)]
pub(crate) struct PrincipalCache {
    answers: Cache<Key, Answer>,
}

#[derive(Clone)]
struct Answer {
    said: Result<Arc<Principal>, AuthError>,
    at: Instant,
}

struct Lifetimes;

impl Expiry<Key, Answer> for Lifetimes {
    fn expire_after_create(&self, _: &Key, answer: &Answer, _: Instant) -> Option<Duration> {
        Some(match &answer.said {
            Ok(principal) => GOOD.min(left(principal)),
            Err(_) => BAD,
        })
    }
}

/// How long a token holds from now; for ever where that is not known.
fn left(principal: &Principal) -> Duration {
    let end = principal.expires.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let left = end.map(|end| end.duration_since(jiff::Timestamp::now()));
    left.map_or(Duration::MAX, |left| Duration::try_from(left).unwrap_or_default())
}

impl PrincipalCache {
    pub(crate) fn new() -> Self {
        Self { answers: Cache::builder().max_capacity(MOST_ANSWERS).expire_after(Lifetimes).build() }
    }

    /// The principal of a token, from the cache or from who is asked. That the asked one fails is not remembered.
    pub(crate) async fn principal(
        &self,
        token: &Token,
        session: &str,
        freshness: Freshness,
        asked: impl Future<Output = Result<Principal, AuthError>>,
    ) -> Result<Arc<Principal>, AuthError> {
        let key = key(token, session);
        if freshness == Freshness::Write
            && let Some(answer) = self.answers.get(&key).await
            && answer.at.elapsed() > FRESH_ENOUGH_TO_WRITE
        {
            self.answers.invalidate(&key).await;
        }
        let ask = async {
            match asked.await {
                Err(error) if error.status() >= 500 => Err(error),
                said => Ok(Answer { said: said.map(Arc::new), at: Instant::now() }),
            }
        };
        let answer = self.answers.try_get_with(key, ask).await.map_err(|error| AuthError::clone(&error))?;
        answer.said
    }

    /// Whether the hub knew a token a moment ago.
    pub(crate) async fn has_good(&self, token: &Token, session: &str) -> bool {
        self.answers.get(&key(token, session)).await.is_some_and(|answer| answer.said.is_ok())
    }

    /// Forgets what was said about one token in one session.
    pub(crate) async fn forget(&self, token: &Token, session: &str) {
        self.answers.invalidate(&key(token, session)).await;
    }

    /// Forgets everything.
    pub(crate) fn forget_all(&self) {
        self.answers.invalidate_all();
    }
}

fn key(token: &Token, session: &str) -> Key {
    Sha256::new().chain_update(token.digest()).chain_update(session.as_bytes()).finalize().into()
}
