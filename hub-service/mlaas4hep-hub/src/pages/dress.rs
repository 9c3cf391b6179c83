//! What every page wears: its headers; and errors as pages.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use hub_api::{ApiError, NameError, PathError, routes};
use hub_pages::{CONTENT_SECURITY_POLICY, Done, Frame, problem_page};
use workspaces::WorkspaceError;

use super::visit::{PagesState, Session};
use crate::Failure;

/// Why a page cannot be shown. It travels in the extensions of the response to `dress`, which knows the visitor.
#[derive(Clone, Debug)]
pub struct PageError(pub ApiError);

/// What a handler gives.
pub(super) type PageResult = Result<Response, PageError>;

impl PageError {
    pub(super) fn new(status: u16, code: &str, message: &str, next_step: Option<&str>) -> Self {
        Self(ApiError {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            next_step: next_step.map(str::to_owned),
            request_id: None,
        })
    }

    /// What was asked for makes no sense.
    pub(super) fn bad(code: &str, message: &str) -> Self {
        Self::new(400, code, message, None)
    }

    /// A form whose body stopped: nothing of it can be gone on with.
    pub(super) fn stalled() -> Self {
        Failure::stalled().advise("send it again; of several files those before this one may be there").into()
    }

    pub(super) fn no_session() -> Self {
        Self::new(401, "login", "this page is for who is logged in", Some("log in and come again"))
    }
}

impl From<Failure> for PageError {
    fn from(failure: Failure) -> Self {
        Self(failure.error().clone())
    }
}

impl From<WorkspaceError> for PageError {
    fn from(error: WorkspaceError) -> Self {
        let answer = error.to_api_error();
        if answer.status >= 500 {
            tracing::error!(%error, "a page failed");
        }
        Self(answer)
    }
}

impl From<PathError> for PageError {
    fn from(error: PathError) -> Self {
        Self::bad("path", &error.to_string())
    }
}

impl From<NameError> for PageError {
    fn from(error: NameError) -> Self {
        Self::bad("workspace", &error.to_string())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The page after a form: a reload does not send the form again.
pub(super) fn see(address: &str, done: Done) -> Response {
    let joint = if address.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{address}{joint}done={}", done.word())).into_response()
}

/// Headers for every page, and the page of an error.
pub(super) async fn dress(
    State(state): State<PagesState>,
    session: Option<Session>,
    request: Request,
    next: Next,
) -> Response {
    let asked = request.headers().clone();
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<PageError>() {
        response = problem(&state, session.as_ref(), &asked, error);
    }
    put_on_headers(&mut response);
    response
}

/// An error as a page, or as JSON for who does not ask for HTML.
pub(super) fn problem(
    state: &PagesState,
    session: Option<&Session>,
    asked: &HeaderMap,
    PageError(error): PageError,
) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !wants_html(asked) {
        return (status, Json(error)).into_response();
    }
    let frame = session.map_or_else(|| stranger(&state.prefix), |session| state.frame(session, None));
    let back = back(asked, &state.prefix);
    let log_in = state.log_in.as_deref().filter(|_| status == StatusCode::UNAUTHORIZED).map(|log_in| {
        let next = back.as_deref().unwrap_or(&state.prefix);
        format!("{log_in}?next={}", routes::encode_segment(next))
    });
    (status, problem_page(&frame, &error, back.as_deref(), log_in.as_deref())).into_response()
}

/// The answer of a failure outside the pages: a page for who asks for one in a browser, JSON for anybody else.
pub(crate) fn for_browsers(failure: Failure, asked: &HeaderMap, state: &crate::state::State) -> Response {
    if !asked.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html")) {
        return failure.into_response();
    }
    let frame = stranger(state.prefix());
    let page = problem_page(&frame, failure.error(), None, None);
    let mut response = failure.with_body(page);
    put_on_headers(&mut response);
    response
}

/// The frame of a page for nobody who is known.
fn stranger(prefix: &str) -> Frame<'_> {
    Frame { prefix, visitor: None, xsrf: "", hub_home: None, log_out: None, notice: None }
}

/// What every page wears. A picture says its own policy, and for how long it is kept.
pub(super) fn put_on_headers(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

pub(super) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("text/html");
    accept.contains("text/html")
}

/// Where the visitor came from, if it was a page of ours: only path and page are taken, so that nothing leads elsewhere.
pub(super) fn back(headers: &HeaderMap, prefix: &str) -> Option<String> {
    let referrer = headers.get(header::REFERER)?.to_str().ok()?;
    let url = url::Url::parse(referrer).ok()?;
    // Two slashes at the start would name another host.
    let path = url.path();
    let is_ours = path.starts_with(prefix) && !path.starts_with("//");
    // Which page of a list it was, and not what was told on it.
    let kept = url.query_pairs().filter(|(name, _)| matches!(&**name, "cursor" | "name"));
    let query: Vec<String> =
        kept.map(|(name, value)| format!("{name}={}", routes::encode_segment(&value))).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    is_ours.then(|| format!("{path}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_our_own_pages() {
        let check = |referrer: &str, prefix: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::REFERER, referrer.parse().unwrap());
            assert_eq!(back(&headers, prefix).as_deref(), expected, "{referrer}");
        };
        check("https://hub/services/x/w/higgs/?a=b#c", "/services/x/", Some("/services/x/w/higgs/"));
        check("https://evil.org/services/x/w", "/services/x/", Some("/services/x/w"));
        check(
            "https://hub/s/x/admin?name=a%26b&cursor=c&done=quota",
            "/s/x/",
            Some("/s/x/admin?name=a%26b&cursor=c"),
        );
        check("https://hub/hub/home", "/services/x/", None);
        check("https://hub/services/x/../../hub", "/services/x/", None);
        check("https://hub//evil.org/x", "/", None);
        check("javascript:alert(1)", "/", None);
        check("no address", "/", None);
        assert_eq!(back(&HeaderMap::new(), "/"), None);
    }
}
