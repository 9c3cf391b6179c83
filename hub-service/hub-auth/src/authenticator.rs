//! From the headers of a request to its caller.

use crate::cache::PrincipalCache;
use crate::cookie::foreign;
use crate::session::BrowserSession;
use crate::{
    AuthError, CookieRules, DevUser, HubClient, Iam, Login, Principal, ProxyHeaders, SealKey, SetCookie,
    Token, XsrfToken,
};
use http::{HeaderMap, header};
use std::net::IpAddr;
use std::sync::Arc;

/// Name of the session cookie where there is no hub to name it.
const DEV_SESSION: &str = "mlaas4hep-session";
/// The cookie in which the hub keeps its session; it changes at every login and logout.
const HUB_SESSION: &str = "jupyterhub-session-id";

/// How old an answer of the hub may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// A minute: what only reads.
    Read,
    /// Ten seconds: what writes, deletes or shares.
    Write,
}

/// Finds the callers of requests. Cheap to clone.
#[derive(Clone)]
pub struct Authenticator {
    hub: Option<HubClient>,
    iam: Iam,
    dev: Option<DevUser>,
    proxy: ProxyHeaders,
    cache: PrincipalCache,
    key: SealKey,
    cookies: CookieRules,
}

/// Who made a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The caller.
    pub principal: Arc<Principal>,
    /// For a caller with a session: what its changing requests must carry.
    pub xsrf: Option<XsrfToken>,
}

/// A token, and the hub's session that it belongs to; empty for a token in a header.
struct Session<'h> {
    token: Token,
    id: &'h str,
}

impl Authenticator {
    /// Believes the hub, the local user and the proxies that are given, and nobody else.
    #[must_use]
    pub fn new(
        hub: Option<HubClient>,
        dev: Option<DevUser>,
        proxy: ProxyHeaders,
        key: SealKey,
        cookies: CookieRules,
    ) -> Self {
        let cache = PrincipalCache::new();
        Self { hub, iam: Iam::default(), dev, proxy, cache, key, cookies }
    }

    /// Believes the issuers of an IAM, too.
    #[must_use]
    pub fn with_iam(self, iam: Iam) -> Self {
        Self { iam, ..self }
    }

    /// The caller of a request: by `Authorization: token|bearer`, else by the session, else by a trusted proxy.
    ///
    /// `query_token` is the token of the address, which the server reads for `WebSocket`s only.
    ///
    /// # Errors
    /// Nobody is named; the token or the session is no good; the hub fails.
    pub async fn caller(
        &self,
        headers: &HeaderMap,
        query_token: Option<&str>,
        peer: Option<IpAddr>,
        freshness: Freshness,
    ) -> Result<Caller, AuthError> {
        if let Some(token) = bearer(headers).or_else(|| query_token.map(Token::new)) {
            return Ok(Caller { principal: self.principal(&token, "", freshness).await?, xsrf: None });
        }
        if let Some(session) = self.session(headers) {
            let Session { token, id } = session?;
            let principal = self.principal(&token, id, freshness).await.map_err(|error| match error {
                AuthError::UnknownToken => AuthError::SessionEnded,
                other => other,
            })?;
            return Ok(Caller { principal, xsrf: XsrfToken::new(&self.key, &token, id) });
        }
        let principal = self.proxy.principal(headers, peer).ok_or(AuthError::NoCredentials)?;
        // The browser keeps the proxy's session, which other pages could use as well.
        let session = Token::new(format!("proxy {}", principal.name));
        Ok(Caller { principal: Arc::new(principal), xsrf: XsrfToken::new(&self.key, &session, "") })
    }

    /// Whether the token of a request was good a moment ago: said without asking the hub.
    pub async fn is_known(&self, headers: &HeaderMap) -> bool {
        let shown = bearer(headers).map(|token| Session { token, id: "" });
        let Some(Session { token, id }) = shown.or_else(|| self.session(headers)?.ok()) else {
            return false;
        };
        self.dev.as_ref().is_some_and(|dev| dev.principal(&token).is_some())
            || self.cache.has_good(&token, id).await
    }

    /// The login at the hub, where there is one.
    #[must_use]
    pub fn login(&self) -> Option<Login> {
        Some(Login::new(self.hub.clone()?, self.key.clone(), self.cookies.clone()))
    }

    /// The session of the local user, for who shows the token that `dev` printed.
    #[must_use]
    pub fn dev_session(&self, token: &str) -> Option<SetCookie> {
        let token = Token::new(token);
        self.dev.as_ref()?.principal(&token)?;
        Some(self.cookies.set(DEV_SESSION, &BrowserSession::begin(token).seal(&self.key)?, None))
    }

    /// The session that a browser sends, if it holds.
    #[must_use]
    pub fn browser_session(&self, headers: &HeaderMap) -> Option<BrowserSession> {
        let opened = BrowserSession::open(self.cookies.get(headers, self.session_name())?, &self.key)?;
        // Of the local user it lives as long as the browser.
        (self.hub.is_none() || !opened.has_ended()).then_some(opened)
    }

    /// The cookie by which a session goes on after a request, where it is due. `None` for answers that set it already.
    #[must_use]
    pub fn renewal(&self, session: &BrowserSession, answer: &HeaderMap) -> Option<SetCookie> {
        let name = format!("{}=", self.cookies.name(self.session_name()));
        let mut set = answer.get_all(header::SET_COOKIE).iter();
        if self.hub.is_none() || set.any(|cookie| cookie.as_bytes().starts_with(name.as_bytes())) {
            return None;
        }
        let (renewed, left) = session.renew()?;
        Some(self.cookies.set(self.session_name(), &renewed.seal(&self.key)?, Some(left)))
    }

    /// Ends the session of a browser, and forgets what the hub said about it.
    pub async fn end_session(&self, headers: &HeaderMap) -> SetCookie {
        if let Some(Ok(Session { token, id })) = self.session(headers) {
            self.cache.forget(&token, id).await;
        }
        self.cookies.set(self.session_name(), "", Some(0))
    }

    /// Asks the hub and the issuers anew for everyone.
    pub fn forget_all(&self) {
        self.cache.forget_all();
    }

    /// The hub, where there is one.
    #[must_use]
    pub fn hub(&self) -> Option<&HubClient> {
        self.hub.as_ref()
    }

    /// The session of a browser, if it sends one; it may be none that can be read.
    fn session<'h>(&self, headers: &'h HeaderMap) -> Option<Result<Session<'h>, AuthError>> {
        self.cookies.get(headers, self.session_name())?;
        let id = foreign(headers, HUB_SESSION).unwrap_or_default();
        let opened = self.browser_session(headers).ok_or(AuthError::SessionEnded);
        Some(opened.map(|session| Session { token: session.token, id }))
    }

    async fn principal(
        &self,
        token: &Token,
        session: &str,
        freshness: Freshness,
    ) -> Result<Arc<Principal>, AuthError> {
        if let Some(principal) = self.dev.as_ref().and_then(|dev| dev.principal(token)) {
            return Ok(Arc::new(principal));
        }
        self.cache.principal(token, session, freshness, self.ask(token)).await
    }

    /// A token that names an issuer is the issuer's; any other is the hub's, or else of an issuer that can be asked.
    async fn ask(&self, token: &Token) -> Result<Principal, AuthError> {
        if let Some(found) = self.iam.of_jwt(token).await {
            return found;
        }
        match &self.hub {
            Some(hub) => match hub.principal(token).await {
                Err(AuthError::UnknownToken) => self.iam.of_opaque(token).await,
                found => found,
            },
            None => self.iam.of_opaque(token).await,
        }
    }

    fn session_name(&self) -> &str {
        self.hub.as_ref().map_or(DEV_SESSION, |hub| &hub.settings().client_id)
    }
}

/// The token of `Authorization: token X` or `bearer X`, in any case of letters (RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Option<Token> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let is_ours = ["token", "bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    (is_ours && !token.is_empty()).then(|| Token::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_in_two_schemes() {
        let check = |value: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(bearer(&headers).as_ref().map(Token::reveal), expected, "{value}");
        };
        check("token abc", Some("abc"));
        check("Bearer abc", Some("abc"));
        check("BEARER  abc ", Some("abc"));
        check("Basic abc", None);
        check("token", None);
        check("token ", None);
        check("abc", None);
    }
}
