//! The calls to `JupyterHub`'s own interface. The contract is that of `JupyterHub` 5.2 to 6.x.

use crate::bounded_answer;
use crate::principal::tidy_groups;
use crate::{AuthError, HubSettings, Principal, TlsError, Token};
use http::HeaderValue;
use hub_api::{PrincipalKind, PrincipalSource};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Largest answer that is read, in bytes: a hub of 100,000 users lists its groups in less.
const MAX_ANSWER_BYTES: usize = 32 << 20;
/// Groups that are asked for at a time; the hub gives no more than its `api_page_max_limit`, which is 200 unless set.
const GROUPS_A_PAGE: u64 = 200;
const GET_GROUPS: &str = "GET groups";

/// The hub, asked over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HubClient {
    settings: Arc<HubSettings>,
    http: reqwest::Client,
}

/// A group as the hub lists it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct HubGroup {
    /// Its name.
    pub name: String,
    /// Names of its members.
    #[serde(default)]
    pub users: Vec<String>,
    /// What operators and authenticators put there: quotas among others.
    #[serde(default)]
    pub properties: BTreeMap<String, serde_json::Value>,
}

/// `GET user`: whom a token belongs to. Unknown fields are for others.
#[derive(Deserialize)]
struct User {
    name: String,
    kind: String,
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
}

/// `GET groups`: a part of the list.
#[derive(Deserialize)]
struct GroupPage {
    items: Vec<HubGroup>,
    #[serde(rename = "_pagination")]
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    total: u64,
    next: Option<NextPage>,
}

#[derive(Deserialize)]
struct NextPage {
    offset: u64,
}

/// The hub's own words of what is not there.
#[derive(Deserialize)]
struct Missing {
    status: u16,
}

/// `POST oauth2/token`.
#[derive(Deserialize)]
struct Issued {
    access_token: String,
}

impl HubClient {
    /// A client with the timeout of the settings.
    ///
    /// # Errors
    /// No HTTP client can be made: files for TLS with the hub are wrong.
    pub fn new(settings: HubSettings) -> Result<Self, TlsError> {
        let mut http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(tls) = &settings.tls {
            http = http.tls_backend_preconfigured(tls.client()?);
        }
        let http = http.build().map_err(|error| TlsError::Together { reason: error.to_string() })?;
        Ok(Self { settings: Arc::new(settings), http })
    }

    /// What it was made of.
    #[must_use]
    pub fn settings(&self) -> &HubSettings {
        &self.settings
    }

    /// Whose a token is, if it opens this service.
    ///
    /// # Errors
    /// The hub does not know the token; the token lacks the scope; the hub fails.
    pub async fn principal(&self, token: &Token) -> Result<Principal, AuthError> {
        let asked = "GET user";
        // What cannot stand in a header was never given out as a token.
        let Ok(header) = HeaderValue::from_str(&authorization(token)) else {
            return Err(AuthError::UnknownToken);
        };
        let answer = self.send(self.http.get(self.url("user")).header("Authorization", header)).await?;
        match answer.status() {
            StatusCode::OK => {}
            // The hub says 403 of a token that it does not know; other versions say 401 or 404.
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => {
                return Err(AuthError::UnknownToken);
            }
            status => return Err(AuthError::HubAnswer { asked, status: status.as_u16() }),
        }
        let user: User = read(answer, asked).await?;
        self.admit(user)
    }

    /// All groups, with their members and properties, page by page: without pages the hub leaves out what is beyond its longest
    /// one. The service needs the scopes `list:groups` and `read:groups`.
    ///
    /// # Errors
    /// The hub refuses or fails, or groups came or went between two pages: of a list that is not whole nothing follows.
    pub async fn groups(&self) -> Result<Vec<HubGroup>, AuthError> {
        let mut groups = BTreeMap::new();
        let (mut offset, mut n_total, mut last) = (0, None, None);
        loop {
            let GroupPage { items, pagination } = self.group_page(offset).await?;
            let is_same_total =
                n_total.replace(pagination.total).is_none_or(|total| total == pagination.total);
            // A page begins with the last group of the one before: else some of those went meanwhile, and others moved up.
            let is_seam = last.is_none() || items.first().map(|group| &group.name) == last.as_ref();
            let is_same_list = is_same_total && is_seam;
            last = items.last().map(|group| group.name.clone());
            groups.extend(items.into_iter().map(|group| (group.name.clone(), group)));
            match pagination.next {
                Some(next) if is_same_list && next.offset > offset + 1 => offset = next.offset - 1,
                None if is_same_list && groups.len() as u64 == pagination.total => break,
                _ => return Err(AuthError::HubAnswer { asked: GET_GROUPS, status: 200 }),
            }
        }
        Ok(groups.into_values().collect())
    }

    async fn group_page(&self, offset: u64) -> Result<GroupPage, AuthError> {
        let request = self
            .http
            .get(self.url("groups"))
            .query(&[("offset", offset), ("limit", GROUPS_A_PAGE)])
            .header("Accept", "application/jupyterhub-pagination+json")
            .header("Authorization", authorization(&self.settings.api_token));
        let answer = self.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(AuthError::HubAnswer { asked: GET_GROUPS, status: answer.status().as_u16() });
        }
        read(answer, GET_GROUPS).await
    }

    /// Whether there is a user of that name. The service needs the scope `read:users:name`.
    ///
    /// # Errors
    /// The hub refuses or fails.
    pub async fn has_user(&self, name: &str) -> Result<bool, AuthError> {
        let asked = "GET users/NAME";
        let url = self.url(&format!("users/{}", hub_api::routes::encode_segment(name)));
        let request = self.http.get(url).header("Authorization", authorization(&self.settings.api_token));
        let answer = self.send(request).await?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            // Of the hub itself, not of what stands before it.
            StatusCode::NOT_FOUND if read::<Missing>(answer, asked).await?.status == 404 => Ok(false),
            status => Err(AuthError::HubAnswer { asked, status: status.as_u16() }),
        }
    }

    /// Changes the code of a login for a token (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    pub(crate) async fn exchange(&self, code: &str, verifier: &str) -> Result<Token, AuthError> {
        let settings = &self.settings;
        let form = [
            ("client_id", settings.client_id.as_str()),
            ("client_secret", settings.api_token.reveal()),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &settings.callback_url),
            ("code_verifier", verifier),
        ];
        let answer = self.send(self.http.post(self.url("oauth2/token")).form(&form)).await?;
        match answer.status() {
            StatusCode::OK => Ok(Token::new(read::<Issued>(answer, "POST oauth2/token").await?.access_token)),
            status if status.is_client_error() => {
                let body = answer.json::<BTreeMap<String, serde_json::Value>>().await.unwrap_or_default();
                let words = ["error_description", "error"].iter().find_map(|key| body.get(*key)?.as_str());
                Err(AuthError::LoginRefused { reason: words.unwrap_or("no reason given").to_owned() })
            }
            status => Err(AuthError::HubAnswer { asked: "POST oauth2/token", status: status.as_u16() }),
        }
    }

    fn admit(&self, user: User) -> Result<Principal, AuthError> {
        let opens = |scope: &String| self.settings.access_scopes.contains(scope);
        if !user.scopes.iter().any(opens) {
            let needed = self.settings.access_scopes.last().cloned().unwrap_or_default();
            return Err(AuthError::ScopeMissing { name: user.name, needed });
        }
        let kind = if user.kind == "service" { PrincipalKind::Service } else { PrincipalKind::User };
        Ok(Principal {
            name: user.name,
            kind,
            source: PrincipalSource::Hub,
            groups: tidy_groups(user.groups),
            says_groups: true,
            is_admin: user.admin,
            role_ceiling: None,
            capabilities: None,
            expires: None,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.settings.api_url)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, AuthError> {
        request.send().await.map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &reqwest::Error) -> AuthError {
        if error.is_timeout() {
            return AuthError::HubSilent { seconds: self.settings.timeout.as_secs() };
        }
        AuthError::HubDown
    }
}

fn authorization(token: &Token) -> String {
    format!("token {}", token.reveal())
}

async fn read<T: DeserializeOwned>(answer: Response, asked: &'static str) -> Result<T, AuthError> {
    let status = answer.status().as_u16();
    bounded_answer::read(answer, MAX_ANSWER_BYTES).await.map_err(|_| AuthError::HubAnswer { asked, status })
}
