//! The workspaces of everybody, for administrators of the service.

use super::trash::Page;
use crate::Failure;
use crate::asker::Asker;
use crate::place::Asked;
use crate::state::State;
use axum::{Json, extract};
use hub_api::WorkspacesPage;

/// Names and numbers of all workspaces, not what is in them.
#[utoipa::path(get, path = "/api/v1/admin/workspaces", tag = "workspaces",
    params(Page), responses((status = 200, body = WorkspacesPage)))]
pub(crate) async fn all_workspaces(
    state: extract::State<State>,
    Asked(page): Asked<Page>,
    asker: Asker,
) -> Result<Json<WorkspacesPage>, Failure> {
    let cursor = page.cursor.as_deref();
    Ok(Json(state.workspaces().all_workspaces(&asker.actor, cursor, page.limit).await?))
}
