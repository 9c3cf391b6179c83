//! Bodies of forms: believed only with the token of the session.

use axum::http::request::Parts;
use axum::{
    Form,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
};
use hub_api::{FilePath, PathError};
use hub_auth::is_from_our_site;
use serde::{Deserialize, de::DeserializeOwned};
use subtle::ConstantTimeEq;

use super::{
    dress::PageError,
    visit::{PagesState, Session},
};

/// A form that came from one of our own pages.
pub(super) struct Checked<T>(pub(super) T);

/// A form of a button: nothing but the token.
#[derive(Deserialize)]
pub(super) struct Button {}

#[derive(Deserialize)]
struct Token {
    xsrf: String,
}

/// Whether the token is the session's.
pub(super) fn check_token(expected: &str, given: &str) -> Result<(), PageError> {
    if !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
        return Ok(());
    }
    Err(PageError::new(
        403,
        "xsrf",
        "this form is old, or did not come from a page of this service",
        Some("go back, load the page anew, and send the form again"),
    ))
}

/// Refuses what the browser says that another site sends.
pub(super) fn check_site(parts: &Parts) -> Result<(), PageError> {
    if is_from_our_site(&parts.headers) { Ok(()) } else { check_token("", "") }
}

impl<T: DeserializeOwned> FromRequest<PagesState> for Checked<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &PagesState) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let session = Session::from_request_parts(&mut parts, state).await?;
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state);
        let body = tokio::time::timeout(state.silence, body)
            .await
            .map_err(|_| PageError::stalled())?
            .map_err(|_| PageError::new(413, "form_too_large", "the form is too large", None))?;
        let again = || Request::from_parts(parts.clone(), axum::body::Body::from(body.clone()));
        let invalid =
            |reason: String| PageError::new(400, "form", &format!("the form is incomplete: {reason}"), None);
        let Form(Token { xsrf }) =
            Form::from_request(again(), state).await.map_err(|rejection| invalid(rejection.body_text()))?;
        session.check_xsrf(&xsrf)?;
        check_site(&parts)?;
        let Form(form) =
            Form::from_request(again(), state).await.map_err(|rejection| invalid(rejection.body_text()))?;
        Ok(Self(form))
    }
}

/// A path that was typed; people begin it with a slash.
pub(super) fn typed_path(text: &str) -> Result<FilePath, PathError> {
    FilePath::new(text.trim().trim_start_matches('/'))
}

/// A lifetime of a form: empty for none.
pub(super) fn lifetime(text: Option<&str>) -> Result<Option<u64>, PageError> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => {
            let seconds = text
                .parse()
                .map_err(|_| PageError::bad("lifetime", "the lifetime is no number of seconds"))?;
            Ok(Some(seconds))
        }
    }
}
