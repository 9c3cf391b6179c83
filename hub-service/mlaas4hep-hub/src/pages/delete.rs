//! Into the trash, with a way back.

use axum::response::{IntoResponse, Redirect};
use hub_api::routes;
use workspaces::Preconditions;

use super::{
    dress::PageResult,
    form::{Button, Checked},
    place::Place,
    visit::Visit,
};

pub(super) async fn act(visit: Visit, place: Place, Checked(Button {}): Checked<Button>) -> PageResult {
    let Place { workspace, path } = place;
    let trashed = visit.store().delete(visit.actor(), &workspace, &path, &Preconditions::default()).await?;
    let above = visit.state.addresses().folder(&workspace, &path.parent().unwrap_or_default());
    let (id, path) = (routes::encode_segment(&trashed.id), routes::encode_segment(path.as_str()));
    Ok(Redirect::to(&format!("{above}?deleted={id}&path={path}")).into_response())
}
