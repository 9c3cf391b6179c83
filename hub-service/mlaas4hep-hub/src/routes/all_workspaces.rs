//! The workspaces of everybody, for administrators of the service.

use crate::Failure;
use crate::asker::Asker;
use crate::place::Asked;
use crate::state::State;
use axum::{Json, extract};
use hub_api::WorkspacesPage;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only those whose names hold this, in small or capital letters.
    #[serde(default)]
    name: String,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Workspaces of the page; more than 1000 are as good as that.
    #[serde(default)]
    #[param(value_type = u64)]
    limit: u32,
}

/// Names and numbers of all workspaces, not what is in them.
#[utoipa::path(get, path = "/api/v1/admin/workspaces", tag = "workspaces",
    params(Which), responses((status = 200, body = WorkspacesPage)))]
pub(crate) async fn all_workspaces(
    state: extract::State<State>,
    Asked(which): Asked<Which>,
    asker: Asker,
) -> Result<Json<WorkspacesPage>, Failure> {
    let (name, cursor) = (which.name.as_str(), which.cursor.as_deref());
    Ok(Json(state.workspaces().all_workspaces(&asker.actor, name, cursor, which.limit).await?))
}
