//! A file by its link: without a token, with the link's password where it has one.

use super::text;
use crate::Failure;
use crate::asker::{basic, caller_address};
use crate::connections::Peer;
use crate::pages::for_browsers;
use crate::send_file::send_file;
use crate::slots::hold;
use crate::state::State;
use axum::Extension;
use axum::extract;
use axum::response::Response;
use http::header::{self, HeaderName};
use http::{HeaderMap, Method};
use std::net::IpAddr;

/// Browsers show it beside two fields, of which only one counts.
const ASKS_PASSWORD: &str = "Basic realm=\"the password of this link (any user name)\", charset=\"UTF-8\"";
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
    peer: Option<Extension<Peer>>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let address = caller_address(&headers, peer.map(|Extension(peer)| peer), &state);
    let read = read(&state, &token, address, (&method, &headers)).await;
    read.unwrap_or_else(|failure| for_browsers(failure, &headers, &state))
}

async fn read(
    state: &State,
    token: &str,
    address: Option<IpAddr>,
    (method, headers): (&Method, &HeaderMap),
) -> Result<Response, Failure> {
    let password = text(headers, LINK_PASSWORD).map(str::to_owned);
    let password = password.or_else(|| basic(headers).map(|(_, password)| password));
    // Passwords are not guessed without end; each guess counts before it is looked at, which takes a while.
    let guess = state.rates().admit_guess(address)?;
    let opened = state.workspaces().open_link(token, password.as_deref()).await;
    let opened = opened.map_err(|error| {
        let asks = matches!(error, ::workspaces::WorkspaceError::LinkPassword { .. });
        let failure = Failure::from(error);
        if matches!(failure.error().status, 401 | 403 | 404) {
            guess.was_wrong();
        }
        if asks { failure.with_header(header::WWW_AUTHENTICATE, ASKS_PASSWORD) } else { failure }
    })?;
    // Nobody is known who reads: each address has its places.
    let slot = match (method, address) {
        (&Method::GET, Some(address)) => Some(state.downloads().wait(&address.to_string()).await?),
        _ => None,
    };
    let answer = send_file(&opened.file, method, headers).await?;
    if *method == Method::GET && answer.status().is_success() {
        state.workspaces().note_link_read(&opened, is_from_the_start(&answer)).await?;
    }
    Ok(hold(slot, answer))
}

/// Whether an answer begins a download: later ranges are not counted again.
fn is_from_the_start(answer: &Response) -> bool {
    let range = answer.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    // All of a file, and several parts in one answer, say no range.
    range.is_none_or(|range| range.starts_with("bytes 0-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_counts_once() {
        let check = |range: Option<&str>, expected: bool| {
            let mut answer = Response::new(axum::body::Body::empty());
            if let Some(range) = range {
                answer.headers_mut().insert(header::CONTENT_RANGE, range.parse().unwrap());
            }
            assert_eq!(is_from_the_start(&answer), expected, "{range:?}");
        };
        check(None, true);
        check(Some("bytes 0-5/10"), true);
        check(Some("bytes 10-20/30"), false);
    }
}
