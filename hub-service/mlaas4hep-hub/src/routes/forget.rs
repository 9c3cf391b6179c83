//! Asking the hub anew.

use crate::Failure;
use crate::asker::Asker;
use crate::state::State;
use axum::extract;
use http::StatusCode;

/// Forgets what the hub said about all callers; for administrators of the service, after they took rights away.
#[utoipa::path(post, path = "/api/v1/admin/forget", tag = "operation", responses((status = 204)))]
pub(crate) async fn forget(state: extract::State<State>, asker: Asker) -> Result<StatusCode, Failure> {
    if !asker.actor.is_admin {
        let message = "only administrators of the service may do this";
        return Err(Failure::new(StatusCode::FORBIDDEN, "forbidden", message));
    }
    state.authenticator().forget_all();
    Ok(StatusCode::NO_CONTENT)
}
