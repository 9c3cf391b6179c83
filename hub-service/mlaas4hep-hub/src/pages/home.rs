//! My workspaces.

use axum::response::IntoResponse;

use super::{dress::PageResult, visit::Visit};

pub(super) async fn show(visit: Visit) -> PageResult {
    let workspaces = visit.store().workspaces_of(visit.actor()).await?;
    Ok(hub_pages::workspaces_page(&visit.frame(None), &workspaces, &visit.actor().groups).into_response())
}
