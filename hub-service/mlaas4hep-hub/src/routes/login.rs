//! Logging in and out with a browser.

use crate::Failure;
use crate::place::Asked;
use crate::state::State;
use axum::extract::{self, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use hub_auth::{AuthError, SetCookie};
use serde::Deserialize;

/// What the hub sends a browser back with.
#[derive(Deserialize)]
pub(crate) struct Callback {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    error: Option<String>,
    error_description: Option<String>,
}

/// Where a login leads.
#[derive(Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    next: String,
    /// Of `mlaas4hep-hub dev`: what it printed.
    token: Option<String>,
}

/// Begins a login: at the hub, or with the token that `dev` printed.
pub(crate) async fn login(
    state: extract::State<State>,
    headers: HeaderMap,
    Asked(wish): Asked<Wish>,
) -> Response {
    if let Some(session) = wish.token.as_deref().and_then(|token| state.authenticator().dev_session(token)) {
        return go(state.prefix(), &[session]);
    }
    if let Some(login) = state.login() {
        let redirect = login.start(&wish.next);
        return go(&redirect.location, &redirect.cookies);
    }
    let error = if wish.token.is_some() { AuthError::UnknownToken } else { AuthError::NoCredentials };
    let failure = Failure::from(error)
        .advise("open the address that mlaas4hep-hub dev printed last: unless it is told one, each start makes a new token");
    crate::pages::for_browsers(failure, &headers, &state)
}

/// The browser is back from the hub.
pub(crate) async fn callback(
    state: extract::State<State>,
    Asked(callback): Asked<Callback>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(error) = callback.error {
        return Err(AuthError::LoginRefused { reason: callback.error_description.unwrap_or(error) }.into());
    }
    let login = state.login().ok_or(AuthError::UnknownLogin)?;
    let done = login.finish(&callback.state, &callback.code, &headers).await?;
    Ok(go(&done.redirect.location, &done.redirect.cookies))
}

/// Ends the session here, and leads to the end of the one at the hub.
pub(crate) async fn logout(state: extract::State<State>, headers: HeaderMap) -> Response {
    let ended = state.authenticator().end_session(&headers).await;
    let location = state.login().map_or_else(|| state.prefix().to_owned(), |login| login.logout().location);
    go(&location, &[ended])
}

/// Around every handler: a session goes on as long as there are requests, and nothing that it gets is kept by the browser.
pub(crate) async fn renew(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let session = state.authenticator().browser_session(request.headers());
    let is_asset =
        request.uri().path().strip_prefix(state.prefix()).is_some_and(|path| path.starts_with("assets/"));
    let mut response = next.run(request).await;
    if session.is_some() && !is_asset {
        // What a browser keeps, scripts of other pages at this address could read out of its cache.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let renewed = session
        .filter(|_| response.status() != StatusCode::UNAUTHORIZED)
        .and_then(|session| state.authenticator().renewal(&session, response.headers()))
        .and_then(|cookie| HeaderValue::from_str(&cookie.0).ok());
    if let Some(cookie) = renewed {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Sends a browser somewhere. Nothing of it may be kept by anyone.
fn go(location: &str, cookies: &[SetCookie]) -> Response {
    let mut answer = StatusCode::SEE_OTHER.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, location);
    }
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(&cookie.0) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    answer
}
