//! Who looks at a page: found out as for every request, and led to the login where nobody is known.

use axum::{
    extract::{FromRequestParts, Request, State as Shared},
    http::{HeaderMap, Method, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use hub_api::routes;
use hub_pages::Visitor;

use super::{
    dress::{PageError, problem, put_on_headers, wants_html},
    visit::{PagesState, Session},
};
use crate::{
    Failure,
    asker::{Again, PageAsker, Shown},
    state::State,
};

pub(super) async fn let_in(
    Shared((state, pages)): Shared<(State, PagesState)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(shown) = Shown::from_request_parts(&mut parts, &state).await;
    match PageAsker::from_request_parts(&mut parts, &state).await {
        Ok(PageAsker(asker)) => {
            let session = Session {
                visitor: Visitor { name: asker.principal.name.clone(), is_admin: asker.principal.is_admin },
                xsrf: asker.xsrf.as_ref().map_or("", |code| code.as_str()).into(),
                public_url: public_url(&parts.headers, &state).into(),
                actor: asker.actor.clone(),
            };
            parts.extensions.insert(session);
            parts.extensions.insert(Again { state, asker, shown });
            next.run(Request::from_parts(parts, body)).await
        }
        Err(failure) => {
            let mut response = to_login(&parts.method, &parts.headers, &parts.uri, &failure, &state)
                .unwrap_or_else(|| {
                    problem(&pages, None, &parts.headers, advised(&failure, &parts.headers, &state))
                });
            put_on_headers(&mut response);
            response
        }
    }
}

/// The error; to a person without a session, how to get one.
fn advised(failure: &Failure, headers: &HeaderMap, state: &State) -> PageError {
    let mut error = failure.error().clone();
    if error.code == "no_credentials" && wants_html(headers) {
        "your session has ended, or has not begun".clone_into(&mut error.message);
        error.next_step = Some("log in, and do it again".to_owned());
    }
    if error.status == 401 && state.info().logins.iter().any(|login| login == "dev") {
        error.next_step = Some("open the address that mlaas4hep-hub dev printed".to_owned());
    }
    PageError(error)
}

/// A browser that wants to see a page and has no session logs in first, where there is a hub to log in at.
fn to_login(
    method: &Method,
    headers: &HeaderMap,
    uri: &axum::http::Uri,
    failure: &Failure,
    state: &State,
) -> Option<Response> {
    let is_stranger = failure.error().status == 401 && headers.get(header::AUTHORIZATION).is_none();
    let can_log_in = method == Method::GET && wants_html(headers) && state.login().is_some();
    let here = uri.path_and_query().map_or("", |here| here.as_str());
    let address = format!("{}login?next={}", state.prefix(), routes::encode_segment(here));
    (is_stranger && can_log_in).then(|| Redirect::to(&address).into_response())
}

/// The address that the service was told, else the one by which the browser came: only its own page shows it again.
fn public_url(headers: &HeaderMap, state: &State) -> String {
    if let Some(told) = state.public_url() {
        return told.to_owned();
    }
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let host = text("host").and_then(|host| host.parse::<Authority>().ok());
    let is_secure = state.authenticator().hub().is_some_and(|hub| hub.settings().is_https)
        || (state.is_behind_proxy()
            && text("x-forwarded-proto").is_some_and(|scheme| scheme.starts_with("https")));
    let scheme = if is_secure { "https" } else { "http" };
    match host {
        Some(host) => format!("{scheme}://{host}{}", state.prefix()),
        None => state.prefix().to_owned(),
    }
}
