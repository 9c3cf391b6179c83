//! Uploads of a workspace that were begun and not ended.

use crate::Failure;
use crate::asker::Asker;
use crate::place::Place;
use crate::state::State;
use axum::{Json, extract};
use http::StatusCode;
use hub_api::UnfinishedUpload;

/// The own ones; all of them for administrators of the workspace. Those that go first come first, at most 1000.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/uploads", tag = "uploads",
    params(("workspace" = String, Path)), responses((status = 200, body = Vec<UnfinishedUpload>)))]
pub(crate) async fn unfinished_uploads(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<Json<Vec<UnfinishedUpload>>, Failure> {
    Ok(Json(state.workspaces().unfinished_uploads(&asker.actor, &place.workspace).await?))
}

/// Ends one, and gives its room back.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/uploads/{id}", tag = "uploads",
    params(("workspace" = String, Path), ("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn end(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<StatusCode, Failure> {
    state.workspaces().end_upload(&asker.actor, &place.workspace, &place.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
