//! Space and access.

use axum::response::IntoResponse;
use hub_api::SetQuota;
use hub_pages::{Done, QuotaPage};
use serde::Deserialize;

use super::{
    dress::{PageError, PageResult, see},
    form::Checked,
    place::Place,
    visit::Visit,
};

const GIBIBYTE: f64 = (1_u64 << 30) as f64;

pub(super) async fn show(visit: Visit, place: Place) -> PageResult {
    let info = visit.store().info(visit.actor(), &place.workspace).await?;
    let page = QuotaPage { workspace: &info, public_url: &visit.session.public_url };
    Ok(hub_pages::quota_page(&visit.frame(Some(&place.workspace)), &page).into_response())
}

#[derive(Deserialize)]
pub(super) struct Limits {
    limit_gibibytes: f64,
    limit_entries: u64,
}

pub(super) async fn set(visit: Visit, place: Place, Checked(limits): Checked<Limits>) -> PageResult {
    let limit_bytes = (limits.limit_gibibytes * GIBIBYTE).round();
    // Beyond this the store refuses as well; what is no number is refused here.
    if !(0.0..=i64::MAX as f64 / 2.0).contains(&limit_bytes) {
        return Err(PageError::bad("limit", "the limit is no number of GiB"));
    }
    let limits = SetQuota { limit_bytes: limit_bytes as u64, limit_entries: limits.limit_entries };
    visit.store().set_quota(visit.actor(), &place.workspace, limits).await?;
    Ok(see(&visit.state.addresses().of_workspace(&place.workspace, "quota"), Done::QuotaSet))
}
