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
use http_body_util::Limited;
use hub_api::{ContentRange, Entry, routes::MADE_BY};

/// Writes a file. It becomes visible whole, with the last byte. `If-Match`, `If-None-Match: *`, `Repr-Digest` and `Made-By`
/// are kept to. With `Content-Range: bytes FIRST-LAST/SIZE` a piece: 202 with `Range` says how far it is.
#[utoipa::path(put, path = "/files/{workspace}/{path}", tag = "files",
    params(
        ("workspace" = String, Path), ("path" = String, Path),
        ("Content-Range" = Option<String>, Header, description = "Of a piece: `bytes FIRST-LAST/SIZE`."),
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
            let range = ContentRange::parse(range.as_bytes()).ok_or_else(|| {
                Failure::bad_request("Content-Range needs the form bytes FIRST-LAST/SIZE with a known size")
            })?;
            piece(&state, &place, &headers, (&asker, &shown), (range, body)).await
        }
    }
}

async fn whole(
    state: &State,
    place: &Place,
    headers: &HeaderMap,
    (asker, shown): (&Asker, &Shown),
    body: Body,
) -> Result<Response, Failure> {
    let size_bytes = text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let options = options(headers, size_bytes)?;
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
    let (storage, workspace, path) = (state.workspaces(), &place.workspace, &place.path);
    let begun = storage.find_upload(&asker.actor, workspace, path).await?;
    let id = match (range.first, begun) {
        (0, begun) => {
            if let Some(old) = begun {
                storage.abort_upload(&asker.actor, &old.id).await?;
            }
            let options = options(headers, Some(range.size_bytes))?;
            storage.create_upload(&asker.actor, workspace, path, options).await?.id
        }
        (_, Some(UploadStatus { size_bytes: Some(begun_with), .. })) if begun_with != range.size_bytes => {
            return Err(Failure::bad_request(format!(
                "Content-Range says {} bytes in all, but the upload was begun with {begun_with}",
                range.size_bytes
            )));
        }
        (_, Some(begun)) => begun.id,
        (first, None) => {
            let message =
                format!("no upload of {path} is under way, so that no piece can start at byte {first}");
            return Err(Failure::new(StatusCode::CONFLICT, "no_upload", message).advise("start at byte 0"));
        }
    };
    // A body without a length may be longer than its range says: what is too much is not taken.
    let body = Body::new(Limited::new(body, usize::try_from(range.n_bytes).unwrap_or(usize::MAX)));
    let status = storage.append_upload(&asker.actor, &id, range.first, body.into_data_stream()).await?;
    if status.offset < range.size_bytes {
        return Ok(incomplete(&status));
    }
    let actor = shown.actor_now(state, asker).await?;
    Ok(written(storage.finish_upload(&actor, &id, None).await?))
}

/// How far it is, in the words of `Range`.
fn incomplete(status: &UploadStatus) -> Response {
    let range = if status.offset == 0 { String::new() } else { format!("bytes=0-{}", status.offset - 1) };
    (StatusCode::ACCEPTED, [(header::RANGE, range)]).into_response()
}

/// What a writer says in its headers.
fn options(headers: &HeaderMap, size_bytes: Option<u64>) -> Result<WriteOptions, Failure> {
    Ok(WriteOptions {
        preconditions: preconditions(headers),
        parents: Parents::Make,
        size_bytes,
        sha256: announced_sha256(headers)?,
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
