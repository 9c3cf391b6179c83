//! Moving and copying.

use super::preconditions;
use crate::Failure;
use crate::asker::Asker;
use crate::json_body::Body;
use crate::place::Place;
use crate::state::State;
use ::workspaces::Parents;
use axum::{Json, extract};
use http::{HeaderMap, StatusCode};
use hub_api::{Entry, MoveOrCopy};

/// Moves or copies a file or a folder, also into another workspace. `If-Match` is about what is moved or copied.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/move/{path}", tag = "files",
    params(("workspace" = String, Path), ("path" = String, Path),
        ("If-Match" = Option<String>, Header, description = "Entity tags, one of which must be the present one.")),
    request_body = MoveOrCopy,
    responses((status = 201, body = Entry), (status = 200, body = Entry, description = "Something was replaced.")))]
pub(crate) async fn move_or_copy(
    state: extract::State<State>,
    place: Place,
    headers: HeaderMap,
    asker: Asker,
    Body(request): Body<MoveOrCopy>,
) -> Result<(StatusCode, Json<Entry>), Failure> {
    let (workspace, path, conditions) = (&place.workspace, &place.path, preconditions(&headers));
    let how = (Parents::Make, &conditions);
    let moved = state.workspaces().move_or_copy_if(&asker.actor, workspace, path, &request, how).await?;
    Ok((if moved.has_replaced { StatusCode::OK } else { StatusCode::CREATED }, Json(moved.entry)))
}
