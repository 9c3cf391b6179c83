//! A file by its link: without a token, with the link's password where it has one.

use super::text;
use crate::Failure;
use crate::asker::basic;
use crate::send_file::send_file;
use crate::state::State;
use axum::extract;
use axum::response::Response;
use http::header::{self, HeaderName};
use http::{HeaderMap, Method};

const LINK_PASSWORD: HeaderName = HeaderName::from_static("link-password");

/// Reads the file. The password comes by Basic, whatever the user, or in the header `Link-Password`.
#[utoipa::path(get, path = "/links/{token}", tag = "sharing", security(()),
    params(
        ("token" = String, Path),
        ("Link-Password" = Option<String>, Header, description = "Where the link has one; Basic does as well."),
        ("Range" = Option<String>, Header, description = "`bytes=FIRST-LAST`, up to 32 of them."),
        ("If-None-Match" = Option<String>, Header, description = "Entity tags that the caller has already.")),
    responses(
        (status = 200, description = "The file, as the media type that its writer gave.", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "Ranges of it.", content_type = "*/*", body = Vec<u8>),
        (status = 304, description = "The caller has it already.")))]
pub(crate) async fn read_link(
    state: extract::State<State>,
    extract::Path(token): extract::Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let password = text(&headers, LINK_PASSWORD).map(str::to_owned);
    let password = password.or_else(|| basic(&headers).map(|(_, password)| password));
    let is_counted = method == Method::GET && is_from_the_start(text(&headers, header::RANGE));
    let opened = state.workspaces().open_link(&token, password.as_deref(), is_counted).await;
    let file = opened.map_err(|error| {
        let asks = matches!(error, ::workspaces::WorkspaceError::LinkPassword { .. });
        let failure = Failure::from(error);
        if asks { failure.with_header(header::WWW_AUTHENTICATE, "Basic realm=\"link\"") } else { failure }
    })?;
    send_file(&file, &method, &headers)
}

/// Whether a request is the first of a download: later ranges are not counted again.
fn is_from_the_start(range: Option<&str>) -> bool {
    range.is_none_or(|range| range.trim_start().to_ascii_lowercase().starts_with("bytes=0-"))
}
