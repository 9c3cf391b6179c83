//! The session of a browser: a token of the hub, sealed into a cookie together with the times by which it ends
//! (OWASP ASVS 4.0, section 3.3).

use crate::{SealKey, Token};
use std::time::{SystemTime, UNIX_EPOCH};

/// Purpose of the sealed cookie.
const SESSION: &str = "session";
/// How long a session lives at most: a working day.
pub(crate) const LONGEST_SECONDS: u64 = 12 * 3600;
/// How long it lives without a request.
const IDLE_SECONDS: u64 = 30 * 60;
/// How old the time of the last request may be before the browser gets a new cookie.
const RENEWED_AFTER_SECONDS: u64 = 5 * 60;

/// A session as its cookie holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserSession {
    pub(crate) token: Token,
    /// Seconds since 1970 at the login.
    begun: u64,
    /// And at the last request that is written down.
    seen: u64,
}

impl BrowserSession {
    pub(crate) fn begin(token: Token) -> Self {
        let now = now();
        Self { token, begun: now, seen: now }
    }

    pub(crate) fn seal(&self, key: &SealKey) -> Option<String> {
        let Self { token, begun, seen } = self;
        key.seal(&Token::new(format!("{begun} {seen} {}", token.reveal())), SESSION)
    }

    /// What [`Self::seal`] made; `None` for anything else.
    pub(crate) fn open(text: &str, key: &SealKey) -> Option<Self> {
        let opened = key.open(text, SESSION)?;
        let mut parts = opened.reveal().splitn(3, ' ');
        let mut number = || parts.next()?.parse().ok();
        let (begun, seen) = (number()?, number()?);
        Some(Self { token: Token::new(parts.next()?), begun, seen })
    }

    /// Whether it has ended by its age or by silence.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended_at(now())
    }

    fn has_ended_at(&self, now: u64) -> bool {
        now.saturating_sub(self.begun) >= LONGEST_SECONDS || now.saturating_sub(self.seen) >= IDLE_SECONDS
    }

    /// The same, with a request now, if that has to be written down; and the seconds that are left of it.
    pub(crate) fn renew(&self) -> Option<(Self, u64)> {
        self.renew_at(now())
    }

    fn renew_at(&self, now: u64) -> Option<(Self, u64)> {
        let left = LONGEST_SECONDS.checked_sub(now.saturating_sub(self.begun)).filter(|left| *left > 0)?;
        let is_due = now.saturating_sub(self.seen) >= RENEWED_AFTER_SECONDS;
        is_due.then(|| (Self { seen: now, ..self.clone() }, left))
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_holds_it() {
        let (key, session) = (SealKey::from_bytes(&[1; 32]), BrowserSession::begin(Token::new("with space")));
        let sealed = session.seal(&key).unwrap();
        assert_eq!(BrowserSession::open(&sealed, &key), Some(session));
        for other in ["", "1", "1 2", "a b c"] {
            let sealed = key.seal(&Token::new(other), SESSION).unwrap();
            assert_eq!(BrowserSession::open(&sealed, &key), None, "{other}");
        }
    }

    #[test]
    fn it_ends_by_age_and_by_silence() {
        let check = |seen: u64, now: u64, has_ended: bool, left: Option<u64>| {
            let session = BrowserSession { token: Token::new("t"), begun: 1000, seen };
            assert_eq!(session.has_ended_at(now), has_ended, "{seen} {now}");
            assert_eq!(session.renew_at(now).map(|renewed| renewed.1), left, "{seen} {now}");
        };
        check(1000, 1000, false, None);
        check(1000, 1299, false, None);
        check(1000, 1300, false, Some(42_900));
        check(1000, 2799, false, Some(41_401));
        check(1000, 2800, true, Some(41_400));
        check(44_000, 44_199, false, None);
        check(44_000, 44_200, true, None);
        // The clock went back.
        check(1000, 10, false, None);
    }

    proptest::proptest! {
        /// A text that was sealed for this, and is none of ours all the same: an older form, or that of another program with the key.
        #[test]
        fn what_is_sealed_is_read(text in "[0-9+ -]{0,12}.{0,20}", begun: u64, seen: u64, token in ".{0,30}") {
            let key = SealKey::from_bytes(&[1; 32]);
            let sealed = key.seal(&Token::new(text), SESSION).unwrap();
            if let Some(read) = BrowserSession::open(&sealed, &key) {
                let again = BrowserSession::open(&read.seal(&key).unwrap(), &key);
                proptest::prop_assert_eq!(again, Some(read));
            }
            let session = BrowserSession { token: Token::new(token), begun, seen };
            let opened = BrowserSession::open(&session.seal(&key).unwrap(), &key);
            proptest::prop_assert_eq!(opened.as_ref(), Some(&session));
            session.renew();
            session.has_ended();
        }
    }
}
