//! Logging in at an IAM from a shell: the device flow (RFC 8628).

use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{HubError, Token};

/// Pause between questions where the IAM says none (RFC 8628 section 3.2), and what `slow_down` adds (section 3.5).
const USUAL_PAUSE: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(20);
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What the user has to do.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct DeviceCode {
    #[serde(rename = "device_code")]
    secret: String,
    /// To be typed at the address.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// An address that has the code in it already.
    #[serde(default)]
    pub verification_uri_complete: Option<String>,
    /// Seconds for which the code holds.
    pub expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DeviceCode")
            .field("verification_uri", &self.verification_uri)
            .finish_non_exhaustive()
    }
}

/// A log in that waits for its user.
pub struct DeviceLogin {
    http: reqwest::Client,
    token_endpoint: Url,
    client_id: String,
    code: DeviceCode,
}

/// Where an issuer takes what (RFC 8414, `OpenID` Connect Discovery).
#[derive(Deserialize)]
struct Discovery {
    token_endpoint: String,
    device_authorization_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl DeviceLogin {
    /// Asks the issuer for a code.
    ///
    /// # Errors
    /// [`HubError::Login`]: an issuer that does not answer, has no device flow, or does not know the client.
    pub async fn begin(issuer: &str, client_id: &str, scope: &str) -> Result<Self, HubError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .build()
            .map_err(|error| HubError::Client { cause: crate::request::cause_of(&error) })?;
        let issuer = safe(issuer)?;
        let document = format!("{}/.well-known/openid-configuration", issuer.as_str().trim_end_matches('/'));
        let discovery: Discovery = answer(http.get(&document), &document).await?.map_err(refused)?;
        let endpoint = discovery.device_authorization_endpoint.ok_or_else(|| {
            problem(format!(
                "{issuer} has no device flow; give a token instead: mlaas4hep login ADDRESS --token-stdin"
            ))
        })?;
        let form = [("client_id", client_id), ("scope", scope)];
        let code = answer(http.post(safe(&endpoint)?).form(&form), &endpoint).await?.map_err(refused)?;
        let token_endpoint = safe(&discovery.token_endpoint)?;
        Ok(Self { http, token_endpoint, client_id: client_id.to_owned(), code })
    }

    /// What the user has to do.
    #[must_use]
    pub fn code(&self) -> &DeviceCode {
        &self.code
    }

    /// Waits until the user has agreed; the token and for how many seconds it holds. `go_on` is asked several times a
    /// second.
    ///
    /// # Errors
    /// [`HubError::Login`] when the user refuses or lets the code expire, [`HubError::Stopped`].
    pub async fn finish(
        self,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<(Token, Option<u64>), HubError> {
        let end = Instant::now() + Duration::from_secs(self.code.expires_in);
        let mut pause = self.code.interval.map_or(USUAL_PAUSE, Duration::from_secs);
        let form = [
            ("grant_type", GRANT),
            ("device_code", self.code.secret.as_str()),
            ("client_id", self.client_id.as_str()),
        ];
        while Instant::now() < end {
            wait(pause, go_on).await?;
            let request = self.http.post(self.token_endpoint.clone()).form(&form);
            match answer::<Granted>(request, self.token_endpoint.as_str()).await? {
                Ok(granted) => return Ok((Token::new(&granted.access_token)?, granted.expires_in)),
                Err(refusal) => match refusal.error.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => pause += USUAL_PAUSE,
                    "access_denied" => return Err(problem("it was refused in the browser".to_owned())),
                    "expired_token" => break,
                    _ => return Err(refused(refusal)),
                },
            }
        }
        Err(problem("nobody agreed in time; try again: mlaas4hep login".to_owned()))
    }
}

/// Waits in short steps, so that an answer of stop is heard soon.
async fn wait(pause: Duration, go_on: &mut dyn FnMut() -> ControlFlow<()>) -> Result<(), HubError> {
    const STEP: Duration = Duration::from_millis(100);
    let end = Instant::now() + pause;
    while Instant::now() < end {
        if go_on().is_break() {
            return Err(HubError::Stopped);
        }
        tokio::time::sleep(STEP.min(pause)).await;
    }
    Ok(())
}

/// Codes and tokens go over `https` only, but for this machine itself.
fn safe(address: &str) -> Result<Url, HubError> {
    let url = Url::parse(address).map_err(|error| problem(format!("{address:?} is no address: {error}")))?;
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        _ => Err(problem(format!("{address:?} must start with https://"))),
    }
}

/// An answer in JSON: what was asked for, or the IAM's refusal (RFC 6749 section 5.2).
async fn answer<T: DeserializeOwned>(
    request: reqwest::RequestBuilder,
    address: &str,
) -> Result<Result<T, Refusal>, HubError> {
    let sent = request.send().await;
    let answer = sent.map_err(|error| {
        problem(format!("{address} does not answer ({})", crate::request::cause_of(&error)))
    })?;
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(|error| problem(crate::request::cause_of(&error)))?;
    // What cannot be read is not repeated: it may hold a token.
    let unread = || problem(format!("{address} answers {status} with something else than the standard says"));
    if status.is_success() {
        return serde_json::from_slice(&bytes).map(Ok).map_err(|_| unread());
    }
    serde_json::from_slice(&bytes).map(Err).map_err(|_| unread())
}

fn refused(refusal: Refusal) -> HubError {
    let description = refusal.error_description.map_or_else(String::new, |text| format!(": {text}"));
    problem(format!("the IAM says {}{description}", refusal.error))
}

fn problem(reason: String) -> HubError {
    HubError::Login { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_travel_safely() {
        for address in ["https://iam.org/", "http://127.0.0.1:80/x", "http://localhost/", "http://[::1]:8/"] {
            assert!(safe(address).is_ok(), "{address}");
        }
        for address in ["http://iam.org/", "ftp://iam.org", "iam.org", "http://127.0.0.1.evil.org/"] {
            assert!(safe(address).is_err(), "{address}");
        }
    }
}
