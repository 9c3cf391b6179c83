//! One request: sent, tried again where that is harmless, and its answer read.

use std::error::Error as _;
use std::time::Duration;

use hub_api::{SharedUri, WorkspaceName, bytes_text};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Body, Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{HubClient, HubError};

/// What is asked for, and how errors speak of it.
pub(crate) struct Call {
    /// Completes "cannot ...".
    pub(crate) action: String,
    pub(crate) method: Method,
    pub(crate) route: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<bytes::Bytes>,
    /// The file that it is about, for the nearest names and who wrote it.
    pub(crate) target: Option<SharedUri>,
    /// The workspace that it is about, for its quota.
    pub(crate) workspace: Option<WorkspaceName>,
    /// Goes to the listener for bytes.
    pub(crate) is_data: bool,
}

impl Call {
    pub(crate) fn new(method: Method, action: impl Into<String>, route: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            method,
            route: route.into(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            target: None,
            workspace: None,
            is_data: false,
        }
    }

    pub(crate) fn get(action: impl Into<String>, route: impl Into<String>) -> Self {
        Self::new(Method::GET, action, route)
    }

    /// About a file; its bytes.
    pub(crate) fn of_file(method: Method, action: &str, uri: &SharedUri) -> Self {
        let route = hub_api::routes::file(&uri.workspace, &uri.path);
        let call = Self::new(method, format!("{action} {uri}"), route).about(uri);
        Self { is_data: true, ..call }
    }

    pub(crate) fn about(self, uri: &SharedUri) -> Self {
        Self { workspace: Some(uri.workspace.clone()), target: Some(uri.clone()), ..self }
    }

    pub(crate) fn of_workspace(self, name: &WorkspaceName) -> Self {
        Self { workspace: Some(name.clone()), ..self }
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// A header; a value that no header can carry is left out, which only a tag that the service never gave can be.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// A body in JSON.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, HubError> {
        let bytes = serde_json::to_vec(body).map_err(|error| HubError::Answer {
            action: self.action.clone(),
            problem: format!("the request cannot be written as JSON: {error}"),
        })?;
        self.body = Some(bytes.into());
        Ok(self.header(reqwest::header::CONTENT_TYPE, "application/json"))
    }

    /// Whether doing it twice leaves the same as doing it once (RFC 9110 section 9.2.2), and says the same: where the answer to a
    /// deletion was lost, the next one would be that nothing is there, or delete what somebody has put there meanwhile.
    fn is_idempotent(&self) -> bool {
        self.method.is_idempotent() && self.method != Method::DELETE
    }

    /// Whether it may be sent again after such an answer. With 429 and 503 a deletion was refused before anything was done.
    fn may_follow(&self, status: StatusCode) -> bool {
        let is_refused = self.method == Method::DELETE && matches!(status.as_u16(), 429 | 503);
        is_passing(status) && (self.is_idempotent() || is_refused)
    }
}

/// What came in place of an answer.
const A_PAGE: &str = "a page for people";

/// Longest answer in JSON that is read: a page of a listing with the longest names has less.
const MOST_ANSWER_BYTES: usize = 64 << 20;

/// All bytes of an answer.
///
/// # Errors
/// The connection broke; or nothing, when it has more than `most` bytes.
pub(crate) async fn whole(mut answer: Response, most: usize) -> Result<Vec<u8>, Option<reqwest::Error>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(Some)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            return Err(None);
        }
    }
    Ok(bytes)
}

/// Answers by which a service says that it is busy or away for a moment.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

impl HubClient {
    /// The answer in JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, HubError> {
        let answer = self.send(&call).await?;
        let bytes = whole(answer, MOST_ANSWER_BYTES).await.map_err(|error| match error {
            Some(error) => self.unreachable(&call, &error),
            None => HubError::Answer {
                action: call.action.clone(),
                problem: format!("it has more than {}", bytes_text(MOST_ANSWER_BYTES as u64)),
            },
        })?;
        serde_json::from_slice(&bytes).map_err(|error| {
            // Pages of a proxy or of a log in are the usual cause.
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).trim().to_owned();
            if start.starts_with('<') {
                self.no_service(&call, A_PAGE)
            } else {
                HubError::Answer { action: call.action.clone(), problem: error.to_string() }
            }
        })
    }

    /// A success without a body that matters. A page for people is none: that of a log in, which answers all.
    pub(crate) async fn done(&self, call: Call) -> Result<(), HubError> {
        let answer = self.send(&call).await?;
        let kind = answer.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        if kind.starts_with(b"text/html") { Err(self.no_service(&call, A_PAGE)) } else { Ok(()) }
    }

    /// Sends a request until there is an answer, and turns answers that are no success into errors.
    pub(crate) async fn send(&self, call: &Call) -> Result<Response, HubError> {
        let answer = self.answer(call, call.body.clone().map(Body::from)).await?;
        if answer.status().is_success() { Ok(answer) } else { Err(self.explain(call, answer).await) }
    }

    /// Any answer. A body that can be sent again is given as `call.body`; `first_body` is what the first try sends.
    pub(crate) async fn answer(&self, call: &Call, first_body: Option<Body>) -> Result<Response, HubError> {
        let first_is_kept = first_body.is_none() || call.body.is_some();
        let mut url = self.url_of(call).await?;
        let mut body = first_body;
        let mut n_done = 0;
        loop {
            n_done += 1;
            let sent = self.request(call, url.clone(), body.take()).send().await;
            let asked = sent.as_ref().ok().and_then(retry_after);
            let again = match &sent {
                Ok(answer) => call.may_follow(answer.status()),
                // A connection that was never made has done nothing.
                Err(error) => call.is_idempotent() || error.is_connect(),
            };
            let again = again && first_is_kept;
            if again && sent.as_ref().is_err_and(reqwest::Error::is_connect) && self.leave_direct(&url) {
                url = self.url_of(call).await?;
            }
            match self.inner.retry.pause(n_done, asked).filter(|_| again) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return sent.map_err(|error| self.unreachable(call, &error)),
            }
            body = call.body.clone().map(Body::from);
        }
    }

    async fn url_of(&self, call: &Call) -> Result<Url, HubError> {
        let mut url = match Url::parse(&call.route) {
            // The place of an upload comes as a whole address.
            Ok(whole) => whole,
            Err(_) if call.is_data => self.data_url(&call.route).await?,
            Err(_) => self.url(&call.route)?,
        };
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        Ok(url)
    }

    fn request(&self, call: &Call, url: Url, body: Option<Body>) -> reqwest::RequestBuilder {
        let mut request = self.inner.http.request(call.method.clone(), url).headers(call.headers.clone());
        if let Some(value) = self.inner.connection.token().and_then(crate::Token::header) {
            request = request.header(AUTHORIZATION, value);
        }
        match body {
            Some(body) => request.body(body),
            None => request,
        }
    }

    pub(crate) fn unreachable(&self, call: &Call, error: &reqwest::Error) -> HubError {
        HubError::Unreachable { action: call.action.clone(), address: self.origin(), cause: cause_of(error) }
    }

    pub(crate) fn no_service(&self, call: &Call, found: &str) -> HubError {
        let address = self.inner.connection.address().to_string();
        HubError::NoService { action: call.action.clone(), address, found: found.to_owned() }
    }

    /// Scheme, host and port.
    fn origin(&self) -> String {
        self.inner.connection.address().origin().ascii_serialization()
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The innermost cause: `Connection refused`, not that a request could not be sent.
pub(crate) fn cause_of(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match error.source() {
        Some(_) => cause.to_string(),
        // The message of the outermost error has the address in it, which is said elsewhere.
        None => "the connection broke".to_owned(),
    }
}
