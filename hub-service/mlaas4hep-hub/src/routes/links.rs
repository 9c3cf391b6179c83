//! Links by which anyone can read one file for a while.

use crate::Failure;
use crate::asker::Asker;
use crate::json_body::Body;
use crate::place::Place;
use crate::state::State;
use axum::{Json, extract};
use http::StatusCode;
use hub_api::{CreateLink, Link};

/// Those of a workspace that still work.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/links", tag = "sharing",
    params(("workspace" = String, Path)), responses((status = 200, body = Vec<Link>)))]
pub(crate) async fn links(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<Json<Vec<Link>>, Failure> {
    Ok(Json(state.workspaces().links(&asker.actor, &place.workspace).await?))
}

/// Makes one. Its address is in this answer only: whole where the service knows how others reach it, else below the host that
/// was asked.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/links", tag = "sharing",
    params(("workspace" = String, Path)), request_body = CreateLink, responses((status = 201, body = Link)))]
pub(crate) async fn create(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
    Body(asked): Body<CreateLink>,
) -> Result<(StatusCode, Json<Link>), Failure> {
    let new = state.workspaces().create_link(&asker.actor, &place.workspace, &asked).await?;
    let url = Some(format!("{}links/{}", state.public_url().unwrap_or(state.prefix()), new.token));
    Ok((StatusCode::CREATED, Json(Link { url, ..new.link })))
}

/// Takes one back.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/links/{id}", tag = "sharing",
    params(("workspace" = String, Path), ("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn take_back(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<StatusCode, Failure> {
    state.workspaces().delete_link(&asker.actor, &place.workspace, &place.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
