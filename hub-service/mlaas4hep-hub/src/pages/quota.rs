//! Space and access.

use axum::response::IntoResponse;
use hub_api::{Action, SetQuota, WorkspaceName};
use hub_pages::{Done, QuotaPage};
use serde::Deserialize;

use super::{
    dress::{PageError, PageResult, see},
    form::{Button, Checked},
    place::{Numbered, Place},
    visit::Visit,
};

const GIBIBYTE: f64 = (1_u64 << 30) as f64;

pub(super) async fn show(visit: Visit, place: Place) -> PageResult {
    let info = visit.store().info(visit.actor(), &place.workspace).await?;
    let uploads = if info.role.allows(Action::Create) {
        visit.store().unfinished_uploads(visit.actor(), &place.workspace).await?
    } else {
        Vec::new()
    };
    let administrators = visit.store().administrators(visit.actor(), &place.workspace).await?;
    let page = QuotaPage {
        workspace: &info,
        uploads: &uploads,
        administrators: &administrators,
        public_url: &visit.session.public_url,
    };
    Ok(hub_pages::quota_page(&visit.frame(Some(&place.workspace)), &page).into_response())
}

pub(super) async fn end_upload(
    visit: Visit,
    Numbered { workspace, id }: Numbered,
    Checked(Button {}): Checked<Button>,
) -> PageResult {
    visit.store().end_upload(visit.actor(), &workspace, &id).await?;
    Ok(see(&visit.state.addresses().of_workspace(&workspace, "quota"), Done::UploadEnded))
}

#[derive(Deserialize)]
pub(super) struct Limits {
    pub(super) limit_gibibytes: f64,
    pub(super) limit_entries: u64,
}

impl Limits {
    pub(super) async fn set(&self, visit: &Visit, workspace: &WorkspaceName) -> Result<(), PageError> {
        let limit_bytes = (self.limit_gibibytes * GIBIBYTE).round();
        // Beyond this the store refuses as well; what is no number is refused here.
        if !(0.0..=i64::MAX as f64 / 2.0).contains(&limit_bytes) {
            return Err(PageError::bad("limit", "the limit is no number of GiB"));
        }
        let limits = SetQuota { limit_bytes: limit_bytes as u64, limit_entries: self.limit_entries };
        let groups = &visit.state.hub_groups;
        let set = groups.set_quota(visit.store(), visit.actor(), workspace, limits).await;
        Ok(set.map(drop)?)
    }
}

pub(super) async fn set(visit: Visit, place: Place, Checked(limits): Checked<Limits>) -> PageResult {
    limits.set(&visit, &place.workspace).await?;
    Ok(see(&visit.state.addresses().of_workspace(&place.workspace, "quota"), Done::QuotaSet))
}
