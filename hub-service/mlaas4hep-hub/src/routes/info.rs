//! What the service is, for who has no token yet.

use crate::state::State;
use axum::{Json, extract};
use hub_api::Info;

/// What it is, how one logs in, its limits, and where the second listener is.
#[utoipa::path(get, path = "/api/v1/info", tag = "service", security(()),
    responses((status = 200, body = Info)))]
pub(crate) async fn info(state: extract::State<State>) -> Json<Info> {
    Json(state.info().clone())
}

/// This very description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "service", security(()),
    responses((status = 200, content_type = "application/json", body = serde_json::Value)))]
pub(crate) async fn open_api(state: extract::State<State>) -> Json<utoipa::openapi::OpenApi> {
    Json(crate::open_api::served_below(state.prefix()))
}
