//! Who did what.

use super::trash::Page;
use crate::Failure;
use crate::asker::Asker;
use crate::place::{Asked, Place};
use crate::state::State;
use axum::{Json, extract};
use hub_api::AuditPage;

/// A page of the audit log, newest first; for administrators of the workspace.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/audit", tag = "workspaces",
    params(("workspace" = String, Path), Page), responses((status = 200, body = AuditPage)))]
pub(crate) async fn audit(
    state: extract::State<State>,
    place: Place,
    Asked(page): Asked<Page>,
    asker: Asker,
) -> Result<Json<AuditPage>, Failure> {
    let cursor = page.cursor.as_deref();
    Ok(Json(state.workspaces().audit(&asker.actor, &place.workspace, cursor, page.limit).await?))
}
