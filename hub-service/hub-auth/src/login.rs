//! The way of a browser through the hub's login and back (OAuth 2.0 authorization code with PKCE, RFC 6749 and 7636).

use crate::session::{BrowserSession, LONGEST_SECONDS, now};
use crate::{AuthError, CookieRules, HubClient, SealKey, SetCookie, Token};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a login may take.
const LOGIN_SECONDS: u64 = 10 * 60;
/// Purpose of the sealed cookie.
const LOGIN: &str = "login";
/// Longest way back that is kept: longer ones lead to the first page.
const MOST_NEXT_BYTES: usize = 512;

/// The way through the hub's login. A login under way is kept by its browser, sealed: so strangers who begin many of them
/// take no room here. That it works once is the hub's doing, which takes a code once.
#[derive(Clone)]
pub struct Login {
    hub: HubClient,
    key: SealKey,
    cookies: CookieRules,
}

#[derive(Serialize, Deserialize)]
struct UnderWay {
    state: String,
    verifier: String,
    next: String,
    begun: u64,
}

/// Where a browser is sent, and what it is to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The address.
    pub location: String,
    /// The cookies.
    pub cookies: Vec<SetCookie>,
}

/// A login that ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// Back to the page that was asked for, with the session.
    pub redirect: Redirect,
    /// The token that the hub gave; for a first look at who came.
    pub token: Token,
}

impl Login {
    pub(crate) fn new(hub: HubClient, key: SealKey, cookies: CookieRules) -> Self {
        Self { hub, key, cookies }
    }

    /// Sends a browser to the hub; afterwards it comes back to `next`, if that lies under our prefix.
    #[must_use]
    pub fn start(&self, next: &str) -> Redirect {
        let settings = self.hub.settings();
        let (state, verifier) = (random_text(), random_text());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let next = under_prefix(next, &settings.prefix);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &settings.callback_url)
            .append_pair("response_type", "code")
            .append_pair("state", &state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let cookie = self.state_cookie(&state);
        let kept = self.keep(&UnderWay { state, verifier, next, begun: now() });
        Redirect {
            location: format!("{}{}hub/api/oauth2/authorize?{query}", settings.hub_host, settings.base_url),
            cookies: vec![self.cookies.set(&cookie, &kept, Some(LOGIN_SECONDS))],
        }
    }

    /// The browser is back from the hub.
    ///
    /// # Errors
    /// A state that this browser did not get from us, or that was used; a code that the hub does not take; the hub fails.
    pub async fn finish(&self, state: &str, code: &str, headers: &HeaderMap) -> Result<LoggedIn, AuthError> {
        let cookie = self.state_cookie(state);
        let kept = self.cookies.get(headers, &cookie).and_then(|kept| self.kept(kept));
        let under_way =
            kept.filter(|kept| Token::new(&kept.state).is(state)).ok_or(AuthError::UnknownLogin)?;
        let token = self.hub.exchange(code, &under_way.verifier).await?;
        let sealed = BrowserSession::begin(token.clone()).seal(&self.key).ok_or(AuthError::SessionEnded)?;
        let session = self.cookies.set(&self.hub.settings().client_id, &sealed, Some(LONGEST_SECONDS));
        let cookies = vec![session, self.cookies.set(&cookie, "", Some(0))];
        Ok(LoggedIn { redirect: Redirect { location: under_way.next, cookies }, token })
    }

    /// Ends our session; the hub's own is ended at the address that is given.
    #[must_use]
    pub fn logout(&self) -> Redirect {
        let settings = self.hub.settings();
        Redirect {
            location: format!("{}{}hub/logout", settings.hub_host, settings.base_url),
            cookies: vec![self.cookies.set(&settings.client_id, "", Some(0))],
        }
    }

    /// Empty where it cannot be sealed: then the login will not be known.
    fn keep(&self, under_way: &UnderWay) -> String {
        let text = serde_json::to_string(under_way).unwrap_or_default();
        self.key.seal(&Token::new(text), LOGIN).unwrap_or_default()
    }

    /// A login that was begun not long ago.
    fn kept(&self, sealed: &str) -> Option<UnderWay> {
        let opened = self.key.open(sealed, LOGIN)?;
        let kept: UnderWay = serde_json::from_str(opened.reveal()).ok()?;
        (now().saturating_sub(kept.begun) < LOGIN_SECONDS).then_some(kept)
    }

    /// A cookie for each login under way, so that several tabs do not disturb each other.
    fn state_cookie(&self, state: &str) -> String {
        let short: String = state.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        format!("{}-oauth-state-{short}", self.hub.settings().client_id)
    }
}

/// 256 random bits in 43 characters.
fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>())
}

/// A path of ours, whatever was asked for: no other host, no way up, nothing that a browser reads as either.
fn under_prefix(next: &str, prefix: &str) -> String {
    let is_plain =
        next.len() <= MOST_NEXT_BYTES && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let lowered = path.to_ascii_lowercase();
    let climbs =
        path.split('/').any(|part| part == "..") || lowered.contains("%2e") || lowered.contains("%5c");
    if is_plain && next.starts_with(prefix) && !next.starts_with("//") && !climbs {
        return next.to_owned();
    }
    prefix.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_our_own_pages_only() {
        let check = |next: &str, expected: &str| {
            assert_eq!(under_prefix(next, "/services/x/"), expected, "{next}");
        };
        check("/services/x/w/higgs/?a=b#c", "/services/x/w/higgs/?a=b#c");
        check("/services/x/a%20b", "/services/x/a%20b");
        for foreign in [
            "",
            "/",
            "/hub/home",
            "//evil.org/services/x/",
            "https://evil.org/services/x/",
            "/services/x/../../hub/admin",
            "/services/x/%2e%2e/y",
            "/services/x/%2E./y",
            "/services/x/..\\..\\y",
            "/services/x/%5cy",
            "/services/x/a b",
            "/services/x/\r\nSet-Cookie: a=b",
            "/services/xy/",
            "\\\\evil.org",
        ] {
            check(foreign, "/services/x/");
        }
        assert_eq!(under_prefix("//evil.org", "/"), "/");
        check(&format!("/services/x/{}", "a".repeat(4000)), "/services/x/");
    }

    proptest::proptest! {
        /// As a browser resolves it, what comes out is an address below our prefix.
        #[test]
        fn no_text_leads_elsewhere(
            text in "(/services/x/|/|//|\\\\|\\.|\\.\\.|%2e|%2E|%5c|%2F|\\?|#|:|@|evil.org|https:|\t|\r\n|a|\u{e9}| ){0,10}",
            is_ours: bool, prefix in "(/services/x/|/)",
        ) {
            let next = if is_ours { format!("{prefix}{text}") } else { text };
            let led = under_prefix(&next, &prefix);
            let browser = url::Url::parse("https://hub.example/hub/login").unwrap().join(&led).unwrap();
            proptest::prop_assert_eq!(browser.host_str(), Some("hub.example"), "{}", led);
            proptest::prop_assert!(browser.path().starts_with(&prefix), "{} of {}", led, next);
            proptest::prop_assert!(http::HeaderValue::from_str(&led).is_ok());
        }
    }
}
