//! The pages over a real store, with as much of the service around them as they need: sessions, bytes of files, uploads.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, head},
};
use bytes::Bytes;
use hub_api::{FilePath, PrincipalSource, WorkspaceName};
use hub_pages::Visitor;
use mlaas4hep_hub::pages::{PagesState, Session, assets_router, router};
use tower::ServiceExt;
use workspaces::{Actor, Preconditions, Settings, WorkspaceError, Workspaces, WriteOptions};

pub(super) const XSRF: &str = "the-token-of-the-session";

pub(super) struct Rig {
    pub(super) store: Workspaces,
    router: Router,
    _folder: tempfile::TempDir,
}

pub(super) fn actor(name: &str) -> Actor {
    let groups: &[&str] = match name {
        "alice" => &["higgs", "higgs/admins"],
        "bob" => &["higgs"],
        "rita" => &["higgs", "higgs/readers"],
        _ => &[],
    };
    Actor {
        name: name.to_owned(),
        source: PrincipalSource::Dev,
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        is_admin: name == "alice",
        role_ceiling: None,
    }
}

fn session(name: &str) -> Session {
    let visitor = Visitor { name: name.to_owned(), is_admin: name == "alice" };
    Session { actor: actor(name), visitor, xsrf: XSRF.into(), public_url: "http://hub.example/".into() }
}

/// Who asks stands in a header, so that one rig serves all.
async fn let_in(mut request: Request, next: Next) -> Response {
    let who = request.headers().get("x-who").and_then(|who| who.to_str().ok()).unwrap_or("alice").to_owned();
    if who != "nobody" {
        request.extensions_mut().insert(session(&who));
    }
    next.run(request).await
}

fn answer(error: WorkspaceError) -> Response {
    let error = error.to_api_error();
    (StatusCode::from_u16(error.status).unwrap(), axum::Json(error)).into_response()
}

#[derive(serde::Deserialize)]
struct Version {
    version: Option<u64>,
}

async fn bytes_of(
    State(store): State<Workspaces>,
    Path((workspace, path)): Path<(String, String)>,
    Query(Version { version }): Query<Version>,
) -> Response {
    let (workspace, path) = (WorkspaceName::new(&workspace).unwrap(), FilePath::new(&path).unwrap());
    match store.read(&actor("alice"), &workspace, &path, version).await {
        Err(error) => answer(error),
        Ok(file) => {
            let size = file.size_bytes();
            let headers = [(header::CONTENT_LENGTH, size.to_string()), (header::CONTENT_DISPOSITION, "attachment".into())];
            (headers, Body::from_stream(file.stream(0..size))).into_response()
        }
    }
}

fn metadata(headers: &HeaderMap, wanted: &str) -> Option<String> {
    use base64::Engine;
    let text = headers.get("upload-metadata")?.to_str().ok()?;
    let (_, coded) = text.split(',').filter_map(|pair| pair.split_once(' ')).find(|(key, _)| *key == wanted)?;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(coded).ok()?).ok()
}

async fn begin_upload(State(store): State<Workspaces>, headers: HeaderMap) -> Response {
    assert_eq!(headers["x-mlaas4hep-xsrf"], XSRF);
    let workspace = WorkspaceName::new(&metadata(&headers, "workspace").unwrap()).unwrap();
    let path = FilePath::new(&metadata(&headers, "path").unwrap()).unwrap();
    let size: u64 = headers["upload-length"].to_str().unwrap().parse().unwrap();
    let if_none_match_any = metadata(&headers, "ifnonematch").is_some();
    let options = WriteOptions {
        size_bytes: Some(size),
        preconditions: Preconditions { if_none_match_any, ..Preconditions::default() },
        ..WriteOptions::default()
    };
    let made = store.create_upload(&actor("alice"), &workspace, &path, options).await;
    let status = match made {
        Err(error) => return answer(error),
        Ok(status) => status,
    };
    if size == 0 {
        store.finish_upload(&actor("alice"), &status.id, None).await.unwrap();
    }
    (StatusCode::CREATED, [(header::LOCATION, format!("/uploads/{}", status.id))]).into_response()
}

async fn upload_stands(State(store): State<Workspaces>, Path(id): Path<String>) -> Response {
    match store.upload_status(&actor("alice"), &id).await {
        Err(error) => answer(error),
        Ok(status) => [("upload-offset", status.offset.to_string())].into_response(),
    }
}

async fn append(State(store): State<Workspaces>, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let offset = headers["upload-offset"].to_str().unwrap().parse().unwrap();
    match store.append_upload(&actor("alice"), &id, offset, body.into_data_stream()).await {
        Err(error) => answer(error),
        Ok(status) => {
            if Some(status.offset) == status.size_bytes
                && let Err(error) = store.finish_upload(&actor("alice"), &id, None).await
            {
                return answer(error);
            }
            (StatusCode::NO_CONTENT, [("upload-offset", status.offset.to_string())]).into_response()
        }
    }
}

async fn give_up(State(store): State<Workspaces>, Path(id): Path<String>) -> Response {
    match store.abort_upload(&actor("alice"), &id).await {
        Err(error) => answer(error),
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
    }
}

impl Rig {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { folder: folder.path().join("store"), ..Settings::default() }.check().unwrap();
        let store = Workspaces::open(&settings).await.unwrap();
        let around = Router::new()
            .route("/files/{workspace}/{*path}", get(bytes_of))
            .route("/uploads", axum::routing::post(begin_upload))
            .route("/uploads/{id}", head(upload_stands).patch(append).delete(give_up))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(store.clone());
        let pages = router(PagesState::new(store.clone(), "/"), "").layer(from_fn(let_in));
        Self { store, router: pages.merge(assets_router("")).merge(around), _folder: folder }
    }

    /// Serves it until the runtime ends.
    pub(super) async fn serve(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    pub(super) async fn put(&self, path: &str, bytes: &[u8]) {
        let (higgs, path) = (WorkspaceName::new("higgs").unwrap(), FilePath::new(path).unwrap());
        let options = WriteOptions::default();
        let mut upload = self.store.begin_write(&actor("bob"), &higgs, &path, options).await.unwrap();
        upload.append(Bytes::copy_from_slice(bytes)).await.unwrap();
        upload.finish(None).await.unwrap();
    }

    pub(super) async fn send(&self, request: Request) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8_lossy(&bytes).into() }
    }

    pub(super) async fn get(&self, who: &str, address: &str) -> Answer {
        self.send(Request::get(address).header("x-who", who).body(Body::empty()).unwrap()).await
    }

    /// Sends a form with the token of the session.
    pub(super) async fn post(&self, who: &str, address: &str, form: &str) -> Answer {
        self.post_as_is(who, address, &format!("xsrf={XSRF}&{form}")).await
    }

    pub(super) async fn post_as_is(&self, who: &str, address: &str, form: &str) -> Answer {
        let request = Request::post(address)
            .header("x-who", who)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        self.send(request.unwrap()).await
    }
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(super) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub(super) fn shows(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.text.contains(word), "no {word:?} in {}", self.text);
        }
        self
    }
}
