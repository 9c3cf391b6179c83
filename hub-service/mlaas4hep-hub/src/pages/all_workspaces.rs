//! All workspaces, for administrators of the service.

use axum::{extract::Query, response::IntoResponse};
use hub_api::WorkspaceName;
use hub_pages::Done;
use serde::Deserialize;

use super::{
    dress::{PageResult, see},
    form::Checked,
    paging::LINES,
    quota::Limits,
    visit::Visit,
};

#[derive(Default, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    name: String,
    cursor: Option<String>,
}

pub(super) async fn show(visit: Visit, Query(Which { name, cursor }): Query<Which>) -> PageResult {
    let page = visit.store().all_workspaces(visit.actor(), name.trim(), cursor.as_deref(), LINES).await?;
    Ok(hub_pages::all_workspaces_page(&visit.frame(None), &page, name.trim()).into_response())
}

#[derive(Deserialize)]
pub(super) struct Wish {
    workspace: String,
    limit_gibibytes: f64,
    limit_entries: u64,
}

pub(super) async fn set(visit: Visit, Checked(wish): Checked<Wish>) -> PageResult {
    let workspace = WorkspaceName::new(&wish.workspace)?;
    let limits = Limits { limit_gibibytes: wish.limit_gibibytes, limit_entries: wish.limit_entries };
    limits.set(&visit, &workspace).await?;
    Ok(see(&visit.same_part(visit.state.addresses().all_workspaces()), Done::QuotaSet))
}
