//! The pages over a real store, for visitors of every role.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, header},
    middleware::{Next, from_fn},
    response::Response,
};
use bytes::Bytes;
use hub_api::{FilePath, PrincipalSource, WorkspaceName};
use hub_pages::Visitor;
use mlaas4hep_hub::pages::{PagesState, Session, assets_router, router};
use tower::ServiceExt;
use workspaces::{Actor, Settings, Workspaces, WriteOptions};

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
        capabilities: None,
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

impl Rig {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            Settings { folder: folder.path().join("store"), public_links: true, ..Settings::default() }
                .check()
                .unwrap();
        let store = Workspaces::open(&settings).await.unwrap();
        let pages = router(PagesState::new(store.clone(), "/"), "").layer(from_fn(let_in));
        Self { store, router: pages.merge(assets_router("")), _folder: folder }
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
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into(),
        }
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
