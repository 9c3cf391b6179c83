//! One issuer: its discovery document, its keys, and what it says about tokens.

use super::claims::Claims;
use super::settings::{IamSettings, is_here, is_near, safe_address};
use crate::bounded_answer::{self, NoAnswer};
use crate::{AuthError, Principal, Token};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use url::Url;

/// How long the issuer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Keys are fetched anew when they are so old ...
const KEYS_REFRESH: Duration = Duration::from_hours(6);
/// ... and believed for so long where the issuer does not answer (both: guidance of WLCG).
const KEYS_EXPIRE: Duration = Duration::from_hours(48);
/// A key that is not known makes us look again, at most so often ...
const KEYS_PAUSE: Duration = Duration::from_mins(1);
/// ... and so often where the answer was of no use. An issuer that did not answer at all is left alone for as long.
const FAILURE_PAUSE: Duration = Duration::from_secs(10);
/// What clocks may differ by, in seconds.
const LEEWAY_SECONDS: u64 = 60;

/// `OpenID` Connect Discovery 1.0 section 3; RFC 8414.
#[derive(Clone, Debug, Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
    introspection_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
}

/// RFC 7517 section 5. Keys that we cannot read are for others.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// What is known of an issuer, and since when.
#[derive(Clone, Default)]
struct Known {
    discovery: Option<(Instant, Arc<Discovery>)>,
    keys: Option<(Instant, Arc<[Jwk]>)>,
    /// When it did not answer, unless it has answered since.
    down: Option<Instant>,
    /// When its keys were asked for last, and what came of it.
    asked: Option<(Instant, Result<(), AuthError>)>,
}

impl Known {
    fn key(&self, wanted: &Header, most_age: Duration) -> Option<Jwk> {
        let (since, keys) = self.keys.as_ref()?;
        if since.elapsed() >= most_age {
            return None;
        }
        let mut fitting = keys.iter().filter(|key| fits(key, wanted.alg));
        match &wanted.kid {
            Some(_) => fitting.find(|key| key.common.key_id == wanted.kid).cloned(),
            None => fitting.next().filter(|_| fitting.next().is_none()).cloned(),
        }
    }
}

/// Whether signatures of the algorithm are made with keys of this kind.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_of_its_kind = matches!(
        (&key.algorithm, algorithm),
        (AlgorithmParameters::RSA(_), Algorithm::RS256)
            | (AlgorithmParameters::EllipticCurve(_), Algorithm::ES256)
    );
    is_of_its_kind && key.common.public_key_use != Some(PublicKeyUse::Encryption)
}

pub(crate) struct Issuer {
    pub(crate) settings: IamSettings,
    http: reqwest::Client,
    /// Whether it runs on this machine.
    is_near: bool,
    known: Mutex<Known>,
    /// Held by who asks for keys: others wait for the same answer.
    asking: tokio::sync::Mutex<()>,
}

impl Issuer {
    pub(crate) fn new(settings: IamSettings) -> Result<Self, AuthError> {
        let builder = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        let is_near = Url::parse(&settings.issuer).is_ok_and(|url| is_here(&url));
        let builder = if is_near { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|_| AuthError::IssuerDown { issuer: settings.issuer.clone() })?;
        Ok(Self { settings, http, is_near, known: Mutex::default(), asking: tokio::sync::Mutex::default() })
    }

    /// Whose a JWT of this issuer is.
    pub(crate) async fn principal_of_jwt(&self, token: &Token) -> Result<Principal, AuthError> {
        let mut claims = self.verify(token).await?;
        if !claims.say_rights() && self.settings.client.is_some() {
            claims = match self.introspect(token).await? {
                Some(more) if more.active => self.add(claims, more, "introspection")?,
                // Taken back.
                Some(_) => return Err(AuthError::UnknownToken),
                None => claims,
            };
        }
        if !claims.say_rights() {
            claims = match self.userinfo(token).await {
                Ok(more) => self.add(claims, more, "userinfo")?,
                // Not every issuer takes a token for a service at its own endpoint; then no group is known.
                Err(AuthError::UnknownToken) => claims,
                Err(error) => return Err(error),
            };
        }
        claims.principal(&self.settings)
    }

    /// Whose a token is that says nothing by itself; nothing where the issuer does not know it or is not to be asked.
    pub(crate) async fn principal_of_opaque(&self, token: &Token) -> Result<Option<Principal>, AuthError> {
        if self.settings.client.is_none() {
            return Ok(None);
        }
        let Some(mut claims) = self.introspect(token).await?.filter(|claims| claims.active) else {
            return Ok(None);
        };
        claims.check_audience(&self.settings)?;
        if !claims.say_rights() {
            let more = self.userinfo(token).await?;
            claims = self.add(claims, more, "userinfo")?;
        }
        claims.principal(&self.settings).map(Some)
    }

    /// `OpenID` Connect Core 1.0 section 5.3.2: an answer about somebody else is none.
    fn add(&self, claims: Claims, more: Claims, asked: &'static str) -> Result<Claims, AuthError> {
        if more.sub.is_some() && more.sub != claims.sub {
            return Err(self.nonsense(asked, 200));
        }
        Ok(claims.with(more))
    }

    /// Signature, issuer, audience and times (RFC 7519 section 7.2, RFC 9068 section 4).
    async fn verify(&self, token: &Token) -> Result<Claims, AuthError> {
        let refused =
            |error: jsonwebtoken::errors::Error| AuthError::TokenRefused { reason: error.to_string() };
        let header = jsonwebtoken::decode_header(token.reveal()).map_err(refused)?;
        // `none` is no algorithm here, and a public key never becomes the secret of an HMAC.
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            let reason = format!("it is signed by {:?}, and only RS256 and ES256 are believed", header.alg);
            return Err(AuthError::TokenRefused { reason });
        }
        let key = self.key(&header).await?;
        let key = DecodingKey::from_jwk(&key).map_err(refused)?;
        let mut rules = Validation::new(header.alg);
        rules.leeway = LEEWAY_SECONDS;
        rules.validate_nbf = true;
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        rules.set_issuer(&[&self.settings.issuer]);
        // One rule for these and for introspected tokens.
        rules.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token.reveal(), &key, &rules).map_err(refused)?.claims;
        claims.check_audience(&self.settings)?;
        Ok(claims)
    }

    /// The key of a token; the only one where the token names none.
    async fn key(&self, wanted: &Header) -> Result<Jwk, AuthError> {
        if let Some(key) = self.known().key(wanted, KEYS_REFRESH) {
            return Ok(key);
        }
        let _asking = self.asking.lock().await;
        let known = self.known().clone();
        if let Some(key) = known.key(wanted, KEYS_REFRESH) {
            return Ok(key);
        }
        // Tokens of others do not make us ask without end, whether the issuer answers or not.
        let asked = match known.asked {
            Some((at, Ok(()))) if at.elapsed() < KEYS_PAUSE => Ok(()),
            Some((at, Err(error))) if at.elapsed() < FAILURE_PAUSE => Err(error),
            _ => self.fetch_keys().await,
        };
        match (self.known().key(wanted, KEYS_EXPIRE), asked) {
            (Some(key), _) => Ok(key),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => {
                Err(AuthError::TokenRefused { reason: "its issuer has no such key".to_owned() })
            }
        }
    }

    /// Whether it answers now, with at least one key that can be used.
    pub(crate) async fn has_keys(&self) -> Result<(), AuthError> {
        self.fetch_keys().await?;
        let has_any = self.known().keys.as_ref().is_some_and(|(_, keys)| {
            [Algorithm::RS256, Algorithm::ES256].iter().any(|of| keys.iter().any(|key| fits(key, *of)))
        });
        if has_any { Ok(()) } else { Err(self.nonsense("its keys", 200)) }
    }

    async fn fetch_keys(&self) -> Result<(), AuthError> {
        let fetch = async {
            let discovery = self.discovery().await?;
            let keys = self.http.get(self.safe(&discovery.jwks_uri)?);
            let KeySet { keys } = self.read(keys, "its keys").await?;
            Ok(keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect::<Arc<[Jwk]>>())
        };
        let fetched = fetch.await;
        let mut known = self.known();
        let now = Instant::now();
        known.asked = Some((now, fetched.as_ref().map(drop).map_err(AuthError::clone)));
        known.keys = Some((now, fetched?));
        Ok(())
    }

    async fn discovery(&self) -> Result<Arc<Discovery>, AuthError> {
        if let Some((since, discovery)) = &self.known().discovery
            && since.elapsed() < KEYS_REFRESH
        {
            return Ok(Arc::clone(discovery));
        }
        let issuer = self.settings.issuer.trim_end_matches('/');
        let address = format!("{issuer}/.well-known/openid-configuration");
        let discovery: Discovery = self.read(self.http.get(address), "discovery").await?;
        // A document of another issuer would bring its keys along (RFC 8414 section 3.3).
        if discovery.issuer != self.settings.issuer {
            return Err(self.nonsense("discovery", 200));
        }
        let discovery = Arc::new(discovery);
        self.known().discovery = Some((Instant::now(), Arc::clone(&discovery)));
        Ok(discovery)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// RFC 7662; nothing where the issuer has nothing to say about such tokens (400: of JWTs some have not).
    async fn introspect(&self, token: &Token) -> Result<Option<Claims>, AuthError> {
        let endpoint = self.discovery().await?.introspection_endpoint.clone();
        let (Some(endpoint), Some(client)) = (endpoint, &self.settings.client) else { return Ok(None) };
        let request = self
            .http
            .post(self.safe(&endpoint)?)
            .basic_auth(&client.id, Some(client.secret.reveal()))
            .form(&[("token", token.reveal()), ("token_type_hint", "access_token")]);
        match self.read(request, "introspection").await {
            Err(AuthError::IssuerAnswer { status: 400, .. }) => Ok(None),
            claims => claims.map(Some),
        }
    }

    async fn userinfo(&self, token: &Token) -> Result<Claims, AuthError> {
        let endpoint = self.discovery().await?.userinfo_endpoint.clone();
        let Some(endpoint) = endpoint else { return Ok(Claims::default()) };
        self.read(self.http.get(self.safe(&endpoint)?).bearer_auth(token.reveal()), "userinfo").await
    }

    /// Secrets go nowhere without TLS, but for an issuer on this machine; and an issuer elsewhere does not send us to the
    /// services of this machine.
    fn safe(&self, address: &str) -> Result<Url, AuthError> {
        let is_remote = |url: &Url| url.scheme() == "https" && !is_near(url);
        let url = safe_address(address).filter(|url| self.is_near || is_remote(url));
        url.ok_or_else(|| self.nonsense("discovery", 200))
    }

    /// Sends a request and reads the answer; not while the issuer is left alone, for each caller would wait for it.
    async fn read<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        asked: &'static str,
    ) -> Result<T, AuthError> {
        if self.known().down.is_some_and(|since| since.elapsed() < FAILURE_PAUSE) {
            return Err(AuthError::IssuerDown { issuer: self.settings.issuer.clone() });
        }
        // In a box: the futures of all callers hold this one.
        let answer = Box::pin(self.answer(request, asked)).await;
        let is_down = matches!(answer, Err(AuthError::IssuerDown { .. }));
        self.known().down = is_down.then(Instant::now);
        answer
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        asked: &'static str,
    ) -> Result<T, AuthError> {
        let down = || AuthError::IssuerDown { issuer: self.settings.issuer.clone() };
        let answer = request.send().await.map_err(|_| down())?;
        let status = answer.status();
        // Of userinfo: the token does not hold. Of introspection: we are not known, which is not the caller's fault.
        if asked == "userinfo" && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(AuthError::UnknownToken);
        }
        // What stands before an issuer that is down says so.
        if status.is_server_error() {
            return Err(AuthError::IssuerDown { issuer: self.settings.issuer.clone() });
        }
        if status != StatusCode::OK {
            return Err(self.nonsense(asked, status.as_u16()));
        }
        bounded_answer::read(answer, MAX_ANSWER_BYTES).await.map_err(|error| match error {
            NoAnswer::Broken => down(),
            NoAnswer::Nonsense => self.nonsense(asked, status.as_u16()),
        })
    }

    fn nonsense(&self, asked: &'static str, status: u16) -> AuthError {
        AuthError::IssuerAnswer { issuer: self.settings.issuer.clone(), asked, status }
    }
}
