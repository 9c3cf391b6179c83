//! Rights besides those of the groups.

use crate::Failure;
use crate::asker::Asker;
use crate::json_body::Body;
use crate::place::Place;
use crate::state::State;
use axum::{Json, extract};
use http::StatusCode;
use hub_api::{CreateGrant, Grant};

/// All of a workspace.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/grants", tag = "sharing",
    params(("workspace" = String, Path)), responses((status = 200, body = Vec<Grant>)))]
pub(crate) async fn grants(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<Json<Vec<Grant>>, Failure> {
    Ok(Json(state.workspaces().grants(&asker.actor, &place.workspace).await?))
}

/// Gives one.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/grants", tag = "sharing",
    params(("workspace" = String, Path)), request_body = CreateGrant, responses((status = 201, body = Grant)))]
pub(crate) async fn create(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
    Body(asked): Body<CreateGrant>,
) -> Result<(StatusCode, Json<Grant>), Failure> {
    let grant = state.workspaces().create_grant(&asker.actor, &place.workspace, &asked).await?;
    Ok((StatusCode::CREATED, Json(grant)))
}

/// Takes one back.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/grants/{id}", tag = "sharing",
    params(("workspace" = String, Path), ("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn take_back(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<StatusCode, Failure> {
    state.workspaces().delete_grant(&asker.actor, &place.workspace, &place.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
