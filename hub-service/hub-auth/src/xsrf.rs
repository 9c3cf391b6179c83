//! Against requests that another page makes in the name of our user.
//!
//! All servers of a hub share its origin unless it uses subdomains, so that neither `SameSite` nor `Origin` tells our pages
//! from a notebook's. What changes something with a session, and what scripts ask for with it, carries a code that only our
//! pages show (Fetch Metadata: `Sec-Fetch-Dest` of a script's request is `empty`).

use crate::{SealKey, Token};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;

/// The code for one session: bound to the token of the session and to that of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XsrfToken(String);

impl XsrfToken {
    pub(crate) fn new(key: &SealKey, token: &Token, session: &str) -> Option<Self> {
        let mut code = Hmac::<Sha256>::new_from_slice(&key.code_key).ok()?;
        code.update(&token.digest());
        code.update(session.as_bytes());
        Some(Self(URL_SAFE_NO_PAD.encode(code.finalize().into_bytes())))
    }

    /// For the page that the user gets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a reading request with the session may be answered: a browser opens a page, shows a picture, or says nothing about
    /// itself. What else a page asks for its scripts could read (`fetch`, modules of JSON, preloads), so that it has to be a page
    /// of ours; a worker that stands between must not get it ahead either. (A picture any script can read that shows it.)
    #[must_use]
    pub fn admits_reading(&self, given: Option<&str>, headers: &HeaderMap) -> bool {
        let destination = headers.get("sec-fetch-dest").map(http::HeaderValue::as_bytes);
        let is_looked_at = match destination {
            None | Some(b"document") => !headers.contains_key("service-worker-navigation-preload"),
            Some(b"image") => true,
            Some(_) => false,
        };
        is_looked_at || self.admits(given, headers)
    }

    /// Whether a changing request comes from our page: it has the code, and the browser does not say otherwise.
    #[must_use]
    pub fn admits(&self, given: Option<&str>, headers: &HeaderMap) -> bool {
        is_from_our_site(headers) && given.is_some_and(|given| Token::new(self.0.as_str()).is(given))
    }
}

/// Whether the browser does not say that another site sends this (Fetch Metadata, `Sec-Fetch-Site`). Old browsers say
/// nothing.
#[must_use]
pub fn is_from_our_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    matches!(site, None | Some("same-origin" | "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_other_pages_read_nothing() {
        let code = XsrfToken::new(&SealKey::from_bytes(&[7; 32]), &Token::new("token"), "").unwrap();
        let check = |destination: Option<&str>, given: Option<&str>, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
            if let Some(destination) = destination {
                headers.insert("sec-fetch-dest", destination.parse().unwrap());
            }
            assert_eq!(code.admits_reading(given, &headers), expected, "{destination:?} {given:?}");
        };
        for destination in [None, Some("document"), Some("image")] {
            check(destination, None, true);
        }
        for destination in ["empty", "json", "script", "iframe", "serviceworker", "video", "new"] {
            check(Some(destination), None, false);
        }
        check(Some("empty"), Some("guessed"), false);
        check(Some("empty"), Some(code.as_str()), true);
        let mut ahead = HeaderMap::new();
        ahead.insert("sec-fetch-dest", "document".parse().unwrap());
        ahead.insert("service-worker-navigation-preload", "true".parse().unwrap());
        assert!(!code.admits_reading(None, &ahead));
    }

    #[test]
    fn a_code_admits_its_own_session_only() {
        let key = SealKey::from_bytes(&[7; 32]);
        let code = |token: &str, session: &str| XsrfToken::new(&key, &Token::new(token), session).unwrap();
        let ours = code("token", "session");
        let headers = |site: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            headers
        };
        let check = |given: Option<&str>, site: Option<&str>, expected: bool| {
            assert_eq!(ours.admits(given, &headers(site)), expected, "{given:?} {site:?}");
        };
        let (same, other_session, other_token) =
            (code("token", "session"), code("token", "other"), code("other", "session"));
        check(Some(same.as_str()), None, true);
        check(Some(same.as_str()), Some("same-origin"), true);
        check(Some(same.as_str()), Some("none"), true);
        check(Some(same.as_str()), Some("cross-site"), false);
        check(Some(same.as_str()), Some("same-site"), false);
        check(Some(other_session.as_str()), None, false);
        check(Some(other_token.as_str()), None, false);
        check(Some(""), None, false);
        check(None, None, false);
    }
}
