//! One request: made plain before the protocol library sees it, and its answer made exact afterwards.

use std::{
    error::Error,
    sync::{Arc, Mutex},
};

use bytes::Buf;
use dav_server::{DavHandler, DavMethod, DavMethodSet, body::Body, davpath::DavPath};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header, request};
use http_body::Body as HttpBody;
use percent_encoding::percent_decode_str;
use workspaces::{Actor, Workspaces};

use crate::{
    asked::{Asked, Outcome},
    error,
    file::BLOCK_BYTES,
    file_system::Tree,
    locks::Locks,
    place::{self, Found},
};

/// `WebDAV` over a storage; cheap to clone.
#[derive(Clone)]
pub struct WebDav {
    workspaces: Workspaces,
}

impl WebDav {
    /// Over a storage.
    #[must_use]
    pub fn new(workspaces: Workspaces) -> Self {
        Self { workspaces }
    }

    /// Answers a request of an actor. `mount` is the path of the tree as addresses have it, `/services/NAME/dav/`; below it
    /// comes the folder of a workspace ([`hub_api::WorkspaceName::folder_name`]), or nothing for the list of them. Bodies go
    /// through in blocks both ways. Who asks, and whether a token is narrowed to some paths, was looked at before.
    pub async fn handle<B>(&self, actor: &Actor, mount: &str, request: Request<B>) -> Response<Body>
    where
        B: HttpBody,
        B::Data: Buf + Send + 'static,
        B::Error: Error + Send + Sync + 'static,
    {
        let mount = mount.trim_end_matches('/');
        let (mut parts, body) = request.into_parts();
        let target = match prepare(&mut parts, mount) {
            Ok(target) => target,
            Err(refusal) => return *refusal,
        };
        // Who sees nothing of a workspace gets the same answer to everything in it.
        if let Found::In(place) = &target
            && let Err(error) = self.workspaces.role_of(actor, &place.workspace).await
        {
            return error::answer(&error);
        }
        let asked = Arc::new(Asked::of(&parts.method, &parts.headers));
        let wants_digest = wants_adler32(&parts.headers);
        let handler = self.handler(actor, mount, (&asked, target));
        let answer = handler.handle(Request::from_parts(parts, body)).await;
        finish(&asked, answer, wants_digest)
    }

    fn handler(&self, actor: &Actor, mount: &str, (asked, target): (&Arc<Asked>, Found)) -> DavHandler {
        let mount: Arc<str> = percent_decode_str(mount).decode_utf8_lossy().into();
        let actor = Arc::new(actor.clone());
        let tree = Tree {
            workspaces: self.workspaces.clone(),
            actor: actor.clone(),
            asked: asked.clone(),
            target,
            page: Arc::default(),
        };
        let locks = Locks {
            workspaces: self.workspaces.clone(),
            actor: actor.clone(),
            asked: asked.clone(),
            mount: mount.clone(),
            known: Arc::new(Mutex::default()),
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

type Refusal = Box<Response<Body>>;

fn refuse(status: StatusCode, condition: &str, message: &str) -> Refusal {
    Box::new(error::refusal(status, condition, message))
}

/// Brings addresses into their one spelling, refuses what we do not do, and says where the request goes.
fn prepare(parts: &mut request::Parts, mount: &str) -> Result<Found, Refusal> {
    let path = in_one_spelling(parts.uri.path(), mount)?;
    parts.uri = path.parse::<Uri>().map_err(|_| bad_address())?;
    if let Some(destination) = parts.headers.get("destination") {
        let there = path_of(destination).ok_or_else(bad_address)?;
        if below(&there, mount).is_none() {
            // RFC 4918 section 9.8.5.
            return Err(refuse(StatusCode::BAD_GATEWAY, "", "the destination is not in this tree"));
        }
        let there = in_one_spelling(&there, mount)?;
        let value = HeaderValue::try_from(there).map_err(|_| bad_address())?;
        parts.headers.insert("destination", value);
    }
    let is_read = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    let is_propfind = parts.method.as_str() == "PROPFIND";
    if is_propfind && !matches!(parts.headers.get("depth").map(HeaderValue::as_bytes), Some(b"0" | b"1")) {
        let message = "say Depth: 0 or Depth: 1; whole trees are listed by the REST interface";
        return Err(refuse(StatusCode::FORBIDDEN, "<D:propfind-finite-depth/>", message));
    }
    // Several ranges in one answer: a server may send all of the file instead (RFC 9110 section 14.2).
    if parts.headers.get(header::RANGE).is_some_and(|range| range.as_bytes().contains(&b',')) {
        parts.headers.remove(header::RANGE);
    }
    let below_mount = below(&path, mount).unwrap_or_default();
    let target = DavPath::new(&format!("/{below_mount}")).map(|path| place::find(&path));
    let target = target.map_err(|_| bad_address())?;
    if target == Found::Top && !is_read && !is_propfind {
        return Err(refuse(StatusCode::FORBIDDEN, "", "workspaces come from groups: they are not made here"));
    }
    Ok(target)
}

fn bad_address() -> Refusal {
    refuse(StatusCode::BAD_REQUEST, "", "the address is no path of a file")
}

/// What comes after the mount and its slash; `None` for other addresses.
fn below<'a>(path: &'a str, mount: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(mount)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

fn in_one_spelling(path: &str, mount: &str) -> Result<String, Refusal> {
    let not_here = || refuse(StatusCode::NOT_FOUND, "", "this address is not in the tree");
    let rest = below(path, mount).ok_or_else(not_here)?;
    let rest = place::canonical(rest).ok_or_else(bad_address)?;
    Ok(format!("{mount}/{rest}"))
}

/// The path of an address with or without scheme and host (RFC 4918 section 8.3).
fn path_of(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => text,
    };
    path.starts_with('/').then(|| path.to_owned())
}

/// `Want-Digest: adler32` (RFC 3230), which the tools of the grid send.
fn wants_adler32(headers: &HeaderMap) -> bool {
    let wanted = headers.get("want-digest").and_then(|value| value.to_str().ok());
    wanted.is_some_and(|wanted| wanted.to_ascii_lowercase().contains("adler32"))
}

/// The answer with the status of what really happened, and with the headers that files of users need.
fn finish(asked: &Asked, answer: Response<Body>, wants_digest: bool) -> Response<Body> {
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
    if let Some(adler32) = outcome.adler32.filter(|_| wants_digest)
        && let Ok(value) = HeaderValue::try_from(format!("adler32={adler32:08x}"))
    {
        headers.insert("digest", value);
    }
}
