//! The pages: each handler asks the workspaces what the visitor may see and hands the answers to [`hub_pages`].
//!
//! The service lays two things before them: a [`Session`] in the extensions of every request, and [`PagesState`].
//!
//! - A form changes something only with the session's own token in its field `xsrf` (`form::Checked`), and is answered by
//!   `303 See Other` to a page that tells what was done.
//! - An error is a page, or JSON for who does not ask for HTML (`dress`).

pub mod bounded_source;
pub mod root_preview;

mod all_workspaces;
mod app_passwords;
mod audit;
mod delete;
mod dress;
mod file;
mod folder;
mod form;
mod histogram;
mod home;
mod let_in;
mod move_or_copy;
mod new_folder;
mod paging;
mod place;
mod quota;
mod sharing;
mod stored_source;
mod trash;
mod upload;
mod versions;
mod visit;

pub use dress::PageError;
pub(crate) use dress::for_browsers;
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

use crate::router::below;
use crate::state::State;

/// Most bytes of a form, files apart.
const MOST_FORM_BYTES: usize = 64 << 10;

/// Pages for who is logged in; each request must carry a [`Session`]. `prefix`: that of the service, without a slash at its
/// end.
pub fn router(state: PagesState, prefix: &str) -> Router {
    let quick = of_workspace(prefix)
        .route(&format!("{prefix}/"), get(home::show))
        .route(&format!("{prefix}/admin"), get(all_workspaces::show).post(all_workspaces::set))
        .route(&format!("{prefix}/app-passwords"), get(app_passwords::show).post(app_passwords::make))
        .route(&format!("{prefix}/app-passwords/{{id}}/delete"), post(app_passwords::take_back))
        .layer(DefaultBodyLimit::max(MOST_FORM_BYTES));
    // Files of the plain form are bounded by the quota and by the largest file that there may be.
    let upload = below(Router::new(), &format!("{prefix}/w/{{workspace}}/upload"), &post(upload::receive))
        .layer(DefaultBodyLimit::disable());
    quick.merge(upload).layer(from_fn_with_state(state.clone(), dress::dress)).with_state(state)
}

fn of_workspace(prefix: &str) -> Router<PagesState> {
    let one = format!("{prefix}/w/{{workspace}}");
    let at = |what: &str| format!("{one}/{what}");
    let router = Router::new()
        .route(&at("file/{*path}"), get(file::show))
        .route(&at("histogram/{*path}"), get(histogram::show))
        .route(&at("move/{*path}"), get(move_or_copy::show).post(move_or_copy::act))
        .route(&at("delete/{*path}"), post(delete::act))
        .route(&at("restore/{*path}"), post(versions::restore))
        .route(&at("trash"), get(trash::show).post(trash::empty))
        .route(&at("trash/{id}/restore"), post(trash::bring_back))
        .route(&at("trash/{id}/delete"), post(trash::delete_for_good))
        .route(&at("sharing"), get(sharing::show))
        .route(&at("grants"), post(sharing::grant))
        .route(&at("grants/{id}/delete"), post(sharing::take_grant_back))
        .route(&at("links"), post(sharing::make_link))
        .route(&at("links/{id}/delete"), post(sharing::take_link_back))
        .route(&at("quota"), get(quota::show).post(quota::set))
        .route(&at("uploads/{id}/delete"), post(quota::end_upload))
        .route(&at("audit"), get(audit::show));
    let router = below(router, &at("browse"), &get(folder::show));
    below(router, &at("new-folder"), &post(new_folder::make))
}

/// The pages of the service, with its own way to know who asks.
pub(crate) fn mount(state: &State, prefix: &str) -> Router<State> {
    let mut pages = PagesState::new(state.workspaces().clone(), state.prefix());
    pages.silence = state.silence();
    pages.uploads = state.uploads().clone();
    pages.hub_groups = state.hub_groups().clone();
    pages.log_out = Some(format!("{prefix}/logout").into());
    pages.log_in = state.login().map(|_| format!("{prefix}/login").into());
    pages.hub_home = state.authenticator().hub().map(|hub| {
        let settings = hub.settings();
        format!("{}{}hub/home", settings.hub_host, settings.base_url).into()
    });
    let for_visitors = router(pages.clone(), prefix)
        .layer(from_fn_with_state((state.clone(), pages), let_in::let_in))
        .with_state(());
    Router::new().merge(for_visitors).merge(assets_router(prefix))
}

/// Style and script: for everyone, without a session.
pub fn assets_router<S: Clone + Send + Sync + 'static>(prefix: &str) -> Router<S> {
    Router::new().route(&format!("{prefix}/assets/{{name}}"), get(asset))
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
