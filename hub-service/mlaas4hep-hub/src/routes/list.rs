//! A page of a folder.

use crate::Failure;
use crate::asker::Asker;
use crate::place::{Asked, Place};
use crate::state::State;
use ::workspaces::ListOptions;
use axum::{Json, extract};
use hub_api::Listing;
use serde::Deserialize;
use utoipa::IntoParams;

/// What of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// All that is below.
    #[serde(default)]
    recursive: bool,
    /// Entries of the page; more than 1000 are as good as that.
    #[serde(default)]
    #[param(value_type = u64)]
    limit: u32,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists a folder.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/list/{path}", tag = "files",
    params(("workspace" = String, Path), ("path" = String, Path), Query), responses((status = 200, body = Listing)))]
pub(crate) async fn list(
    state: extract::State<State>,
    place: Place,
    Asked(query): Asked<Query>,
    asker: Asker,
) -> Result<Json<Listing>, Failure> {
    let options = ListOptions { recursive: query.recursive, limit: query.limit, cursor: query.cursor };
    Ok(Json(state.workspaces().list(&asker.actor, &place.workspace, &place.path, &options).await?))
}
