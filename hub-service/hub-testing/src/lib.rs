//! A `JupyterHub` of a few lines, for quick tests. It answers as versions 5.5 and 6.1 were seen to answer, and fails when it
//! is told to. Tests of the contract itself run against the real one. The same for an IAM
//! ([`MockIssuer`]); and our own service, for those who use it ([`DevService`], [`HubService`]).

mod dev_service;
mod hub_service;
mod issuer;

pub use dev_service::DevService;
pub use hub_service::HubService;
pub use issuer::MockIssuer;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// What opens a service named `mlaas4hep`.
pub const ACCESS: &str = "access:services!service=mlaas4hep";
/// The token of that service.
pub const SERVICE_TOKEN: &str = "token-of-the-service";

/// Whose a token is.
#[derive(Clone, Debug)]
pub struct Person {
    /// Name at the hub.
    pub name: String,
    /// `user` or `service`.
    pub kind: &'static str,
    /// Whether an administrator of the hub.
    pub is_admin: bool,
    /// Groups.
    pub groups: Vec<String>,
    /// Scopes of the token, expanded.
    pub scopes: Vec<String>,
}

impl Person {
    /// A user whose token opens the service.
    #[must_use]
    pub fn user(name: &str, groups: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            kind: "user",
            is_admin: false,
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            scopes: vec![ACCESS.to_owned()],
        }
    }
}

/// How the hub or the issuer fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// It answers.
    #[default]
    Fine,
    /// It answers after a while.
    Slow(Duration),
    /// It answers everything with this status.
    Failing(u16),
    /// It answers with something that is no JSON.
    Babbling,
}

/// A token that was given out.
struct Held {
    person: Person,
    /// When it ends by itself; `None`: it does not.
    until: Option<Instant>,
    is_revoked: bool,
}

impl Held {
    fn is_good(&self) -> bool {
        !self.is_revoked && self.until.is_none_or(|until| Instant::now() < until)
    }
}

#[derive(Default)]
struct Tables {
    /// By token.
    people: HashMap<String, Held>,
    /// Of groups.
    properties: HashMap<String, Value>,
    weather: Weather,
    n_asked: usize,
    /// Who is logged in at the hub in the browser of the test: that one's token.
    browser: Option<String>,
    /// Codes under way: the challenge, and the token that they give.
    codes: HashMap<String, (String, String)>,
}

type Shared = Arc<Mutex<Tables>>;

/// A hub that listens on a free port, until it is dropped.
pub struct MockHub {
    address: SocketAddr,
    tables: Shared,
    server: JoinHandle<()>,
}

impl MockHub {
    /// Starts one that knows nobody.
    ///
    /// # Panics
    /// Where no port can be had.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let tables = Shared::default();
        let router = Router::new()
            .route("/hub/api/user", get(user))
            .route("/hub/api/users/{name}", get(named))
            .route("/hub/api/groups", get(groups))
            .route("/hub/api/oauth2/authorize", get(authorize))
            .route("/hub/api/oauth2/token", post(token))
            .with_state(tables.clone());
        let server = tokio::spawn(async move {
            // The test ends it.
            let _ = axum::serve(listener, router).await;
        });
        Self { address, tables, server }
    }

    /// `http://127.0.0.1:PORT/hub/api`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}/hub/api", self.address)
    }

    /// `http://127.0.0.1:PORT`, where browsers come.
    #[must_use]
    pub fn host(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives out a token.
    pub fn add(&self, token: &str, person: Person) {
        let held = Held { person, until: None, is_revoked: false };
        lock(&self.tables).people.insert(token.to_owned(), held);
    }

    /// Sets the properties of a group.
    pub fn set_properties(&self, group: &str, properties: Value) {
        lock(&self.tables).properties.insert(group.to_owned(), properties);
    }

    /// Takes a token back. Whose it is stays a user, in the same groups.
    pub fn revoke(&self, token: &str) {
        if let Some(held) = lock(&self.tables).people.get_mut(token) {
            held.is_revoked = true;
        }
    }

    /// Lets a token end by itself after a while. Whose it is stays a user, in the same groups.
    pub fn expire_after(&self, token: &str, lifetime: Duration) {
        if let Some(held) = lock(&self.tables).people.get_mut(token) {
            held.until = Some(Instant::now() + lifetime);
        }
    }

    /// Removes a user, with all tokens of that one.
    pub fn remove(&self, name: &str) {
        lock(&self.tables).people.retain(|_, held| held.person.name != name);
    }

    /// Sets how it fares from now on.
    pub fn set_weather(&self, weather: Weather) {
        lock(&self.tables).weather = weather;
    }

    /// Logs somebody in at the hub, in the browser of the test.
    pub fn log_in(&self, token: &str) {
        lock(&self.tables).browser = Some(token.to_owned());
    }

    /// How often it was asked whose a token is.
    #[must_use]
    pub fn n_asked(&self) -> usize {
        lock(&self.tables).n_asked
    }
}

impl Drop for MockHub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(tables: &Shared) -> MutexGuard<'_, Tables> {
    tables.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn weather(tables: &Shared) -> Option<Response> {
    let weather = lock(tables).weather;
    in_weather(weather).await
}

/// Waits or fails as the weather is.
async fn in_weather(weather: Weather) -> Option<Response> {
    match weather {
        Weather::Fine => None,
        Weather::Slow(time) => {
            tokio::time::sleep(time).await;
            None
        }
        Weather::Failing(status) => {
            Some(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response())
        }
        Weather::Babbling => Some("<html>".into_response()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    text.split_once(' ').map(|(_, token)| token)
}

/// The hub says 403 of tokens that it does not know, never 401; one that ended or was taken back it knows no more.
fn forbidden() -> Response {
    (StatusCode::FORBIDDEN, Json(json!({ "status": 403, "message": null }))).into_response()
}

async fn user(State(tables): State<Shared>, headers: HeaderMap) -> Response {
    lock(&tables).n_asked += 1;
    if let Some(answer) = weather(&tables).await {
        return answer;
    }
    let of =
        |token| lock(&tables).people.get(token).filter(|held| held.is_good()).map(|held| held.person.clone());
    let Some(person) = bearer(&headers).and_then(of) else { return forbidden() };
    let mut model = json!({
        "name": person.name, "kind": person.kind, "admin": person.is_admin, "scopes": person.scopes,
        "token_id": "a1", "session_id": null,
    });
    if person.kind == "user" {
        model["groups"] = Value::from(person.groups);
    }
    Json(model).into_response()
}

async fn named(State(tables): State<Shared>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    if let Some(answer) = weather(&tables).await {
        return answer;
    }
    if bearer(&headers) != Some(SERVICE_TOKEN) {
        return forbidden();
    }
    let is_named = |held: &Held| held.person.name == name && held.person.kind == "user";
    if lock(&tables).people.values().any(is_named) {
        return Json(json!({ "name": name, "kind": "user" })).into_response();
    }
    (StatusCode::NOT_FOUND, Json(json!({ "status": 404, "message": null }))).into_response()
}

#[derive(Deserialize)]
struct PageQuery {
    offset: Option<usize>,
    limit: Option<usize>,
}

async fn groups(
    State(tables): State<Shared>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Response {
    if let Some(answer) = weather(&tables).await {
        return answer;
    }
    if bearer(&headers) != Some(SERVICE_TOKEN) {
        return forbidden();
    }
    let mut members: HashMap<String, BTreeSet<String>> = HashMap::new();
    let tables = lock(&tables);
    for Held { person, .. } in tables.people.values() {
        for group in &person.groups {
            members.entry(group.clone()).or_default().insert(person.name.clone());
        }
    }
    let groups: Vec<Value> = members
        .into_iter()
        .map(|(name, users)| {
            let properties = tables.properties.get(&name).cloned().unwrap_or_else(|| json!({}));
            json!({ "name": name, "users": users, "properties": properties, "kind": "group" })
        })
        .collect();
    in_pages(groups, &query, &headers)
}

/// The hub gives at most 200 of a list, and says so only to who asks for pages.
fn in_pages(mut items: Vec<Value>, query: &PageQuery, headers: &HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT);
    let has_pages = accept.is_some_and(|accept| accept == "application/jupyterhub-pagination+json");
    let (offset, total) = (query.offset.unwrap_or(0), items.len());
    let limit = query.limit.unwrap_or(if has_pages { 50 } else { 200 }).clamp(1, 200);
    items.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str()));
    let items: Vec<Value> = items.into_iter().skip(offset).take(limit).collect();
    if !has_pages {
        return Json(items).into_response();
    }
    let next = (offset + limit < total).then(|| json!({ "offset": offset + limit, "limit": limit }));
    let pagination = json!({ "offset": offset, "limit": limit, "total": total, "next": next });
    Json(json!({ "items": items, "_pagination": pagination })).into_response()
}

#[derive(Deserialize)]
struct Authorize {
    redirect_uri: String,
    state: String,
    code_challenge: String,
    code_challenge_method: String,
}

async fn authorize(State(tables): State<Shared>, Query(query): Query<Authorize>) -> Response {
    let mut tables = lock(&tables);
    let Some(token) = tables.browser.clone().filter(|_| query.code_challenge_method == "S256") else {
        return forbidden();
    };
    let code = format!("code-{}", tables.codes.len());
    tables.codes.insert(code.clone(), (query.code_challenge, token));
    let location = format!("{}?code={code}&state={}", query.redirect_uri, query.state);
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

#[derive(Deserialize)]
struct Exchange {
    client_id: String,
    client_secret: String,
    grant_type: String,
    code: String,
    code_verifier: String,
}

async fn token(State(tables): State<Shared>, Form(form): Form<Exchange>) -> Response {
    if let Some(answer) = weather(&tables).await {
        return answer;
    }
    let error = |status: StatusCode, error: &str| (status, Json(json!({ "error": error }))).into_response();
    if form.client_id != "service-mlaas4hep" || form.client_secret != SERVICE_TOKEN {
        return error(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    if form.grant_type != "authorization_code" {
        return error(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form.code_verifier.as_bytes()));
    let mut tables = lock(&tables);
    match tables.codes.get(&form.code).cloned() {
        Some((expected, token)) if expected == challenge => {
            tables.codes.remove(&form.code);
            let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 1_209_600, "scope": ACCESS });
            Json(answer).into_response()
        }
        _ => error(StatusCode::BAD_REQUEST, "invalid_grant"),
    }
}
