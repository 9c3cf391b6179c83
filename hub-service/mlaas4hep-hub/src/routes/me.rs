//! Who the caller is.

use crate::Failure;
use crate::asker::Asker;
use crate::state::State;
use axum::{Json, extract};
use hub_api::Me;

/// Who I am, how I showed it, what I can see.
#[utoipa::path(get, path = "/api/v1/me", tag = "service", responses((status = 200, body = Me)))]
pub(crate) async fn me(state: extract::State<State>, asker: Asker) -> Result<Json<Me>, Failure> {
    let workspaces = state.workspaces().workspaces_of(&asker.actor).await?;
    let principal = &asker.principal;
    Ok(Json(Me {
        name: principal.name.clone(),
        kind: principal.kind,
        groups: principal.groups.clone(),
        source: principal.source,
        admin: principal.is_admin,
        expires: principal.expires.clone(),
        workspaces,
    }))
}
