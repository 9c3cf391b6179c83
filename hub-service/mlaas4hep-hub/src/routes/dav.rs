//! `WebDAV` on the same names: for file managers, rclone, davix.

use crate::Failure;
use crate::asker::Asker;
use crate::state::State;
use axum::body::Body;
use axum::extract::{self, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

/// Any method of `WebDAV`. Who comes without a name is asked for an app password.
pub(crate) async fn dav(
    state: extract::State<State>,
    asker: Result<Asker, Failure>,
    request: Request,
) -> Response {
    let asker = match asker {
        Ok(asker) => asker,
        Err(failure) => return challenged(failure),
    };
    let mount = format!("{}dav/", state.prefix());
    let uploads = matches!(*request.method(), Method::PUT).then(|| state.uploads().take(&asker.actor.name));
    let _slot = match uploads.transpose() {
        Ok(slot) => slot,
        Err(failure) => return failure.into_response(),
    };
    state.dav().handle(&asker.actor, &mount, request).await.map(Body::new)
}

/// Clients of `WebDAV` know Basic only, and send it when they are asked.
fn challenged(failure: Failure) -> Response {
    let mut answer = failure.into_response();
    if answer.status() == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static("Basic realm=\"mlaas4hep\", charset=\"UTF-8\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    answer
}
