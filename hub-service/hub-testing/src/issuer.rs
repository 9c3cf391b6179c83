//! An IAM of a few lines, for quick tests: discovery, keys, introspection, userinfo. It signs what it is told to.

use crate::Weather;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinHandle;

/// `client_id` and `client_secret` of the service at the issuer, as HTTP Basic has them.
const BASIC: &str = "Basic c2VydmljZTpodXNo";

/// What the issuer says about opaque tokens and to their owners.
#[derive(Default)]
struct Tables {
    weather: Weather,
    key: Option<(String, EncodingKey)>,
    n_keys: usize,
    /// Instead of its own address in the discovery document.
    other_name: Option<String>,
    introspected: HashMap<String, Value>,
    userinfo: HashMap<String, Value>,
    n_asked: HashMap<&'static str, usize>,
}

type Shared = Arc<Mutex<Tables>>;

/// An issuer that listens on a free port, until it is dropped. The service is its client `service`, with the secret `hush`.
pub struct MockIssuer {
    address: SocketAddr,
    tables: Shared,
    server: JoinHandle<()>,
}

impl MockIssuer {
    /// Starts one with a key of its own.
    ///
    /// # Panics
    /// Where no port or key can be had.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let tables = Shared::default();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/introspect", post(introspect))
            .route("/userinfo", get(userinfo))
            .with_state((tables.clone(), address));
        let server = tokio::spawn(async move {
            // The test ends it.
            let _ = axum::serve(listener, router).await;
        });
        let issuer = Self { address, tables, server };
        issuer.rotate();
        issuer
    }

    /// Its address, as its tokens carry it.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Signs with a new key from now on, and knows the old one no more.
    ///
    /// # Panics
    /// Where no key can be made.
    pub fn rotate(&self) {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let mut tables = lock(&self.tables);
        tables.n_keys += 1;
        let id = format!("key-{}", tables.n_keys);
        tables.key = Some((id, EncodingKey::from_ec_der(pair.expect("a key").as_ref())));
    }

    /// Signs claims; `iss` is its own where they have none.
    ///
    /// # Panics
    /// Where the key cannot sign.
    #[must_use]
    pub fn sign(&self, claims: Value) -> String {
        let id = lock(&self.tables).key.as_ref().map(|(id, _)| id.clone());
        self.sign_as(claims, id.as_deref())
    }

    /// The same with another name of the key, or none.
    ///
    /// # Panics
    /// Where the key cannot sign.
    #[must_use]
    pub fn sign_as(&self, mut claims: Value, key_id: Option<&str>) -> String {
        if claims.get("iss").is_none() {
            claims["iss"] = self.issuer().into();
        }
        let header = Header { kid: key_id.map(str::to_owned), ..Header::new(Algorithm::ES256) };
        let tables = lock(&self.tables);
        let (_, key) = tables.key.as_ref().expect("a key");
        jsonwebtoken::encode(&header, &claims, key).expect("a token")
    }

    /// What introspection says about a token; `active` is added.
    pub fn introspect_as(&self, token: &str, claims: Value) {
        lock(&self.tables).introspected.insert(token.to_owned(), claims);
    }

    /// What the owner of a token is told about itself.
    pub fn inform(&self, token: &str, claims: Value) {
        lock(&self.tables).userinfo.insert(token.to_owned(), claims);
    }

    /// Takes back what it said about a token.
    pub fn revoke(&self, token: &str) {
        let mut tables = lock(&self.tables);
        tables.introspected.remove(token);
        tables.userinfo.remove(token);
    }

    /// Sets how it fares from now on.
    pub fn set_weather(&self, weather: Weather) {
        lock(&self.tables).weather = weather;
    }

    /// Calls itself something else in its discovery document.
    pub fn rename(&self, name: &str) {
        lock(&self.tables).other_name = Some(name.to_owned());
    }

    /// How often `discovery`, `keys`, `introspect` or `userinfo` was asked.
    #[must_use]
    pub fn n_asked(&self, what: &str) -> usize {
        lock(&self.tables).n_asked.get(what).copied().unwrap_or_default()
    }
}

impl Drop for MockIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(tables: &Shared) -> MutexGuard<'_, Tables> {
    tables.lock().unwrap_or_else(PoisonError::into_inner)
}

type Asked = State<(Shared, SocketAddr)>;

/// Counts, and fails as the weather is.
async fn asked(tables: &Shared, what: &'static str) -> Option<Response> {
    *lock(tables).n_asked.entry(what).or_default() += 1;
    let weather = lock(tables).weather;
    crate::in_weather(weather).await
}

async fn discovery(State((tables, address)): Asked) -> Response {
    if let Some(answer) = asked(&tables, "discovery").await {
        return answer;
    }
    let here = format!("http://{address}");
    let issuer = lock(&tables).other_name.clone().unwrap_or_else(|| here.clone());
    let document = json!({
        "issuer": issuer,
        "jwks_uri": format!("{here}/keys"),
        "introspection_endpoint": format!("{here}/introspect"),
        "userinfo_endpoint": format!("{here}/userinfo"),
    });
    Json(document).into_response()
}

async fn keys(State((tables, _)): Asked) -> Response {
    if let Some(answer) = asked(&tables, "keys").await {
        return answer;
    }
    let tables = lock(&tables);
    let keys = tables.key.iter().map(|(id, key)| {
        let mut key = Jwk::from_encoding_key(key, Algorithm::ES256).expect("a public key");
        key.common.key_id = Some(id.clone());
        serde_json::to_value(key).expect("JSON")
    });
    // A key of a kind that nobody knows, and one that is not for signatures.
    let others = [json!({ "kty": "QUANTUM", "kid": "q" }), json!({ "kty": "EC", "use": "enc", "kid": "e" })];
    Json(json!({ "keys": keys.chain(others).collect::<Vec<_>>() })).into_response()
}

#[derive(Deserialize)]
struct Introspect {
    token: String,
}

async fn introspect(State((tables, _)): Asked, headers: HeaderMap, Form(form): Form<Introspect>) -> Response {
    if let Some(answer) = asked(&tables, "introspect").await {
        return answer;
    }
    if headers.get(header::AUTHORIZATION).is_none_or(|value| value != BASIC) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut claims = lock(&tables).introspected.get(&form.token).cloned().unwrap_or_else(|| json!({}));
    let is_known = claims.as_object().is_some_and(|claims| !claims.is_empty());
    claims["active"] = is_known.into();
    Json(claims).into_response()
}

async fn userinfo(State((tables, _)): Asked, headers: HeaderMap) -> Response {
    if let Some(answer) = asked(&tables, "userinfo").await {
        return answer;
    }
    let claims = crate::bearer(&headers).and_then(|token| lock(&tables).userinfo.get(token).cloned());
    claims.map_or_else(|| StatusCode::UNAUTHORIZED.into_response(), |claims| Json(claims).into_response())
}
