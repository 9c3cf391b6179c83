//! The audit log.

use axum::{extract::Query, response::IntoResponse};
use hub_pages::AuditPageView;

use super::{
    dress::PageResult,
    paging::{From, LINES},
    place::Place,
    visit::Visit,
};

pub(super) async fn show(visit: Visit, place: Place, Query(from): Query<From>) -> PageResult {
    let info = visit.store().info(visit.actor(), &place.workspace).await?;
    let page = visit.store().audit(visit.actor(), &place.workspace, from.cursor.as_deref(), LINES).await?;
    let view = AuditPageView { workspace: &info, page: &page, is_later: from.cursor.is_some() };
    Ok(hub_pages::audit_page(&visit.frame(Some(&place.workspace)), &view).into_response())
}
