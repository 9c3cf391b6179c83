//! The trash.

use axum::{extract::Query, response::IntoResponse};
use hub_api::{EntryKind, FilePath};
use hub_pages::{Done, TrashPageView};
use serde::Deserialize;

use super::{
    dress::{PageError, PageResult, see},
    form::{Button, Checked, typed_path},
    paging::{From, LINES},
    place::{Numbered, Place},
    visit::Visit,
};

pub(super) async fn show(visit: Visit, place: Place, Query(from): Query<From>) -> PageResult {
    let info = visit.store().info(visit.actor(), &place.workspace).await?;
    let page = visit.store().trash(visit.actor(), &place.workspace, from.cursor.as_deref(), LINES).await?;
    let view = TrashPageView { workspace: &info, page: &page };
    Ok(hub_pages::trash_page(&visit.frame(Some(&place.workspace)), &view).into_response())
}

/// Where to; without it to where it was.
#[derive(Deserialize)]
pub(super) struct BringBack {
    to: Option<String>,
}

pub(super) async fn bring_back(
    visit: Visit,
    Numbered { workspace, id }: Numbered,
    Checked(wish): Checked<BringBack>,
) -> PageResult {
    let to = wish.to.as_deref().map(typed_path).transpose()?;
    if to.as_ref().is_some_and(FilePath::is_root) {
        return Err(PageError::bad("path", "say under which name it is to come back"));
    }
    let entry = visit.store().restore_from_trash(visit.actor(), &workspace, &id, to.as_ref()).await?;
    let addresses = visit.state.addresses();
    let address = match entry.kind {
        EntryKind::File => addresses.folder(&workspace, &entry.path.parent().unwrap_or_default()),
        EntryKind::Folder => addresses.folder(&workspace, &entry.path),
    };
    Ok(see(&address, Done::BroughtBack))
}

pub(super) async fn delete_for_good(
    visit: Visit,
    Numbered { workspace, id }: Numbered,
    Checked(Button {}): Checked<Button>,
) -> PageResult {
    visit.store().delete_for_good(visit.actor(), &workspace, &id).await?;
    let trash = visit.same_part(visit.state.addresses().of_workspace(&workspace, "trash"));
    Ok(see(&trash, Done::DeletedForGood))
}

pub(super) async fn empty(visit: Visit, place: Place, Checked(Button {}): Checked<Button>) -> PageResult {
    visit.store().empty_trash(visit.actor(), &place.workspace).await?;
    Ok(see(&visit.state.addresses().of_workspace(&place.workspace, "trash"), Done::TrashEmptied))
}
