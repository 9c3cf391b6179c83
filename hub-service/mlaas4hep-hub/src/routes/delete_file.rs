//! Deleting a file or a folder: into the trash.

use super::preconditions;
use crate::Failure;
use crate::asker::Asker;
use crate::place::Place;
use crate::state::State;
use axum::{Json, extract};
use http::HeaderMap;
use hub_api::TrashEntry;

/// Deletes; the answer says how it can be brought back.
#[utoipa::path(delete, path = "/files/{workspace}/{path}", tag = "files",
    params(("workspace" = String, Path), ("path" = String, Path),
        ("If-Match" = Option<String>, Header, description = "Entity tags, one of which must be the present one.")),
    responses((status = 200, body = TrashEntry)))]
pub(crate) async fn delete_file(
    state: extract::State<State>,
    place: Place,
    headers: HeaderMap,
    asker: Asker,
) -> Result<Json<TrashEntry>, Failure> {
    let (workspace, path, conditions) = (&place.workspace, &place.path, preconditions(&headers));
    Ok(Json(state.workspaces().delete(&asker.actor, workspace, path, &conditions).await?))
}
