//! Answers of what failed: the status of the error itself, and a body that says why.

use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use workspaces::{StoreError, WorkspaceError};

use crate::handler::DavBody;

/// The status over `WebDAV`. It differs from the other interfaces where RFC 4918 says so.
pub(crate) fn status(error: &WorkspaceError) -> StatusCode {
    match error {
        // Sections 9.8.5 and 9.9.4: source and destination are the same, or one lies in the other.
        WorkspaceError::Destination { .. } => StatusCode::FORBIDDEN,
        // Between the look and the deed something came there: as `Overwrite: F` says it.
        WorkspaceError::Exists { .. } => StatusCode::PRECONDITION_FAILED,
        other => StatusCode::from_u16(other.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// The answer of an error.
pub(crate) fn answer(error: &WorkspaceError) -> Response<DavBody> {
    let condition = match error {
        // RFC 4331 section 6.
        WorkspaceError::QuotaExceeded { .. } => "<D:quota-not-exceeded/>",
        WorkspaceError::Store(StoreError::DiskFull { .. }) => "<D:sufficient-disk-space/>",
        WorkspaceError::Locked { .. } => "<D:no-conflicting-lock/>",
        _ => "",
    };
    let api_error = error.to_api_error();
    let message = match api_error.next_step {
        Some(step) => format!("{}; {step}", api_error.message),
        None => api_error.message,
    };
    refusal(status(error), condition, &message)
}

/// A refusal with a condition element of its own, or none.
pub(crate) fn refusal(status: StatusCode, condition: &str, message: &str) -> Response<DavBody> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:error xmlns:D=\"DAV:\">{condition}\
         <D:responsedescription>{}</D:responsedescription></D:error>\n",
        escaped(message)
    );
    let mut answer = Response::new(Full::from(body).map_err(|never| match never {}).boxed_unsync());
    *answer.status_mut() = status;
    let value = header::HeaderValue::from_static("application/xml; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, value);
    answer
}

/// Text inside an element or an attribute.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
