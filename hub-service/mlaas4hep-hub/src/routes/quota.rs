//! What a workspace may hold.

use crate::Failure;
use crate::asker::Asker;
use crate::json_body::Body;
use crate::place::Place;
use crate::state::State;
use axum::{Json, extract};
use hub_api::{Quota, SetQuota};

/// Sets it; for administrators of the service. The workspace is there, or its group is one of the hub; limits that a property
/// of the group sets are set there.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/quota", tag = "workspaces",
    params(("workspace" = String, Path)), request_body = SetQuota, responses((status = 200, body = Quota)))]
pub(crate) async fn set_quota(
    state: extract::State<State>,
    place: Place,
    asker: Asker,
    Body(limits): Body<SetQuota>,
) -> Result<Json<Quota>, Failure> {
    let storage = state.workspaces();
    Ok(Json(state.hub_groups().set_quota(storage, &asker.actor, &place.workspace, limits).await?))
}
