//! The rest of a body that nobody wanted.
//!
//! A refusal that comes while the body is still on its way would close the connection, and a proxy in between then says
//! 502 or 503 instead of what we said. So some of the rest is read and thrown away first; unless its sender asked first whether
//! to send it at all (`Expect: 100-continue`, RFC 9110 section 10.1.1). A proxy may pass that question on, and sends without an answer.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use http::header;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// Most bytes that are thrown away; after that the connection is closed.
const MOST_BYTES: usize = 256 << 20;
/// What proxies add to a request.
const PROXY_HEADERS: [&str; 3] = ["x-forwarded-for", "forwarded", "via"];
/// How long that may take.
const LONGEST: Duration = Duration::from_secs(20);

/// A body that is looked after when its handler is done with it.
struct Lent(Arc<Mutex<Body>>, Arc<AtomicBool>);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.1.store(true, Ordering::Relaxed);
        Pin::new(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}

/// Reads what is left of the body of a request that was refused.
pub(crate) async fn drain(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let came_by_proxy = PROXY_HEADERS.iter().any(|name| parts.headers.contains_key(*name));
    let asks_first = parts.headers.contains_key(header::EXPECT) && !came_by_proxy;
    let (body, is_begun) = (Arc::new(Mutex::new(body)), Arc::new(AtomicBool::new(false)));
    let lent = Lent(body.clone(), is_begun.clone());
    let response = next.run(Request::from_parts(parts, Body::new(lent))).await;
    if asks_first && !is_begun.load(Ordering::Relaxed) {
        return response;
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        // Whether all of it came does not matter.
        let _ = tokio::time::timeout(LONGEST, throw_away(Lent(body, is_begun))).await;
    }
    response
}

async fn throw_away(rest: Lent) {
    let mut n_bytes = 0;
    let mut rest = rest.into_data_stream();
    while let Some(Ok(bytes)) = rest.next().await {
        n_bytes += bytes.len();
        if n_bytes > MOST_BYTES {
            return;
        }
    }
}
