//! What a real hub refuses at its `OAuth` endpoints: the ground on which our login stands.

use super::hub_rig::{Browser, RealHub, SERVICE_TOKEN};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, Url};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const CLIENT: &str = "service-mlaas4hep";
const CALLBACK: &str = "/services/mlaas4hep/oauth_callback";
const VERIFIER: &str = "a-verifier-of-more-than-the-forty-three-letters-that-it-needs";

/// With a browser that is logged in, and a client whose secret is known.
pub(super) async fn check(hub: &RealHub, browser: &Browser<'_>) {
    at_authorize(browser).await;
    at_token(hub, browser).await;
    our_own_way(hub, browser).await;
    for path in ["oauth2/introspect", "oauth2/revoke", ".well-known/openid-configuration"] {
        assert_eq!(hub.status(&format!("hub/api/{path}"), SERVICE_TOKEN).await, 404, "{path}");
    }
}

/// The address at which the hub gives a code, with some fields changed.
fn authorize(changes: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut fields = BTreeMap::from([
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("state", "the-state"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    fields.extend(changes.iter().copied());
    let mut url = Url::parse("http://hub/hub/api/oauth2/authorize").unwrap();
    url.query_pairs_mut().extend_pairs(fields);
    format!("hub/api/oauth2/authorize?{}", url.query().unwrap())
}

/// Where the hub sends the browser: what stands in the address, or nothing.
async fn sent(browser: &Browser<'_>, changes: &[(&str, &str)]) -> (u16, BTreeMap<String, String>) {
    let answer = browser.ask(&authorize(changes)).await;
    let status = answer.status().as_u16();
    let Some(location) = answer.headers().get("location") else { return (status, BTreeMap::new()) };
    let url = Url::parse("http://hub").unwrap().join(location.to_str().unwrap()).unwrap();
    assert_eq!(url.path(), CALLBACK, "nowhere else");
    (status, url.query_pairs().into_owned().collect())
}

async fn code(browser: &Browser<'_>) -> String {
    let (status, fields) = sent(browser, &[]).await;
    assert_eq!((status, fields["state"].as_str()), (302, "the-state"));
    fields["code"].clone()
}

async fn at_authorize(browser: &Browser<'_>) {
    for (name, value) in [("redirect_uri", "https://elsewhere.example/"), ("client_id", "service-of-nobody")]
    {
        assert_eq!(sent(browser, &[(name, value)]).await, (400, BTreeMap::new()), "{name}");
    }
    let (status, fields) = sent(browser, &[("scope", "admin:users")]).await;
    assert_eq!((status, fields["error"].as_str()), (302, "invalid_scope"));
    assert!(!fields.contains_key("code"), "{fields:?}");
}

/// What the hub answers to a code, with some fields changed; an empty one is left out.
async fn exchange(hub: &RealHub, code: &str, changes: &[(&str, &str)]) -> (u16, Value) {
    let mut fields = BTreeMap::from([
        ("client_id", CLIENT),
        ("client_secret", SERVICE_TOKEN),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]);
    fields.extend(changes.iter().copied());
    fields.retain(|_, value| !value.is_empty());
    let answer = hub.request(Method::POST, "hub/api/oauth2/token", "").form(&fields).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

async fn at_token(hub: &RealHub, browser: &Browser<'_>) {
    let good = code(browser).await;
    for (name, value, status) in [
        ("code_verifier", "another-verifier-of-more-than-forty-three-letters-as-it-needs", 400),
        ("code_verifier", "", 400),
        ("client_secret", "another-secret", 401),
        ("client_id", "service-of-nobody", 401),
        ("redirect_uri", "/services/mlaas4hep/elsewhere", 400),
        ("code", "a-code-of-nobody", 400),
        ("grant_type", "client_credentials", 400),
        ("grant_type", "refresh_token", 400),
    ] {
        let (found, answer) = exchange(hub, &good, &[(name, value)]).await;
        assert_eq!(found, status, "{name} {value}: {answer}");
        assert!(answer.get("access_token").is_none(), "{name} {value}");
    }
    let (status, answer) = exchange(hub, &good, &[]).await;
    assert_eq!((status, &answer["token_type"]), (200, &"Bearer".into()), "{answer}");
    assert!(answer.get("refresh_token").is_none(), "{answer}");
    let (status, answer) = exchange(hub, &good, &[]).await;
    assert_eq!((status, &answer["error"]), (400, &"invalid_grant".into()), "a code works once");
}

/// Our login sends a challenge, and takes no code that it did not ask for in this browser.
async fn our_own_way(hub: &RealHub, browser: &Browser<'_>) {
    let login = Browser::new(hub).ask("services/mlaas4hep/login").await;
    let location = login.headers()["location"].to_str().unwrap();
    for part in ["code_challenge_method=S256", "response_type=code", "client_id=service-mlaas4hep"] {
        assert!(location.contains(part), "{location}");
    }
    let code = code(browser).await;
    for state in ["the-state", ""] {
        let back = format!("services/mlaas4hep/oauth_callback?code={code}&state={state}");
        let refused = browser.ask(&back).await;
        assert_eq!(refused.status(), 400, "{state}");
        assert!(refused.headers().get("set-cookie").is_none(), "{state}");
    }
    assert_eq!(exchange(hub, &code, &[]).await.0, 200, "it was good, and nobody used it");
}
