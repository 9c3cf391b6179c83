//! Resumable uploads: TUS 1.0 with creation, creation-with-upload, expiration and termination (tus.io/protocols).

use super::text;
use crate::Failure;
use crate::asker::{Asker, Shown};
use crate::place::Place;
use crate::state::State;
use crate::upload_headers::{metadata, n_bytes};
use ::workspaces::{Parents, Preconditions, UploadStatus, WriteOptions};
use axum::body::Body;
use axum::extract;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use hub_api::{FilePath, WorkspaceName};
use std::collections::BTreeMap;

const VERSION: &str = "1.0.0";
const PIECE: &str = "application/offset+octet-stream";
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// What is spoken here.
#[utoipa::path(options, path = "/uploads", tag = "uploads", responses((status = 204)), security(()))]
pub(crate) async fn options(state: extract::State<State>) -> Response {
    let max = state.info().limits.max_file_bytes.to_string();
    let headers = [
        (TUS_VERSION, VERSION.to_owned()),
        (TUS_EXTENSION, "creation,creation-with-upload,expiration,termination".to_owned()),
        (TUS_MAX_SIZE, max),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begins an upload, or goes on with an unfinished one of the caller: of the same `sha256` and size to the same path. Metadata:
/// `workspace`, `path`, and `sha256`, `madeby`, `filetype`, `ifmatch`, `ifnonematch`. `Upload-Offset` says how many bytes are there.
#[utoipa::path(post, path = "/uploads", tag = "uploads",
    params(
        ("Tus-Resumable" = String, Header, pattern = r"^1\.0\.0$"),
        ("Upload-Length" = u64, Header, description = "Bytes of the whole file."),
        ("Upload-Metadata" = String, Header, description = "`key BASE64, key BASE64`")),
    responses((status = 201, description = "`Location` has the address of the upload.")))]
pub(crate) async fn create(
    state: extract::State<State>,
    headers: HeaderMap,
    shown: Shown,
    asker: Asker,
    body: Body,
) -> Result<Response, Failure> {
    check_version(&headers)?;
    let size_bytes: u64 = number(&headers, UPLOAD_LENGTH)?;
    let metadata =
        metadata(text(&headers, UPLOAD_METADATA).unwrap_or_default()).map_err(Failure::bad_request)?;
    let (workspace, path, mut options) = target(&metadata, size_bytes)?;
    options.preconditions.if_unmodified_since =
        text(&headers, header::IF_UNMODIFIED_SINCE).and_then(crate::conditions::http_seconds);
    let _slot = state.uploads().take(&asker.actor.name)?;
    let storage = state.workspaces();
    let has_bytes = text(&headers, header::CONTENT_TYPE) == Some(PIECE);
    let begun = if has_bytes {
        None
    } else {
        storage.begun_upload(&asker.actor, &workspace, &path, &options).await?
    };
    let mut status = match begun {
        Some(begun) => begun,
        None => storage.create_upload(&asker.actor, &workspace, &path, options).await?,
    };
    if has_bytes {
        status = storage.append_upload(&asker.actor, &status.id, 0, body.into_data_stream()).await?;
    }
    let location = format!("{}uploads/{}", state.prefix(), status.id);
    let mut answer = (StatusCode::CREATED, [(header::LOCATION, location)], progress(&status)).into_response();
    finish_if_whole(&state, (&asker, &shown), &status, &mut answer).await?;
    Ok(answer)
}

/// Where an upload stands.
#[utoipa::path(head, path = "/uploads/{id}", tag = "uploads",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header, pattern = r"^1\.0\.0$")),
    responses((status = 200, description = "`Upload-Offset` says how many bytes are there.")))]
pub(crate) async fn status(
    state: extract::State<State>,
    place: Place,
    headers: HeaderMap,
    asker: Asker,
) -> Result<Response, Failure> {
    check_version(&headers)?;
    let status = state.workspaces().upload_status(&asker.actor, &place.id).await?;
    let mut answer = (StatusCode::OK, progress(&status)).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Goes on with an upload; with its last byte the file is there.
#[utoipa::path(patch, path = "/uploads/{id}", tag = "uploads",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header, pattern = r"^1\.0\.0$"),
        ("Upload-Offset" = u64, Header, description = "Bytes that are there already.")),
    request_body(content_type = "application/offset+octet-stream", content = Vec<u8>),
    responses((status = 204, description = "`Upload-Offset` says how many bytes are there.")))]
pub(crate) async fn append(
    state: extract::State<State>,
    place: Place,
    headers: HeaderMap,
    shown: Shown,
    asker: Asker,
    body: Body,
) -> Result<Response, Failure> {
    check_version(&headers)?;
    if text(&headers, header::CONTENT_TYPE) != Some(PIECE) {
        let message = format!("the Content-Type of a piece is {PIECE}");
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_piece", message));
    }
    let offset = number(&headers, UPLOAD_OFFSET)?;
    let _slot = state.uploads().take(&asker.actor.name)?;
    let storage = state.workspaces();
    let n_bytes = text(&headers, header::CONTENT_LENGTH).and_then(n_bytes).unwrap_or(0);
    let size_bytes = storage.upload_status(&asker.actor, &place.id).await?.size_bytes;
    if size_bytes.is_some_and(|size| offset.saturating_add(n_bytes) > size) {
        let message = format!("{n_bytes} bytes from {offset} on are more than the upload was begun with");
        return Err(Failure::bad_request(message).advise("send the rest of the file and no more"));
    }
    let status = storage.append_upload(&asker.actor, &place.id, offset, body.into_data_stream()).await?;
    let mut answer = (StatusCode::NO_CONTENT, progress(&status)).into_response();
    finish_if_whole(&state, (&asker, &shown), &status, &mut answer).await?;
    Ok(answer)
}

/// Forgets an upload.
#[utoipa::path(delete, path = "/uploads/{id}", tag = "uploads",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header, pattern = r"^1\.0\.0$")), responses((status = 204, description = "It is forgotten.")))]
pub(crate) async fn terminate(
    state: extract::State<State>,
    place: Place,
    headers: HeaderMap,
    asker: Asker,
) -> Result<Response, Failure> {
    check_version(&headers)?;
    state.workspaces().abort_upload(&asker.actor, &place.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Publishes an upload whose last byte has come, and tells the entity tag of the file.
async fn finish_if_whole(
    state: &State,
    (asker, shown): (&Asker, &Shown),
    status: &UploadStatus,
    answer: &mut Response,
) -> Result<(), Failure> {
    if status.size_bytes != Some(status.offset) {
        return Ok(());
    }
    let actor = shown.actor_now(state, asker).await?;
    let entry = state.workspaces().finish_upload(&actor, &status.id, None).await?;
    if let Ok(tag) = HeaderValue::try_from(entry.etag.unwrap_or_default()) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    Ok(())
}

fn progress(status: &UploadStatus) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(UPLOAD_OFFSET, status.offset.into());
    if let Some(size) = status.size_bytes {
        headers.insert(UPLOAD_LENGTH, size.into());
    }
    let expires =
        crate::send_file::http_date(&status.expires).and_then(|date| HeaderValue::try_from(date).ok());
    if let Some(expires) = expires {
        headers.insert(UPLOAD_EXPIRES, expires);
    }
    headers
}

/// Every answer tells the version, errors too (TUS 1.0, `Tus-Resumable`).
pub(crate) async fn spoken(mut answer: Response) -> Response {
    answer.headers_mut().insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    answer
}

fn check_version(headers: &HeaderMap) -> Result<(), Failure> {
    if text(headers, TUS_RESUMABLE) == Some(VERSION) {
        return Ok(());
    }
    let message = format!("the header Tus-Resumable must say {VERSION}");
    Err(Failure::new(StatusCode::PRECONDITION_FAILED, "tus_version", message)
        .with_header(TUS_VERSION, VERSION))
}

fn number(headers: &HeaderMap, name: HeaderName) -> Result<u64, Failure> {
    let wrong = || Failure::bad_request(format!("the header {name} must be a number of bytes"));
    text(headers, name.clone()).and_then(n_bytes).ok_or_else(wrong)
}

fn target(
    metadata: &BTreeMap<String, String>,
    size_bytes: u64,
) -> Result<(WorkspaceName, FilePath, WriteOptions), Failure> {
    let need = |key: &str| {
        metadata.get(key).ok_or_else(|| Failure::bad_request(format!("Upload-Metadata must have a {key}")))
    };
    let wrong = |key: &str, error: &dyn std::fmt::Display| {
        Failure::bad_request(format!("Upload-Metadata: {key}: {error}"))
    };
    let workspace = WorkspaceName::new(need("workspace")?).map_err(|error| wrong("workspace", &error))?;
    let path = FilePath::new(need("path")?).map_err(|error| wrong("path", &error))?;
    let given = |key: &str| metadata.get(key).cloned();
    let preconditions =
        Preconditions { if_match: given("ifmatch").map(|tag| vec![tag]), ..Preconditions::default() }
            .unless(given("ifnonematch").as_deref());
    let options = WriteOptions {
        preconditions,
        parents: Parents::Make,
        size_bytes: Some(size_bytes),
        sha256: given("sha256"),
        made_by: given("madeby"),
        media_type: given("filetype"),
    };
    Ok((workspace, path, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_target_needs_a_workspace_and_a_path() {
        let of = |header: &str| target(&metadata(header).unwrap(), 3).is_ok();
        assert!(of("path YS9i, workspace aGlnZ3M="));
        assert!(!of("path YS9i"));
        assert!(!of("workspace aGlnZ3M="));
        assert!(!of("path Li4vYQ==, workspace aGlnZ3M="));
    }

    proptest! {
        #[test]
        fn a_target_lies_in_its_workspace(
            path in "(a|é|/|\\.|\\.\\.|%2e|%2F|\\\\|~| ){0,10}", workspace in "(~|a|/|\\.|%2F| ){0,6}",
        ) {
            let given = [("path", path), ("workspace", workspace)].map(|(key, value)| (key.to_owned(), value));
            if let Ok((workspace, path, _)) = target(&given.into(), 3) {
                let mut parts = workspace.as_str().split('/').chain(path.parts());
                prop_assert!(parts.all(|part| !part.is_empty() && !part.trim_matches('.').is_empty()));
                prop_assert!(!path.as_str().contains('\\'));
            }
        }
    }
}
