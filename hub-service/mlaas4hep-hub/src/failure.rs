//! Every error as an answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use hub_api::ApiError;
use hub_auth::AuthError;
use workspaces::WorkspaceError;

/// What a handler answers when it cannot do what was asked.
#[derive(Clone, Debug)]
pub struct Failure {
    error: ApiError,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Failure {
    /// An error of the service itself.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let error = ApiError {
            status: status.as_u16(),
            code: code.to_owned(),
            message: message.into(),
            next_step: None,
            request_id: None,
        };
        Self { error, headers: Vec::new() }
    }

    /// A request that makes no sense: 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// A body that does not come: 408 (RFC 9110 section 15.5.9).
    pub(crate) fn stalled() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "stalled", "the body of the request did not come in time")
            .advise("send it again; an upload of a notebook, of the command line or of the page goes on where it stood")
    }

    /// What to do about it.
    #[must_use]
    pub fn advise(mut self, next_step: impl Into<String>) -> Self {
        self.error.next_step = Some(next_step.into());
        self
    }

    /// A header beside it.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.headers.push((name, value));
        }
        self
    }

    /// The error as data.
    #[must_use]
    pub fn error(&self) -> &ApiError {
        &self.error
    }
}

/// Whether a body could not be read because its sender fell silent.
pub(crate) fn is_stalled(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(<dyn std::error::Error>::is::<tower_http::timeout::TimeoutError>)
}

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Self {
        // A full quota is no failure of the service.
        if error.status() >= 500 && !matches!(error, WorkspaceError::QuotaExceeded { .. }) {
            tracing::error!(error = %error, "the storage failed");
        }
        let headers = match &error {
            WorkspaceError::ChangedMeanwhile { current: Some(entry), .. } => entry.etag.as_deref(),
            _ => None,
        };
        let headers = headers.and_then(|tag| Some((header::ETAG, HeaderValue::from_str(tag).ok()?)));
        Self { error: error.to_api_error(), headers: headers.into_iter().collect() }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        if error.status() >= 500 {
            tracing::warn!(error = %error, "the hub failed");
        }
        let headers = match error.status() {
            401 => vec![(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"mlaas4hep\""))],
            503 => vec![(header::RETRY_AFTER, HeaderValue::from_static("5"))],
            _ => Vec::new(),
        };
        Self { error: error.to_api_error(), headers }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = Json(self.error.clone());
        self.with_body(error)
    }
}

impl Failure {
    /// The answer, with another body than the error as JSON.
    pub(crate) fn with_body(self, body: impl IntoResponse) -> Response {
        let status = StatusCode::from_u16(self.error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}
