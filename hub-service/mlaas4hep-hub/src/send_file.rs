//! A stored file as an answer: conditions, ranges, digests (RFC 9110 sections 13 and 14, RFC 9530).

use crate::Failure;
use crate::conditions::{Conditions, Verdict, ranges_count};
use crate::ranges::{Asked, asked};
use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use hub_api::DigestError;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::ops::Range;
use workspaces::{StoreError, StoredFile, WorkspaceError};

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
const OCTETS: &str = "application/octet-stream";

/// Answers `GET` or `HEAD` of a file.
pub(crate) async fn send_file(
    file: &StoredFile,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let answer = answer(file, method, headers)?;
    if file.local_file().is_some() { Ok(answer) } else { begun(answer).await }
}

/// An answer whose first bytes are here: a store that fails before them is told, and not by a body that breaks.
async fn begun(answer: Response) -> Result<Response, Failure> {
    if answer.body().is_end_stream() {
        return Ok(answer);
    }
    let (head, body) = answer.into_parts();
    let mut blocks = body.into_data_stream();
    let first = blocks.next().await.transpose().map_err(|error| WorkspaceError::from(of_store(error)))?;
    let body = Body::from_stream(stream::iter(first.map(Ok)).chain(blocks));
    Ok(Response::from_parts(head, body))
}

/// What the store said, out of what the layers of a body put around it.
fn of_store(error: axum::Error) -> StoreError {
    match error.into_inner().downcast::<StoreError>() {
        Ok(error) => *error,
        Err(other) => match other.downcast::<axum::Error>() {
            Ok(error) => of_store(*error),
            Err(other) => {
                StoreError::Io { what: "reading a file".to_owned(), cause: std::io::Error::other(other) }
            }
        },
    }
}

fn answer(file: &StoredFile, method: &Method, headers: &HeaderMap) -> Result<Response, Failure> {
    let tag = file.entry.etag.clone().unwrap_or_default();
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let conditions = Conditions {
        if_match: text(header::IF_MATCH),
        if_none_match: text(header::IF_NONE_MATCH),
        if_unmodified_since: text(header::IF_UNMODIFIED_SINCE),
        if_modified_since: text(header::IF_MODIFIED_SINCE),
    };
    let modified =
        file.entry.modified.parse::<jiff::Timestamp>().map_or(i64::MAX, jiff::Timestamp::as_second);
    let described = describe(file, hub_webdav::wants_adler32(headers));
    match conditions.judge(&tag, modified) {
        Verdict::NotModified => return Ok((StatusCode::NOT_MODIFIED, described).into_response()),
        Verdict::Failed => {
            let message = format!("{} was changed meanwhile", file.entry.path);
            return Err(Failure::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", message)
                .advise("ask for its new entity tag")
                .with_header(header::ETAG, tag));
        }
        Verdict::Go => {}
    }
    let range = text(header::RANGE).filter(|_| ranges_count(text(header::IF_RANGE), &tag));
    let has_body = *method != Method::HEAD;
    match asked(range.filter(|_| has_body), file.size_bytes()) {
        Asked::Whole => Ok(whole(file, described, has_body)),
        Asked::Parts(parts) => match parts.as_slice() {
            [part] => Ok(one_part(file, described, part.clone())),
            parts => Ok(many_parts(file, described, parts)),
        },
        Asked::Unsatisfiable => {
            let message = format!("{} has {} bytes", file.entry.path, file.size_bytes());
            Err(Failure::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", message)
                .with_header(header::CONTENT_RANGE, format!("bytes */{}", file.size_bytes())))
        }
    }
}

/// Headers of every answer about a file. What users stored is never shown as a page of ours.
fn describe(file: &StoredFile, wants_adler32: bool) -> HeaderMap {
    let entry = &file.entry;
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, entry.etag.clone().unwrap_or_default());
    set(header::ACCEPT_RANGES, "bytes".to_owned());
    set(header::CACHE_CONTROL, "private, no-cache".to_owned());
    if let Some(modified) = http_date(&entry.modified) {
        set(header::LAST_MODIFIED, modified);
    }
    if let Some(digest) = entry.sha256.as_deref().and_then(|digits| hex::decode(digits).ok()) {
        set(REPR_DIGEST, format!("sha-256=:{}:", STANDARD.encode(digest)));
    }
    if wants_adler32 {
        set(HeaderName::from_static("digest"), format!("adler32={:08x}", file.adler32));
    }
    let name = utf8_percent_encode(entry.path.name().unwrap_or("file"), NON_ALPHANUMERIC);
    set(header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}"));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned());
    set(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned());
    set(HeaderName::from_static("file-version"), entry.version.to_string());
    headers
}

fn media_type(file: &StoredFile) -> HeaderValue {
    let said = file.entry.media_type.as_deref().unwrap_or(OCTETS);
    HeaderValue::from_str(said).unwrap_or(HeaderValue::from_static(OCTETS))
}

fn whole(file: &StoredFile, mut headers: HeaderMap, has_body: bool) -> Response {
    headers.insert(header::CONTENT_TYPE, media_type(file));
    headers.insert(header::CONTENT_LENGTH, file.size_bytes().into());
    let body = if has_body { body(file, 0..file.size_bytes()) } else { Body::empty() };
    (StatusCode::OK, headers, body).into_response()
}

fn one_part(file: &StoredFile, mut headers: HeaderMap, part: Range<u64>) -> Response {
    headers.insert(header::CONTENT_TYPE, media_type(file));
    headers.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
    insert(&mut headers, header::CONTENT_RANGE, &content_range(&part, file.size_bytes()));
    (StatusCode::PARTIAL_CONTENT, headers, body(file, part)).into_response()
}

/// `multipart/byteranges` (RFC 9110 section 14.6). No head goes before the first bytes of its part are there: a store that fails
/// at once is told as such.
fn many_parts(file: &StoredFile, mut headers: HeaderMap, parts: &[Range<u64>]) -> Response {
    let boundary = format!("{:032x}", rand::random::<u128>());
    let media_type = media_type(file);
    let media_type = media_type.to_str().unwrap_or(OCTETS);
    let heads: Vec<Bytes> = parts
        .iter()
        .map(|part| {
            let range = content_range(part, file.size_bytes());
            format!("\r\n--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {range}\r\n\r\n").into()
        })
        .collect();
    let end = Bytes::from(format!("\r\n--{boundary}--\r\n"));
    let n_read: u64 = parts.iter().map(|part| part.end - part.start).sum();
    metrics::counter!("mlaas4hep_hub_read_bytes_total").increment(n_read);
    let n_bytes = heads.iter().map(Bytes::len).sum::<usize>() as u64 + n_read + end.len() as u64;
    insert(&mut headers, header::CONTENT_TYPE, &format!("multipart/byteranges; boundary={boundary}"));
    headers.insert(header::CONTENT_LENGTH, n_bytes.into());
    let mut all: BoxStream<'static, Result<Bytes, StoreError>> = stream::empty().boxed();
    for (head, part) in heads.into_iter().zip(parts) {
        let with_head = move |(at, block): (usize, Result<Bytes, StoreError>)| match at {
            0 => block.map(|block| [&head[..], &block].concat().into()),
            _ => block,
        };
        all = all.chain(file.stream(part.clone()).enumerate().map(with_head)).boxed();
    }
    let all = all.chain(stream::iter([Ok(end)]));
    (StatusCode::PARTIAL_CONTENT, headers, Body::from_stream(all)).into_response()
}

fn body(file: &StoredFile, range: Range<u64>) -> Body {
    metrics::counter!("mlaas4hep_hub_read_bytes_total").increment(range.end - range.start);
    Body::from_stream(file.stream(range))
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn content_range(part: &Range<u64>, size_bytes: u64) -> String {
    format!("bytes {}-{}/{size_bytes}", part.start, part.end - 1)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` of an RFC 3339 time (RFC 9110 section 5.6.7).
pub(crate) fn http_date(time: &str) -> Option<String> {
    let time: jiff::Timestamp = time.parse().ok()?;
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()
}

/// The SHA-256 of the whole file that a writer announces, in hexadecimal digits. `Content-Digest` is that of one body: of a piece it
/// says nothing of the file.
pub(crate) fn announced_sha256(headers: &HeaderMap, is_piece: bool) -> Result<Option<String>, Failure> {
    let names = ["repr-digest", "content-digest", "digest"];
    let mut given = names.iter().filter(|name| !is_piece || **name != "content-digest");
    let Some(given) = given.find_map(|name| headers.get(*name)) else { return Ok(None) };
    let found = given.to_str().map_err(|_| DigestError).and_then(hub_api::announced_sha256);
    found.map_err(|error| Failure::bad_request(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date("1994-11-06T08:49:37.5Z").unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn a_piece_has_a_digest_of_its_own() {
        let mut headers = HeaderMap::new();
        let empty = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
        let of =
            |headers: &HeaderMap, is_piece| announced_sha256(headers, is_piece).map(|it| it.is_some()).ok();
        headers.insert("content-digest", empty.parse().unwrap());
        assert_eq!([false, true].map(|is_piece| of(&headers, is_piece)), [Some(true), Some(false)]);
        headers.insert("digest", "sha-256=47DE".parse().unwrap());
        assert_eq!([false, true].map(|is_piece| of(&headers, is_piece)), [Some(true), None]);
        headers.insert(REPR_DIGEST, empty.parse().unwrap());
        assert_eq!(of(&headers, true), Some(true));
    }
}
