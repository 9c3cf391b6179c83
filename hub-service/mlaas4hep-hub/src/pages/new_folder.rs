//! A new folder.

use hub_pages::Done;
use serde::Deserialize;
use workspaces::Parents;

use super::{
    dress::{PageResult, see},
    form::Checked,
    place::Place,
    visit::Visit,
};

#[derive(Deserialize)]
pub(super) struct NewFolder {
    name: String,
}

pub(super) async fn make(visit: Visit, place: Place, Checked(form): Checked<NewFolder>) -> PageResult {
    let folder = place.path.join(form.name.trim())?;
    visit.store().make_folder(visit.actor(), &place.workspace, &folder, Parents::Make).await?;
    Ok(see(&visit.state.addresses().folder(&place.workspace, &folder), Done::FolderMade))
}
