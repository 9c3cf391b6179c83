//! What is counted about every request, and its line in the log. Neither shows a token: addresses are told by their
//! pattern, not as they came.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use std::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Around every handler: a number for the request, a span, a line, the counters.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", %id, who = tracing::field::Empty);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let seconds = begun.elapsed().as_secs_f64();
    count(method.as_str(), &path, status, seconds);
    span.in_scope(|| {
        let milliseconds = seconds * 1e3;
        if status.is_server_error() && status != StatusCode::INSUFFICIENT_STORAGE {
            tracing::error!(%method, path, status = status.as_u16(), milliseconds, "answered");
        } else {
            tracing::info!(%method, path, status = status.as_u16(), milliseconds, "answered");
        }
    });
    response
}

fn count(method: &str, path: &str, status: StatusCode, seconds: f64) {
    let labels = [("method", known_method(method)), ("path", path.to_owned())];
    metrics::histogram!("mlaas4hep_hub_request_seconds", &labels).record(seconds);
    let status = ("status", status.as_str().to_owned());
    metrics::counter!("mlaas4hep_hub_requests_total", &[labels[0].clone(), labels[1].clone(), status])
        .increment(1);
}

/// Callers invent methods, and each would be counted by itself for ever.
fn known_method(method: &str) -> String {
    let known = [
        "GET",
        "HEAD",
        "PUT",
        "POST",
        "DELETE",
        "PATCH",
        "OPTIONS",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
    ];
    if known.contains(&method) { method.to_owned() } else { "other".to_owned() }
}

/// 64 random bits in hexadecimal digits: ours, never the caller's, since it stands in the log.
fn request_id() -> String {
    format!("{:016x}", rand::random::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_methods_are_one() {
        for (method, expected) in
            [("GET", "GET"), ("PROPFIND", "PROPFIND"), ("get", "other"), ("AAA1", "other")]
        {
            assert_eq!(known_method(method), expected);
        }
    }
}
