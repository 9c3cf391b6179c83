//! Callers, against a hub of a few lines that fails when it is told to.

#[path = "integration/callers.rs"]
mod callers;
#[path = "integration/iam.rs"]
mod iam;
#[path = "integration/login.rs"]
mod login;

use http::{HeaderMap, header};
use hub_auth::{Authenticator, CookieRules, HubClient, HubSettings, ProxyHeaders, SealKey};
use hub_testing::{MockHub, SERVICE_TOKEN};
use std::time::Duration;

/// A service named `mlaas4hep` at a hub.
fn service(hub: &MockHub) -> Authenticator {
    // Its error says that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = HubSettings::from_variables(&|name| {
        Some(match name {
            "JUPYTERHUB_API_URL" => hub.api_url(),
            "JUPYTERHUB_API_TOKEN" => SERVICE_TOKEN.to_owned(),
            "JUPYTERHUB_SERVICE_NAME" => "mlaas4hep".to_owned(),
            "JUPYTERHUB_HOST" => hub.host(),
            _ => return None,
        })
    });
    let settings = HubSettings { timeout: Duration::from_millis(500), ..settings.unwrap().unwrap() };
    let cookies = CookieRules { path: settings.prefix.clone(), is_secure: false, has_host_prefix: false };
    let client = HubClient::new(settings).unwrap();
    Authenticator::new(Some(client), None, ProxyHeaders::default(), SealKey::random(), cookies)
}

fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

fn with_token(token: &str) -> HeaderMap {
    headers(&[(header::AUTHORIZATION, &format!("token {token}"))])
}
