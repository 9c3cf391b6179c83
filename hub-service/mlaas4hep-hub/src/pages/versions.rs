//! An old version becomes the newest.

use hub_pages::Done;
use serde::Deserialize;
use workspaces::Preconditions;

use super::{
    dress::{PageResult, see},
    form::Checked,
    place::Place,
    visit::Visit,
};

#[derive(Deserialize)]
pub(super) struct Wish {
    version: u64,
}

pub(super) async fn restore(visit: Visit, place: Place, Checked(wish): Checked<Wish>) -> PageResult {
    let Place { workspace, path } = place;
    let conditions = Preconditions::default();
    visit.store().restore_version(visit.actor(), &workspace, &path, wish.version, &conditions).await?;
    Ok(see(&visit.state.addresses().file(&workspace, &path), Done::VersionRestored))
}
