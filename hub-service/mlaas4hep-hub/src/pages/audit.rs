//! The audit log.

use axum::{extract::Query, response::IntoResponse};
use hub_pages::AuditPageView;
use serde::Deserialize;

use super::{dress::PageResult, place::Place, visit::Visit};

/// Lines on a page.
const PAGE: u32 = 100;

#[derive(Default, Deserialize)]
pub(super) struct Wish {
    cursor: Option<String>,
}

pub(super) async fn show(visit: Visit, place: Place, Query(wish): Query<Wish>) -> PageResult {
    let info = visit.store().info(visit.actor(), &place.workspace).await?;
    let page = visit.store().audit(visit.actor(), &place.workspace, wish.cursor.as_deref(), PAGE).await?;
    let view = AuditPageView { workspace: &info, page: &page, is_later: wish.cursor.is_some() };
    Ok(hub_pages::audit_page(&visit.frame(Some(&place.workspace)), &view).into_response())
}
