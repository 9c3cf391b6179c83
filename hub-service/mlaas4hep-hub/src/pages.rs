//! The pages: each handler asks the workspaces what the visitor may see and hands the answers to [`hub_pages`].
//!
//! The service lays two things before them: a [`Session`] in the extensions of every request, and [`PagesState`].
//!
//! - A form changes something only with the session's own token in its field `xsrf` ([`form::Checked`]), and is answered by
//!   `303 See Other` to a page that tells what was done.
//! - An error is a page, or JSON for who does not ask for HTML ([`dress`]).

pub mod bounded_source;
pub mod root_preview;

mod app_passwords;
mod audit;
mod delete;
mod dress;
mod file;
mod folder;
mod form;
mod histogram;
mod home;
mod move_or_copy;
mod new_folder;
mod place;
mod quota;
mod sharing;
mod stored_source;
mod trash;
mod upload;
mod versions;
mod visit;

pub use dress::PageError;
pub use visit::{PagesState, Session};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path},
    http::{StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hub_pages::Asset;

/// Most bytes of a form, files apart.
const MOST_FORM_BYTES: usize = 64 << 10;

/// Pages for who is logged in; each request must carry a [`Session`]. Without the prefix of the service.
pub fn router(state: PagesState) -> Router {
    let of_workspace = Router::new()
        .route("/browse/", get(folder::show))
        .route("/browse/{*path}", get(folder::show))
        .route("/file/{*path}", get(file::show))
        .route("/histogram/{*path}", get(histogram::show))
        .route("/new-folder/", post(new_folder::make))
        .route("/new-folder/{*path}", post(new_folder::make))
        .route("/move/{*path}", get(move_or_copy::show).post(move_or_copy::act))
        .route("/delete/{*path}", post(delete::act))
        .route("/restore/{*path}", post(versions::restore))
        .route("/trash", get(trash::show).post(trash::empty))
        .route("/trash/{id}/restore", post(trash::bring_back))
        .route("/trash/{id}/delete", post(trash::delete_for_good))
        .route("/sharing", get(sharing::show))
        .route("/grants", post(sharing::grant))
        .route("/grants/{id}/delete", post(sharing::take_grant_back))
        .route("/links", post(sharing::make_link))
        .route("/links/{id}/delete", post(sharing::take_link_back))
        .route("/quota", get(quota::show).post(quota::set))
        .route("/audit", get(audit::show))
        .layer(DefaultBodyLimit::max(MOST_FORM_BYTES))
        // Files of the plain form are bounded by the quota and by the largest file that there may be.
        .route("/upload/", post(upload::receive).layer(DefaultBodyLimit::disable()))
        .route("/upload/{*path}", post(upload::receive).layer(DefaultBodyLimit::disable()));
    Router::new()
        .route("/", get(home::show))
        .route("/app-passwords", get(app_passwords::show).post(app_passwords::make))
        .route("/app-passwords/{id}/delete", post(app_passwords::take_back))
        .nest("/w/{workspace}", of_workspace)
        .layer(from_fn_with_state(state.clone(), dress::dress))
        .with_state(state)
}

/// Style and script: for everyone, without a session.
pub fn assets_router() -> Router {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    match hub_pages::asset(&name) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, Asset::CACHE_CONTROL),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, asset.bytes).into_response()
        }
    }
}
