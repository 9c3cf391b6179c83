//! Rename, move, copy.

use axum::response::IntoResponse;
use hub_api::{EntryKind, FilePath, MoveOrCopy, WorkspaceName};
use hub_pages::{Done, MovePage};
use serde::Deserialize;
use workspaces::Parents;

use super::{
    dress::{PageResult, see},
    form::Checked,
    place::Place,
    visit::Visit,
};

#[derive(Deserialize)]
pub(super) struct Wish {
    to_path: String,
    to_workspace: String,
    #[serde(default)]
    overwrite: bool,
    #[serde(default)]
    copy: bool,
}

pub(super) async fn show(visit: Visit, place: Place) -> PageResult {
    let Place { workspace, path } = place;
    let info = visit.store().info(visit.actor(), &workspace).await?;
    let entry = visit.store().stat(visit.actor(), &workspace, &path).await?;
    let workspaces = visit.store().workspaces_of(visit.actor()).await?;
    let page = MovePage { workspace: &info, entry: &entry, workspaces: &workspaces };
    Ok(hub_pages::move_page(&visit.frame(Some(&workspace)), &page).into_response())
}

pub(super) async fn act(visit: Visit, place: Place, Checked(wish): Checked<Wish>) -> PageResult {
    let to_workspace = WorkspaceName::new(&wish.to_workspace)?;
    let to_path = FilePath::new(wish.to_path.trim())?;
    let request = MoveOrCopy {
        copy: wish.copy,
        to_workspace: Some(to_workspace.clone()),
        to_path: to_path.clone(),
        overwrite: wish.overwrite,
    };
    visit.store().move_or_copy(visit.actor(), &place.workspace, &place.path, &request, Parents::Make).await?;
    let entry = visit.store().stat(visit.actor(), &to_workspace, &to_path).await?;
    let addresses = visit.state.addresses();
    let address = match entry.kind {
        EntryKind::File => addresses.file(&to_workspace, &to_path),
        EntryKind::Folder => addresses.folder(&to_workspace, &to_path),
    };
    Ok(see(&address, if wish.copy { Done::Copied } else { Done::Moved }))
}
