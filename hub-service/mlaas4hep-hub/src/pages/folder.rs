//! A folder.

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect},
};
use hub_api::{Entry, EntryKind, FilePath, WorkspaceName};
use hub_pages::{
    FolderPage, Further,
    arrange::{SortKey, Sorting, arrange},
};
use serde::Deserialize;
use workspaces::ListOptions;

use super::{
    dress::{PageError, PageResult},
    place::Place,
    visit::Visit,
};

/// Names on a page.
const PAGE: usize = 200;
/// Names up to which a folder is read whole, to be put in order; larger ones are shown as they are kept.
const MOST_ARRANGED: usize = 5000;

/// How the folder is to be shown.
#[derive(Default, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    sort: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    filter: String,
    page: Option<usize>,
    cursor: Option<String>,
}

pub(super) async fn show(visit: Visit, place: Place, Query(wish): Query<Wish>) -> PageResult {
    let Place { workspace, path } = place;
    let info = visit.store().info(visit.actor(), &workspace).await?;
    if !path.is_root() && visit.store().stat(visit.actor(), &workspace, &path).await?.kind == EntryKind::File
    {
        return Ok(Redirect::to(&visit.state.addresses().file(&workspace, &path)).into_response());
    }
    let sorting = Sorting { key: SortKey::from_word(&wish.sort), is_descending: wish.order == "desc" };
    let whole = match &wish.cursor {
        Some(_) => None,
        None => whole_folder(&visit, &workspace, &path).await?,
    };
    let (entries, further) = match whole {
        Some(entries) => cut(arrange(entries, sorting, &wish.filter), wish.page.unwrap_or(1)),
        None => kept_order(&visit, &workspace, &path, wish.cursor).await?,
    };
    let page = FolderPage {
        workspace: &info,
        folder: &path,
        entries: &entries,
        sorting,
        filter: wish.filter.trim(),
        further,
        max_file_bytes: visit.state.max_file_bytes,
    };
    Ok(hub_pages::folder_page(&visit.frame(Some(&workspace)), &page).into_response())
}

/// All names of a folder, unless they are too many.
async fn whole_folder(
    visit: &Visit,
    workspace: &WorkspaceName,
    folder: &FilePath,
) -> Result<Option<Vec<Entry>>, PageError> {
    let mut entries = Vec::new();
    let mut options = ListOptions::default();
    loop {
        let page = visit.store().list(visit.actor(), workspace, folder, &options).await?;
        entries.extend(page.entries);
        if page.next_cursor.is_none() {
            return Ok(Some(entries));
        }
        if entries.len() >= MOST_ARRANGED {
            return Ok(None);
        }
        options.cursor = page.next_cursor;
    }
}

/// One page of a folder that is in order.
fn cut(entries: Vec<Entry>, page: usize) -> (Vec<Entry>, Further) {
    let n_entries = entries.len();
    let n_pages = n_entries.div_ceil(PAGE).max(1);
    let page = page.clamp(1, n_pages);
    let shown = entries.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
    (shown, Further::Pages { page: page as u64, n_pages: n_pages as u64, n_entries: n_entries as u64 })
}

async fn kept_order(
    visit: &Visit,
    workspace: &WorkspaceName,
    folder: &FilePath,
    cursor: Option<String>,
) -> Result<(Vec<Entry>, Further), PageError> {
    let is_later = cursor.is_some();
    let options = ListOptions { recursive: false, limit: PAGE as u32, cursor };
    let listing = visit.store().list(visit.actor(), workspace, folder, &options).await?;
    Ok((listing.entries, Further::Cursor { next: listing.next_cursor, is_later }))
}
