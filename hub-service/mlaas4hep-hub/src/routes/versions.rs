//! Old versions of a file.

use super::preconditions;
use crate::Failure;
use crate::asker::Asker;
use crate::place::{Asked, Place};
use crate::state::State;
use axum::{Json, extract};
use http::HeaderMap;
use hub_api::{Entry, Versions};
use serde::Deserialize;
use utoipa::IntoParams;

/// Those that are kept.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/versions/{path}", tag = "files",
    params(("workspace" = String, Path), ("path" = String, Path)), responses((status = 200, body = Versions)))]
pub(crate) async fn versions(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<Json<Versions>, Failure> {
    Ok(Json(state.workspaces().versions(&asker.actor, &place.workspace, &place.path).await?))
}

/// Which one.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Its number.
    version: u64,
}

/// Makes an old version the newest.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/restore/{path}", tag = "files",
    params(("workspace" = String, Path), ("path" = String, Path), Which,
        ("If-Match" = Option<String>, Header, description = "Entity tags, one of which must be the present one.")),
    responses((status = 200, body = Entry)))]
pub(crate) async fn restore(
    state: extract::State<State>,
    place: Place,
    Asked(which): Asked<Which>,
    headers: HeaderMap,
    asker: Asker,
) -> Result<Json<Entry>, Failure> {
    let (workspace, path, conditions) = (&place.workspace, &place.path, preconditions(&headers));
    let storage = state.workspaces();
    Ok(Json(storage.restore_version(&asker.actor, workspace, path, which.version, &conditions).await?))
}
