//! The workspaces that the caller can see.

use crate::Failure;
use crate::asker::Asker;
use crate::place::Place;
use crate::state::State;
use axum::{Json, extract};
use hub_api::WorkspaceInfo;

/// All of them.
#[utoipa::path(get, path = "/api/v1/workspaces", tag = "workspaces",
    responses((status = 200, body = Vec<WorkspaceInfo>)))]
pub(crate) async fn workspaces(
    state: extract::State<State>,
    asker: Asker,
) -> Result<Json<Vec<WorkspaceInfo>>, Failure> {
    Ok(Json(state.workspaces().workspaces_of(&asker.actor).await?))
}

/// One.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}", tag = "workspaces",
    params(("workspace" = String, Path)), responses((status = 200, body = WorkspaceInfo)))]
pub(crate) async fn workspace(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<Json<WorkspaceInfo>, Failure> {
    Ok(Json(state.workspaces().info(&asker.actor, &place.workspace).await?))
}
