//! One request: made plain before the protocol library sees it, and its answer made exact afterwards.

use std::{error::Error, io, sync::Arc};

use bytes::{Buf, Bytes};
use dav_server::{DavHandler, DavMethod, DavMethodSet, davpath::DavPath};
use futures_util::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header, request};
use http_body::{Body, Frame};
use http_body_util::{
    BodyExt, BodyStream, Full, LengthLimitError, Limited, StreamBody, combinators::UnsyncBoxBody,
};
use hub_api::{ContentRange, announced_sha256};
use percent_encoding::percent_decode_str;
use workspaces::{Actor, Workspaces};

use crate::{
    asked::{Asked, DIGESTS, Outcome},
    conditions, error,
    file::BLOCK_BYTES,
    file_system::Tree,
    locks::Locks,
    place::{self, Found},
    propfind::PropFind,
    wanted,
};

/// Most bytes of a body of XML: with properties that may have 64 KiB.
const MOST_XML_BYTES: usize = 128 << 10;
/// Most tags in it. What parses it calls itself for each element within another: some thousands would end the process.
const MOST_TAGS: usize = 512;

/// The body of an answer, in blocks.
pub type DavBody = UnsyncBoxBody<Bytes, io::Error>;

/// The caller as it is at the end of a long request, whose rights may have gone meanwhile; `None`: it is nobody any more.
pub type ActorNow = Arc<dyn Fn() -> BoxFuture<'static, Option<Actor>> + Send + Sync>;

/// `WebDAV` over a storage; cheap to clone.
#[derive(Clone)]
pub struct WebDav {
    workspaces: Workspaces,
    again: Option<ActorNow>,
}

impl WebDav {
    /// Over a storage.
    #[must_use]
    pub fn new(workspaces: Workspaces) -> Self {
        Self { workspaces, again: None }
    }

    /// The same, for one request: before what it wrote is taken, its caller is looked at again.
    #[must_use]
    pub fn looking_again(self, again: ActorNow) -> Self {
        Self { again: Some(again), ..self }
    }

    /// Answers a request of an actor. `mount` is the path of the tree as addresses have it, `/services/NAME/dav/`; below it
    /// comes the folder of a workspace ([`hub_api::WorkspaceName::folder_name`]), or nothing for the list of them. Bodies go
    /// through in blocks both ways. Who asks was looked at before.
    pub async fn handle<B>(&self, actor: &Actor, mount: &str, request: Request<B>) -> Response<DavBody>
    where
        B: Body,
        B::Data: Buf + Send + 'static,
        B::Error: Error + Send + Sync + 'static,
    {
        let mount = mount.trim_end_matches('/');
        let (mut parts, body) = request.into_parts();
        let target = match prepare(&mut parts, mount) {
            Ok(target) => target,
            Err((status, condition, message)) => return error::refusal(status, condition, message),
        };
        // Who sees nothing of a workspace gets the same answer to everything in it.
        if let Found::In(place) = &target
            && let Err(error) = self.workspaces.role_of(actor, &place.workspace).await
        {
            return error::answer(&error);
        }
        let asked = Arc::new(Asked::of(&parts.method, &parts.headers));
        let wants_digest = wants_adler32(&parts.headers);
        let answer = if parts.method == Method::PUT {
            self.handler(actor, mount, (&asked, target)).handle(Request::from_parts(parts, body)).await
        } else {
            let body = match xml(body).await {
                Ok(body) => body,
                Err((status, condition, message)) => return error::refusal(status, condition, message),
            };
            if parts.method.as_str() == "PROPFIND" {
                return self.propfind(actor, mount, (&parts, target), &body).await;
            }
            let request = Request::from_parts(parts, Full::new(body));
            self.handler(actor, mount, (&asked, target)).handle(request).await
        };
        let mut answer = answer.map(BodyExt::boxed_unsync);
        if asked.reads_elsewhere() {
            answer = begun(answer).await;
        }
        finish(&asked, answer, wants_digest)
    }

    async fn propfind(
        &self,
        actor: &Actor,
        mount: &str,
        (parts, target): (&request::Parts, Found),
        body: &Bytes,
    ) -> Response<DavBody> {
        let Some(wanted) = wanted::parse(body) else {
            return error::refusal(
                StatusCode::BAD_REQUEST,
                "",
                "the body is no propfind (RFC 4918 section 14.20)",
            );
        };
        let is_deep = parts.headers.get("depth").is_some_and(|depth| depth == "1");
        let (workspaces, actor, mount) = (self.workspaces.clone(), actor.clone(), mount.to_owned());
        let found = PropFind { workspaces, actor, mount, target, wanted, is_deep }.answer().await;
        let stream = match found {
            Ok(stream) => stream,
            Err(error) => return error::answer(&error),
        };
        let mut answer = Response::new(StreamBody::new(stream.map_ok(Frame::data)).boxed_unsync());
        *answer.status_mut() = StatusCode::MULTI_STATUS;
        let headers = answer.headers_mut();
        let xml = HeaderValue::from_static("application/xml; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, xml);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        answer
    }

    fn handler(&self, actor: &Actor, mount: &str, (asked, target): (&Arc<Asked>, Found)) -> DavHandler {
        let mount: Arc<str> = percent_decode_str(mount).decode_utf8_lossy().into();
        let actor = Arc::new(actor.clone());
        let tree = Tree {
            workspaces: self.workspaces.clone(),
            actor: actor.clone(),
            asked: asked.clone(),
            again: self.again.clone(),
            target,
        };
        let locks = Locks {
            workspaces: self.workspaces.clone(),
            actor: actor.clone(),
            asked: asked.clone(),
            mount: mount.clone(),
        };
        let mut methods = DavMethodSet::all();
        for method in [DavMethod::Patch, DavMethod::Report, DavMethod::MkCalendar, DavMethod::MkAddressbook] {
            methods.remove(method);
        }
        DavHandler::builder()
            .filesystem(Box::new(tree))
            .locksystem(Box::new(locks))
            .principal(&*actor.name)
            .strip_prefix(&*mount)
            .methods(methods)
            .autoindex(false)
            .read_buf_size(BLOCK_BYTES)
            .build_handler()
    }
}

/// A body that may be parsed.
async fn xml<B>(body: B) -> Result<Bytes, Refusal>
where
    B: Body,
    B::Error: Error + Send + Sync + 'static,
{
    let body = match Limited::new(body, MOST_XML_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "", "a body of XML may have 128 KiB"));
        }
        Err(_) => return Err((StatusCode::BAD_REQUEST, "", "the body broke off")),
    };
    // Counted and not parsed: comments and half elements must not hide any. In every encoding a tag has this byte.
    if body.split(|byte| *byte == b'<').nth(MOST_TAGS + 1).is_some() {
        return Err((StatusCode::BAD_REQUEST, "", "a body of XML may have 512 tags"));
    }
    Ok(body)
}

/// Status, condition element (RFC 4918 section 16) and message of what is not done.
pub(crate) type Refusal = (StatusCode, &'static str, &'static str);

const BAD_ADDRESS: Refusal = (StatusCode::BAD_REQUEST, "", "the address is no path of a file");
const BAD_PART: Refusal =
    (StatusCode::BAD_REQUEST, "", "Content-Range needs the form bytes FIRST-LAST/SIZE with a known size");
const BAD_DIGEST: Refusal = (
    StatusCode::BAD_REQUEST,
    "",
    "a digest needs the form Repr-Digest: sha-256=:BASE64: or Digest: SHA-256=BASE64",
);
const BAD_CONDITION: Refusal =
    (StatusCode::BAD_REQUEST, "", "If, If-Match, If-None-Match or If-Range is not well formed");
const NOT_HERE: Refusal = (StatusCode::NOT_FOUND, "", "this address is not in the tree");
const NO_WORKSPACES_MADE: Refusal =
    (StatusCode::FORBIDDEN, "", "workspaces come from groups: they are not made here");
/// RFC 4918 section 9.8.5.
const OTHER_SERVER: Refusal = (StatusCode::BAD_GATEWAY, "", "the destination is not in this tree");
/// RFC 4918 section 9.1.
const FINITE_DEPTH: Refusal = (
    StatusCode::FORBIDDEN,
    "<D:propfind-finite-depth/>",
    "say Depth: 0 or Depth: 1; whole trees are listed by the REST interface",
);

/// Brings addresses into their one spelling, refuses what we do not do, and says where the request goes.
fn prepare(parts: &mut request::Parts, mount: &str) -> Result<Found, Refusal> {
    if !conditions::are_well_formed(&parts.headers) {
        return Err(BAD_CONDITION);
    }
    let path = in_one_spelling(parts.uri.path(), mount)?;
    parts.uri = path.parse::<Uri>().map_err(|_| BAD_ADDRESS)?;
    if !matches!(parts.method.as_str(), "COPY" | "MOVE") {
        parts.headers.remove("destination");
    }
    if let Some(destination) = parts.headers.get("destination") {
        let there = path_of(destination).ok_or(BAD_ADDRESS)?;
        if below(&there, mount).is_none() {
            return Err(OTHER_SERVER);
        }
        let there = in_one_spelling(&there, mount)?;
        let value = HeaderValue::try_from(there).map_err(|_| BAD_ADDRESS)?;
        parts.headers.insert("destination", value);
    }
    let is_read = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    let is_propfind = parts.method.as_str() == "PROPFIND";
    if is_propfind && !matches!(parts.headers.get("depth").map(HeaderValue::as_bytes), Some(b"0" | b"1")) {
        return Err(FINITE_DEPTH);
    }
    // Several ranges in one answer: a server may send all of the file instead (RFC 9110 section 14.2).
    if parts.headers.get(header::RANGE).is_some_and(|range| range.as_bytes().contains(&b',')) {
        parts.headers.remove(header::RANGE);
    }
    if parts.method == Method::PUT {
        check_put(&parts.headers)?;
    }
    let below_mount = below(&path, mount).unwrap_or_default();
    let target = DavPath::new(&format!("/{below_mount}")).map(|path| place::find(&path));
    let target = target.map_err(|_| BAD_ADDRESS)?;
    if target == Found::Top && !is_read && !is_propfind {
        return Err(NO_WORKSPACES_MADE);
    }
    Ok(target)
}

fn check_put(headers: &HeaderMap) -> Result<(), Refusal> {
    // Taken as a whole file it would destroy the rest (RFC 9110 section 14.5).
    let range = headers.get(header::CONTENT_RANGE);
    if range.is_some_and(|range| ContentRange::parse(range.as_bytes()).is_none()) {
        return Err(BAD_PART);
    }
    let is_digest = |value: &HeaderValue| value.to_str().is_ok_and(|text| announced_sha256(text).is_ok());
    let mut digests = DIGESTS.iter().filter_map(|name| headers.get(*name));
    if digests.all(is_digest) { Ok(()) } else { Err(BAD_DIGEST) }
}

/// What comes after the mount and its slash; `None` for other addresses.
pub(crate) fn below<'a>(path: &'a str, mount: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(mount)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

pub(crate) fn in_one_spelling(path: &str, mount: &str) -> Result<String, Refusal> {
    let rest = below(path, mount).ok_or(NOT_HERE)?;
    let rest = place::canonical(rest).ok_or(BAD_ADDRESS)?;
    Ok(format!("{mount}/{rest}"))
}

/// The path of an address with or without scheme and host (RFC 4918 section 8.3).
pub(crate) fn path_of(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => text,
    };
    path.starts_with('/').then(|| path.to_owned())
}

/// `Want-Digest: adler32` (RFC 3230), which the tools of the grid send.
#[must_use]
pub fn wants_adler32(headers: &HeaderMap) -> bool {
    let wanted = headers.get("want-digest").and_then(|value| value.to_str().ok());
    wanted.is_some_and(|wanted| wanted.to_ascii_lowercase().contains("adler32"))
}

/// An answer whose first bytes are here: a store that fails before them is told, and not by a body that breaks.
async fn begun(answer: Response<DavBody>) -> Response<DavBody> {
    let (mut head, mut body) = answer.into_parts();
    let first = body.frame().await;
    if matches!(first, Some(Err(_))) {
        // Why was noted where it failed.
        head.status = StatusCode::INTERNAL_SERVER_ERROR;
    }
    let all = stream::iter(first).chain(BodyStream::new(body));
    Response::from_parts(head, StreamBody::new(all).boxed_unsync())
}

/// The answer with the status of what really happened, and with the headers that files of users need.
fn finish(asked: &Asked, answer: Response<DavBody>, wants_digest: bool) -> Response<DavBody> {
    let outcome = asked.take_outcome();
    let is_failed = !answer.status().is_success() || answer.status() == StatusCode::MULTI_STATUS;
    let mut answer = match (outcome.error.as_ref(), outcome.bad_name.as_ref()) {
        (Some(error), _) if is_failed => error::answer(error),
        (None, Some(why)) if is_failed => error::refusal(StatusCode::BAD_REQUEST, "", why),
        _ => answer,
    };
    if let Some(offset) = outcome.unfinished_at {
        *answer.status_mut() = StatusCode::ACCEPTED;
        answer.headers_mut().insert("upload-offset", offset.into());
    }
    if asked.method == Method::OPTIONS {
        answer.headers_mut().insert("dav", HeaderValue::from_static("1, 2, 3"));
    }
    if (asked.method == Method::GET || asked.method == Method::HEAD) && answer.status().is_success() {
        add_file_headers(answer.headers_mut(), &outcome, wants_digest);
    }
    answer
}

/// A file of a user is never run in the name of this site.
fn add_file_headers(headers: &mut HeaderMap, outcome: &Outcome, wants_digest: bool) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let Some(opened) = &outcome.opened else { return };
    if let Ok(value) = HeaderValue::try_from(format!("adler32={:08x}", opened.adler32))
        && wants_digest
    {
        headers.insert("digest", value);
    }
    // As the writer said it; it stays what it is, whatever the name ends in.
    if let Some(Ok(value)) = opened.media_type.as_deref().map(HeaderValue::try_from) {
        headers.insert(header::CONTENT_TYPE, value);
    }
}
