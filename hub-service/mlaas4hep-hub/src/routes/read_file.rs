//! Reading a file.

use super::text;
use crate::Failure;
use crate::asker::Asker;
use crate::place::{Asked, Place};
use crate::send_file::send_file;
use crate::slots::hold;
use crate::state::State;
use axum::extract;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use hub_api::routes;
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const WANT_LOCAL_FILE: HeaderName = HeaderName::from_static(routes::WANT_LOCAL_FILE);
const LOCAL_FILE: HeaderName = HeaderName::from_static(routes::LOCAL_FILE);
/// How long an address lives to which a reader is sent.
const PRESIGNED: Duration = Duration::from_mins(5);

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Query {
    /// Number of a version that is kept. Default: the newest.
    version: Option<u64>,
}

/// Reads a file, whole or by ranges. With `Prefer: redirect` the answer may be 307 to an address of the store that needs
/// no token for five minutes. With `Want-Local-File: ?1` the header `Local-File` of the answer may say where a program on the
/// machine of the service fetches the open file: `/path/of/the.sock;TICKET`.
#[utoipa::path(get, path = "/files/{workspace}/{path}", tag = "files",
    params(
        ("workspace" = String, Path), ("path" = String, Path), Query,
        ("Range" = Option<String>, Header, description = "`bytes=FIRST-LAST`, up to 32 of them."),
        ("If-Range" = Option<String>, Header, description = "The entity tag that the ranges are meant for."),
        ("If-None-Match" = Option<String>, Header, description = "Entity tags that the caller has already."),
        ("Want-Local-File" = Option<String>, Header, description = "`?1`: the open file itself, where both are on one machine."),
        ("Prefer" = Option<String>, Header, description = "`redirect`: an address of the store, where it has one.")),
    responses(
        (status = 200, description = "The file, as the media type that its writer gave.", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "Ranges of it.", content_type = "*/*", body = Vec<u8>),
        (status = 304, description = "The caller has it already."),
        (status = 307, description = "`Location` has an address of the store.")))]
pub(crate) async fn read_file(
    state: extract::State<State>,
    place: Place,
    Asked(query): Asked<Query>,
    method: Method,
    headers: HeaderMap,
    asker: Asker,
) -> Result<Response, Failure> {
    let (storage, workspace, path) = (state.workspaces(), &place.workspace, &place.path);
    if method == Method::GET && text(&headers, PREFER).is_some_and(|prefer| prefer.contains("redirect")) {
        let address = storage.presigned_read(&asker.actor, workspace, path, query.version, PRESIGNED).await?;
        if let Some(address) = address {
            let headers = [(header::LOCATION, address), (header::CACHE_CONTROL, "no-store".to_owned())];
            return Ok((StatusCode::TEMPORARY_REDIRECT, headers).into_response());
        }
    }
    let slot = match method {
        Method::GET => Some(state.downloads().wait(&asker.actor.name).await?),
        _ => None,
    };
    let file = storage.read(&asker.actor, workspace, path, query.version).await?;
    let mut answer = send_file(&file, &method, &headers).await?;
    if text(&headers, WANT_LOCAL_FILE) == Some("?1") && answer.status().is_success() {
        let offer = state.local_files().and_then(|local| local.offer(&file));
        if let Some(offer) = offer.and_then(|offer| HeaderValue::from_bytes(&offer.header()).ok()) {
            answer.headers_mut().insert(LOCAL_FILE, offer);
        }
    }
    Ok(hold(slot, answer))
}
