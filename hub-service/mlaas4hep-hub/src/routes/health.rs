//! Whether the service lives, and whether it can work.

use crate::Failure;
use crate::state::State;
use axum::extract;
use http::StatusCode;

/// It lives.
#[utoipa::path(get, path = "/health", tag = "operation", security(()),
    responses((status = 200, description = "It lives.", content_type = "text/plain", body = String)))]
pub(crate) async fn health() -> &'static str {
    "ok"
}

/// It can work: the database answers, and it is not about to end.
#[utoipa::path(get, path = "/ready", tag = "operation", security(()),
    responses((status = 200, description = "It can work.", content_type = "text/plain", body = String)))]
pub(crate) async fn ready(state: extract::State<State>) -> Result<&'static str, Failure> {
    let unready = |why: &str| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", why);
    if *state.ending().borrow() {
        return Err(unready("the service is ending"));
    }
    state.workspaces().known_groups("").await.map_err(|_| unready("the database does not answer"))?;
    Ok("ready")
}

/// Counters for Prometheus, for administrators of the service.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, content_type = "text/plain", body = String)))]
pub(crate) async fn metrics(
    state: extract::State<State>,
    asker: crate::asker::Asker,
) -> Result<String, Failure> {
    if !asker.actor.is_admin {
        let message = "only administrators of the service may read its counters";
        return Err(Failure::new(StatusCode::FORBIDDEN, "forbidden", message));
    }
    Ok(state.metrics().render())
}
