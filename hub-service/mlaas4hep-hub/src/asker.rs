//! The caller of a request, as the storage wants it.

use crate::Failure;
use crate::connections::Peer;
use crate::state::State;
use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use hub_api::{PrincipalKind, PrincipalSource, routes::XSRF_HEADER};
use hub_auth::{AuthError, Freshness, Principal, XsrfToken};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workspaces::Actor;

/// Who asks. As an argument of a handler it is found out from the headers, and a changing request that comes with a
/// session must carry its code.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) actor: Actor,
    pub(crate) principal: Arc<Principal>,
    /// For pages: what their changing requests must carry.
    pub(crate) xsrf: Option<XsrfToken>,
}

/// The same without a look at the code of what changes something: for pages, whose forms carry it in their body.
#[derive(Clone, Debug)]
pub(crate) struct PageAsker(pub(crate) Asker);

/// After so long, rights are looked at once more before what a request brought is taken: as fresh as those of any write.
const LONG: Duration = Duration::from_secs(10);

/// What a caller showed, to be looked at again at the end of a long request.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    method: Method,
    headers: HeaderMap,
    peer: Option<Peer>,
    at: Instant,
}

impl Shown {
    /// The caller as it is now: somebody who left the group meanwhile is no longer in it.
    ///
    /// # Errors
    /// As of any request.
    pub(crate) async fn actor_now(&self, state: &State, asker: &Asker) -> Result<Actor, Failure> {
        if self.at.elapsed() < LONG {
            return Ok(asker.actor.clone());
        }
        let (mut parts, ()) = http::Request::new(()).into_parts();
        (parts.method, parts.headers) = (self.method.clone(), self.headers.clone());
        Ok(identify(&parts, self.peer, state).await?.actor)
    }
}

/// For pages, which have no [`State`]: the caller of a request, to be looked at again at its end.
#[derive(Clone)]
pub(crate) struct Again {
    pub(crate) state: State,
    pub(crate) asker: Asker,
    pub(crate) shown: Shown,
}

impl Again {
    /// As [`Shown::actor_now`].
    ///
    /// # Errors
    /// As of any request.
    pub(crate) async fn actor_now(&self) -> Result<Actor, Failure> {
        self.shown.actor_now(&self.state, &self.asker).await
    }
}

impl FromRequestParts<State> for Shown {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Infallible> {
        let (method, headers) = (parts.method.clone(), parts.headers.clone());
        Ok(Self { method, headers, peer: peer_of(parts), at: Instant::now() })
    }
}

impl FromRequestParts<State> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        let asker = find(parts, state).await?;
        if let Some(code) = asker.xsrf.as_ref().filter(|_| !is_safe(&parts.method))
            && !code.admits(code_of(&parts.headers), &parts.headers)
        {
            return Err(AuthError::CrossSite.into());
        }
        Ok(asker)
    }
}

impl FromRequestParts<State> for PageAsker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        find(parts, state).await.map(Self)
    }
}

/// The other end of the connection.
fn peer_of(parts: &Parts) -> Option<Peer> {
    parts.extensions.get().copied()
}

async fn find(parts: &mut Parts, state: &State) -> Result<Asker, Failure> {
    let peer = peer_of(parts);
    let address = caller_address(&parts.headers, peer, state);
    // Only what will be looked at can be known: beside a password, a session says nothing.
    let has_password = basic(&parts.headers).is_some();
    let mut guess = None;
    if has_password && !state.rates().was_right(&parts.headers) {
        guess = Some(state.rates().admit_guess(address)?);
    } else if let Err(refused) = state.rates().admit_stranger(address)
        && !has_password
        && !state.authenticator().is_known(&parts.headers).await
    {
        return Err(refused);
    }
    let found = identify(parts, peer, state).await;
    match &found {
        Ok(asker) => {
            if guess.is_some() {
                state.rates().note_right(&parts.headers);
            }
            state.rates().admit(&asker.actor.name)?;
            tracing::Span::current().record("who", asker.principal.name.as_str());
        }
        Err(failure) if matches!(failure.error().status, 401 | 403) => {
            state.rates().note_refusal(address, &parts.headers, guess);
        }
        Err(_) => {}
    }
    found
}

async fn identify(parts: &Parts, peer: Option<Peer>, state: &State) -> Result<Asker, Failure> {
    if let Some((user, password)) = basic(&parts.headers) {
        return by_app_password(&user, &password, state).await;
    }
    let peer = peer.map(|peer| peer.address);
    let freshness = if is_safe(&parts.method) { Freshness::Read } else { Freshness::Write };
    let caller = state.authenticator().caller(&parts.headers, None, peer, freshness).await?;
    if let Some(code) = caller.xsrf.as_ref().filter(|_| is_safe(&parts.method))
        && !code.admits_reading(code_of(&parts.headers), &parts.headers)
    {
        return Err(AuthError::CrossSite.into());
    }
    let principal = caller.principal;
    if principal.kind == PrincipalKind::User && principal.says_groups {
        state.note_groups(&principal.name, &principal.groups).await?;
    }
    let name = match principal.kind {
        PrincipalKind::User => principal.name.clone(),
        // A service may be named as a person is, and has nothing of that person: no name of one has a slash.
        PrincipalKind::Service => format!("service/{}", principal.name),
    };
    let actor = Actor {
        name,
        source: principal.source,
        groups: principal.groups.clone(),
        is_admin: principal.is_admin,
        role_ceiling: principal.role_ceiling,
        capabilities: principal.capabilities.clone(),
    };
    Ok(Asker { actor, principal, xsrf: caller.xsrf })
}

async fn by_app_password(user: &str, password: &str, state: &State) -> Result<Asker, Failure> {
    let refused = || {
        Failure::new(StatusCode::UNAUTHORIZED, "wrong_password", "the user or the app password is not right")
            .advise(
                "make an app password on the page of the service; the password of the hub does not work here",
            )
            .with_header(header::WWW_AUTHENTICATE, "Basic realm=\"mlaas4hep\", charset=\"UTF-8\"")
    };
    let verified = state.workspaces().verify_app_password(user, password).await?.ok_or_else(refused)?;
    let actor = Actor {
        name: verified.owner.clone(),
        source: PrincipalSource::AppPassword,
        groups: verified.groups.map(|known| known.groups).unwrap_or_default(),
        is_admin: false,
        role_ceiling: Some(verified.role),
        capabilities: None,
    };
    let principal = Principal {
        name: actor.name.clone(),
        kind: PrincipalKind::User,
        source: actor.source,
        groups: actor.groups.clone(),
        says_groups: false,
        is_admin: false,
        role_ceiling: actor.role_ceiling,
        capabilities: None,
        expires: None,
    };
    Ok(Asker { actor, principal: Arc::new(principal), xsrf: None })
}

fn code_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(XSRF_HEADER).and_then(|value| value.to_str().ok())
}

/// User and password of `Authorization: Basic` (RFC 7617).
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, coded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Whom to count refusals for. A proxy, the hub's or one that is trusted, says whom it speaks for.
pub(crate) fn caller_address(headers: &HeaderMap, peer: Option<Peer>, state: &State) -> Option<IpAddr> {
    let peer = peer?;
    if peer.is_direct || !state.is_proxy(peer.address) {
        return Some(peer.address);
    }
    // The last entry is the one that the proxy itself wrote.
    let named = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    named.and_then(|names| names.rsplit(',').next()?.trim().parse().ok()).or(Some(peer.address))
}

/// Methods that change nothing (RFC 9110 section 9.2.1, RFC 4918 section 9.1).
fn is_safe(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "PROPFIND")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials() {
        let check = |value: &str, expected: Option<(&str, &str)>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            let found = basic(&headers);
            assert_eq!(
                found.as_ref().map(|(user, password)| (user.as_str(), password.as_str())),
                expected,
                "{value}"
            );
        };
        check("Basic YWxpY2U6aHVzaA==", Some(("alice", "hush")));
        check("basic YWxpY2U6YTpi", Some(("alice", "a:b")));
        check("Basic YWxpY2U=", None);
        check("Basic %%%", None);
        check("Bearer YWxpY2U6aHVzaA==", None);
        check("Basic //8=", None);
    }
}
