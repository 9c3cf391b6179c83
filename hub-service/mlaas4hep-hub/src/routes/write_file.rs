//! Writing a file: whole, or in pieces placed by `Content-Range`.

use super::{preconditions, text};
use crate::Failure;
use crate::asker::{Asker, Shown};
use crate::failure::is_stalled;
use crate::place::Place;
use crate::send_file::announced_sha256;
use crate::state::State;
use ::workspaces::{Parents, UploadStatus, WriteOptions};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::{Json, extract};
use futures_util::StreamExt;
use http::header::{self, HeaderName};
use http::{HeaderMap, StatusCode};
use hub_api::{ContentRange, Entry, routes::MADE_BY};
use std::sync::atomic::{AtomicBool, Ordering};

/// Writes a file. It becomes visible whole, with the last byte. `If-Match`, `If-None-Match: *`, `Repr-Digest` and `Made-By`
/// are kept to, of a piece as it was said last. With `Content-Range: bytes FIRST-LAST/SIZE` a piece: 202 with `Range` says how far it
/// is; so does `bytes */SIZE` without a body.
#[utoipa::path(put, path = "/files/{workspace}/{path}", tag = "files",
    params(
        ("workspace" = String, Path), ("path" = String, Path),
        ("Content-Range" = Option<String>, Header, description = "Of a piece: `bytes FIRST-LAST/SIZE`; `bytes */SIZE` asks how far it is."),
        ("If-Match" = Option<String>, Header, description = "Entity tags, one of which must be the present one."),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only where there is nothing yet."),
        ("Repr-Digest" = Option<String>, Header, description = "`sha-256=:BASE64:` of the whole file (RFC 9530)."),
        ("Made-By" = Option<String>, Header, description = "What made the file.")),
    request_body(content_type = "application/octet-stream"),
    responses((status = 201, body = Entry), (status = 200, body = Entry),
        (status = 202, description = "A piece; `Range` says how far the file is.")))]
pub(crate) async fn write_file(
    state: extract::State<State>,
    place: Place,
    headers: HeaderMap,
    shown: Shown,
    asker: Asker,
    body: Body,
) -> Result<Response, Failure> {
    let _slot = state.uploads().take(&asker.actor.name)?;
    match headers.get(header::CONTENT_RANGE) {
        None => whole(&state, &place, &headers, (&asker, &shown), body).await,
        Some(range) => {
            let range = range.as_bytes();
            if let Some(range) = ContentRange::parse(range) {
                return piece(&state, &place, &headers, (&asker, &shown), (range, body)).await;
            }
            match ContentRange::asked_size(range).filter(|_| !has_body(&headers)) {
                Some(size_bytes) => Ok(incomplete(&begun(&state, &place, &asker, size_bytes).await?)),
                None => Err(Failure::bad_request(
                    "Content-Range needs the form bytes FIRST-LAST/SIZE with a known size that is larger than LAST",
                )),
            }
        }
    }
}

/// Whether a request has one (RFC 9112 section 6.3).
fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0")
}

async fn whole(
    state: &State,
    place: &Place,
    headers: &HeaderMap,
    (asker, shown): (&Asker, &Shown),
    body: Body,
) -> Result<Response, Failure> {
    let size_bytes = text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let options = options(headers, size_bytes, false)?;
    let storage = state.workspaces();
    let mut upload = storage.begin_write(&asker.actor, &place.workspace, &place.path, options).await?;
    let mut bytes = body.into_data_stream();
    while let Some(block) = bytes.next().await {
        let block = match block {
            Ok(block) => block,
            Err(error) => {
                upload.abort().await?;
                if is_stalled(&error) {
                    return Err(Failure::stalled());
                }
                let message = "the connection broke; nothing was written";
                return Err(Failure::bad_request(message).advise("send it again"));
            }
        };
        metrics::counter!("mlaas4hep_hub_written_bytes_total").increment(block.len() as u64);
        if let Err(error) = upload.append(block).await {
            upload.abort().await?;
            return Err(error.into());
        }
    }
    upload.act_as(shown.actor_now(state, asker).await?);
    Ok(written(upload.finish(None).await?))
}

/// The piece that starts a file begins an upload; later ones go on with it.
async fn piece(
    state: &State,
    place: &Place,
    headers: &HeaderMap,
    (asker, shown): (&Asker, &Shown),
    (range, body): (ContentRange, Body),
) -> Result<Response, Failure> {
    let length = text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length != range.n_bytes) {
        return Err(Failure::bad_request("Content-Length and Content-Range do not agree"));
    }
    let storage = state.workspaces();
    let options = options(headers, Some(range.size_bytes), true)?;
    let id = if range.first == 0 {
        storage.restart_upload(&asker.actor, &place.workspace, &place.path, options).await?.id
    } else {
        let id = begun(state, place, asker, range.size_bytes).await?.id;
        storage.restate_upload(&asker.actor, &id, &options).await?;
        id
    };
    // A body without a length may be longer than its range says: the block that is too much is not taken.
    let (is_over, mut n_left) = (AtomicBool::new(false), range.n_bytes);
    let bytes = body.into_data_stream().map(|block| {
        let block = block?;
        n_left = n_left.checked_sub(block.len() as u64).ok_or_else(|| {
            is_over.store(true, Ordering::Relaxed);
            axum::Error::new("more bytes than the range has")
        })?;
        Ok::<_, axum::Error>(block)
    });
    let status = storage.append_upload(&asker.actor, &id, range.first, bytes).await?;
    if is_over.load(Ordering::Relaxed) {
        let message = format!("the body has more than the {} bytes of its Content-Range", range.n_bytes);
        return Err(Failure::bad_request(message).advise("send bytes and range that agree"));
    }
    if status.offset < range.size_bytes {
        return Ok(incomplete(&status));
    }
    let actor = shown.actor_now(state, asker).await?;
    Ok(written(storage.finish_upload(&actor, &id, None).await?))
}

/// The caller's unfinished upload to the place.
async fn begun(
    state: &State,
    place: &Place,
    asker: &Asker,
    size_bytes: u64,
) -> Result<UploadStatus, Failure> {
    let path = &place.path;
    match state.workspaces().find_upload(&asker.actor, &place.workspace, path).await? {
        Some(UploadStatus { size_bytes: Some(begun_with), .. }) if begun_with != size_bytes => {
            Err(Failure::bad_request(format!(
                "Content-Range says {size_bytes} bytes in all, but the upload was begun with {begun_with}"
            )))
        }
        Some(begun) => Ok(begun),
        None => {
            let message = format!("no upload of {path} is under way");
            Err(Failure::new(StatusCode::CONFLICT, "no_upload", message).advise("start at byte 0"))
        }
    }
}

/// How far it is, in the words of `Range`.
fn incomplete(status: &UploadStatus) -> Response {
    let range = if status.offset == 0 { String::new() } else { format!("bytes=0-{}", status.offset - 1) };
    (StatusCode::ACCEPTED, [(header::RANGE, range)]).into_response()
}

/// What a writer says in its headers.
fn options(headers: &HeaderMap, size_bytes: Option<u64>, is_piece: bool) -> Result<WriteOptions, Failure> {
    Ok(WriteOptions {
        preconditions: preconditions(headers),
        parents: Parents::Make,
        size_bytes,
        sha256: announced_sha256(headers, is_piece)?,
        made_by: text(headers, HeaderName::from_static(MADE_BY)).map(str::to_owned),
        media_type: text(headers, header::CONTENT_TYPE).map(str::to_owned),
    })
}

/// The answer about a file that is there now.
pub(crate) fn written(entry: Entry) -> Response {
    let status = if entry.version == 1 { StatusCode::CREATED } else { StatusCode::OK };
    let tag = entry.etag.clone().unwrap_or_default();
    (status, [(header::ETAG, tag)], Json(entry)).into_response()
}
