//! What was deleted, and its way back.

use crate::Failure;
use crate::asker::Asker;
use crate::place::{Asked, Place};
use crate::state::State;
use axum::{Json, extract};
use http::StatusCode;
use hub_api::{Entry, FilePath, TrashPage};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Entries of the page; more than 1000 are as good as that.
    #[serde(default)]
    #[param(value_type = u64)]
    pub(crate) limit: u32,
}

/// A page of the trash.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/trash", tag = "trash",
    params(("workspace" = String, Path), Page), responses((status = 200, body = TrashPage)))]
pub(crate) async fn trash(
    state: extract::State<State>,
    place: Place,
    Asked(page): Asked<Page>,
    asker: Asker,
) -> Result<Json<TrashPage>, Failure> {
    let cursor = page.cursor.as_deref();
    Ok(Json(state.workspaces().trash(&asker.actor, &place.workspace, cursor, page.limit).await?))
}

/// Empties it, for administrators of the workspace.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/trash", tag = "trash",
    params(("workspace" = String, Path)), responses((status = 204)))]
pub(crate) async fn empty(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<StatusCode, Failure> {
    state.workspaces().empty_trash(&asker.actor, &place.workspace).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BackTo {
    /// Another path than the one where it lay.
    to: Option<String>,
}

/// Brings something back.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/trash/{id}", tag = "trash",
    params(("workspace" = String, Path), ("id" = String, Path), BackTo), responses((status = 200, body = Entry)))]
pub(crate) async fn bring_back(
    state: extract::State<State>,
    place: Place,
    Asked(query): Asked<BackTo>,
    asker: Asker,
) -> Result<Json<Entry>, Failure> {
    let to = query.to.as_deref().map(FilePath::new).transpose();
    let to = to.map_err(|error| Failure::bad_request(error.to_string()))?;
    let (workspace, id) = (&place.workspace, &place.id);
    Ok(Json(state.workspaces().restore_from_trash(&asker.actor, workspace, id, to.as_ref()).await?))
}

/// Deletes something for good.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/trash/{id}", tag = "trash",
    params(("workspace" = String, Path), ("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn for_good(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<StatusCode, Failure> {
    state.workspaces().delete_for_good(&asker.actor, &place.workspace, &place.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
