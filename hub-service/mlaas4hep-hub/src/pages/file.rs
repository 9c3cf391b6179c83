//! A file: what it is, its preview, its versions.

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect},
};
use futures_util::TryStreamExt;
use hub_api::EntryKind;
use hub_pages::{FilePage, RootPreview, TextPreview};
use serde::Deserialize;
use tokio::runtime::Handle;
use workspaces::StoredFile;

use super::{
    bounded_source::PreviewLimits,
    dress::{PageError, PageResult},
    place::Place,
    root_preview,
    stored_source::StoredSource,
    visit::{PagesState, Visit},
};

/// Bytes of a text that are shown.
const TEXT_BYTES: u64 = 64 << 10;
/// Largest picture that is drawn.
const MOST_PICTURE_BYTES: u64 = 20 << 20;
/// Ends of names of what is read as text.
const TEXTS: [&str; 20] = [
    "txt", "md", "csv", "tsv", "json", "jsonl", "yaml", "yml", "toml", "py", "rs", "c", "cc", "cxx", "h",
    "hh", "log", "cfg", "ini", "sh",
];
/// Ends of names of what browsers draw. No SVG: it would be a document.
const PICTURES: [&str; 5] = ["png", "jpg", "jpeg", "gif", "webp"];

/// The branch that is to be drawn.
#[derive(Default, Deserialize)]
pub(super) struct Wish {
    tree: Option<String>,
    branch: Option<String>,
}

pub(super) async fn show(visit: Visit, place: Place, Query(wish): Query<Wish>) -> PageResult {
    let Place { workspace, path } = place;
    let info = visit.store().info(visit.actor(), &workspace).await?;
    if visit.store().stat(visit.actor(), &workspace, &path).await?.kind == EntryKind::Folder {
        return Ok(Redirect::to(&visit.state.addresses().folder(&workspace, &path)).into_response());
    }
    let versions = visit.store().versions(visit.actor(), &workspace, &path).await?;
    let file = visit.store().read(visit.actor(), &workspace, &path, None).await?;
    let end = path.name().and_then(|name| name.rsplit_once('.')).map(|(_, end)| end.to_ascii_lowercase());
    let end = end.as_deref().unwrap_or_default();
    let root = match end {
        "root" => Some(root_of(&visit.state, &file, wish).await?),
        _ => None,
    };
    let text = match end {
        end if TEXTS.contains(&end) => text_of(&file).await,
        _ => None,
    };
    let page = FilePage {
        workspace: &info,
        entry: &file.entry,
        versions: &versions.versions,
        root,
        text,
        is_picture: PICTURES.contains(&end) && file.size_bytes() <= MOST_PICTURE_BYTES,
        has_links: visit.store().settings().public_links,
    };
    Ok(hub_pages::file_page(&visit.frame(Some(&workspace)), &page).into_response())
}

async fn root_of(
    state: &PagesState,
    file: &StoredFile,
    wish: Wish,
) -> Result<Result<RootPreview, String>, PageError> {
    let source = StoredSource::new(file.clone(), Handle::current());
    let listed = state.preview(move || root_preview::list(source, PreviewLimits::default())).await;
    let listed = match listed {
        Ok(listed) => listed.map_err(|error| error.to_string()),
        Err(PageError(error)) => Err(error.message),
    };
    Ok(listed.map(|preview| RootPreview { chosen: wish.tree.zip(wish.branch), ..preview }))
}

/// The beginning of a text; `None` where it is none, or cannot be read now.
async fn text_of(file: &StoredFile) -> Option<TextPreview> {
    let pieces: Vec<bytes::Bytes> = file.stream(0..TEXT_BYTES).try_collect().await.ok()?;
    let bytes = pieces.concat();
    let is_cut = file.size_bytes() > bytes.len() as u64;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        // The cut went through a character.
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    (!text.contains('\0')).then(|| TextPreview { text: text.to_owned(), is_cut })
}
