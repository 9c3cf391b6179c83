//! The picture of a branch. A version of a file never changes, and so the browser keeps its pictures.

use axum::{extract::Query, http::header, response::IntoResponse};
use hub_pages::CONTENT_SECURITY_POLICY_OF_FILES;
use serde::Deserialize;
use tokio::runtime::Handle;

use super::{
    bounded_source::PreviewLimits,
    dress::{PageError, PageResult},
    place::Place,
    root_preview,
    stored_source::StoredSource,
    visit::Visit,
};

/// Which branch.
#[derive(Deserialize)]
pub(super) struct Wish {
    version: Option<u64>,
    tree: String,
    branch: String,
}

pub(super) async fn show(visit: Visit, place: Place, Query(wish): Query<Wish>) -> PageResult {
    let file = visit.store().read(visit.actor(), &place.workspace, &place.path, wish.version).await?;
    let source = StoredSource::new(file, Handle::current());
    let drawing = visit.state.preview(move || {
        root_preview::histogram_svg(source, &wish.tree, &wish.branch, PreviewLimits::default())
    });
    let svg =
        drawing.await?.map_err(|error| PageError::new(422, "no_histogram", &error.to_string(), None))?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_OF_FILES),
    ];
    Ok((headers, svg).into_response())
}
