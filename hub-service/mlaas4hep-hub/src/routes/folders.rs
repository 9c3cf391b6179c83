//! Making folders.

use crate::Failure;
use crate::asker::Asker;
use crate::place::Place;
use crate::state::State;
use ::workspaces::Parents;
use axum::{Json, extract};
use http::StatusCode;
use hub_api::Entry;

/// Makes a folder and those above it; one that is there is no error.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/folders/{path}", tag = "files",
    params(("workspace" = String, Path), ("path" = String, Path)),
    responses((status = 201, body = Entry), (status = 200, body = Entry)))]
pub(crate) async fn make_folder(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
) -> Result<(StatusCode, Json<Entry>), Failure> {
    let made =
        state.workspaces().make_folder(&asker.actor, &place.workspace, &place.path, Parents::Make).await?;
    Ok((if made.is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(made.entry)))
}
