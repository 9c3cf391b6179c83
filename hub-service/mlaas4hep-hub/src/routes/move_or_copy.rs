//! Moving and copying.

use crate::Failure;
use crate::asker::Asker;
use crate::json_body::Body;
use crate::place::Place;
use crate::state::State;
use ::workspaces::Parents;
use axum::{Json, extract};
use http::StatusCode;
use hub_api::{Entry, MoveOrCopy};

/// Moves or copies a file or a folder, also into another workspace.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/move/{path}", tag = "files",
    params(("workspace" = String, Path), ("path" = String, Path)), request_body = MoveOrCopy,
    responses((status = 201, body = Entry), (status = 200, body = Entry, description = "Something was replaced.")))]
pub(crate) async fn move_or_copy(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
    Body(request): Body<MoveOrCopy>,
) -> Result<(StatusCode, Json<Entry>), Failure> {
    let (workspace, path) = (&place.workspace, &place.path);
    let moved =
        state.workspaces().move_or_copy(&asker.actor, workspace, path, &request, Parents::Make).await?;
    Ok((if moved.has_replaced { StatusCode::OK } else { StatusCode::CREATED }, Json(moved.entry)))
}
