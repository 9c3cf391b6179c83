//! Tokens of an IAM, with the `OpenID` provider of npm in its place.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use super::service::{PREFIX, Service};
use hub_client::{Connection, DeviceLogin, HubClient, HubError, RetryRule, TokenOrigin};
use reqwest::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The issuer. It ends with this.
struct Issuer {
    child: Child,
    address: String,
    client: Client,
    /// Held open: a program that writes where nobody listens ends.
    _output: BufReader<ChildStdout>,
}

impl Issuer {
    /// None, with a line that says so, where there is no node or the provider is not installed.
    fn start(test: &str) -> Option<Self> {
        let skipped = |why: &str| {
            eprintln!("SKIPPED: {test}: {why}");
            None
        };
        let Ok(modules) = std::env::var("MLAAS4HEP_TEST_NODE_MODULES") else {
            return skipped("MLAAS4HEP_TEST_NODE_MODULES is not set");
        };
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc/issuer.mjs");
        let started = Command::new("node")
            .args([program, &modules])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .spawn();
        let Ok(mut child) = started else { return skipped("there is no node") };
        let mut address = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut address).unwrap();
        if address.is_empty() {
            return skipped("this node cannot run oidc-provider");
        }
        // A provider of rustls is chosen by the service that starts beside it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Some(Self { child, address: address.trim().to_owned(), client: Client::new(), _output: output })
    }

    async fn ask(&self, action: &str, body: Value) -> Value {
        let address = format!("{}/test/{action}", self.address);
        let answer = self.client.post(address).body(body.to_string()).send().await.unwrap();
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }

    /// A JWT for alice and for us, unless `wish` says otherwise.
    async fn mint(&self, wish: Value) -> String {
        self.ask("mint", wish).await["token"].as_str().unwrap().to_owned()
    }

    /// The service with a token by the device flow, as `mlaas4hep login --iam` gets it.
    async fn log_in(&self, account: &str, service: &Service) -> HubClient {
        self.log_in_by("shell", account, service).await
    }

    async fn log_in_by(&self, client: &str, account: &str, service: &Service) -> HubClient {
        let login = DeviceLogin::begin(&self.address, client, "openid profile groups").await.unwrap();
        let code = login.code().user_code.clone();
        self.ask("agree", json!({ "user_code": code, "account": account })).await;
        let (token, seconds) = login.finish(&mut || ControlFlow::Continue(())).await.unwrap();
        assert!(seconds.is_some_and(|seconds| seconds > 0));
        let address = format!("http://{}{PREFIX}", service.address);
        let connection = Connection::new(&address, Some(token), TokenOrigin::Given).unwrap();
        HubClient::new(connection, RetryRule::default()).unwrap()
    }

    /// What a service has to be told.
    fn area(&self, more: &str) -> String {
        format!("[[iam]]\nissuer = \"{}\"\naudiences = [\"mlaas4hep\"]\n{more}\n", self.address)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn me(service: &Service, token: &str) -> (u16, Value) {
    let answer = service.request("GET", "api/v1/me", token).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_token_is_what_its_issuer_signed_for_us() {
    let Some(issuer) = Issuer::start("a_token_is_what_its_issuer_signed_for_us") else { return };
    let service = Service::start_with(&issuer.area("admin_groups = [\"higgs/admins\"]")).await;
    issuer.ask("add-key", json!({ "kid": "elliptic", "type": "ec" })).await;
    let check = async |wish: Value, expected: u16, words: &str| {
        let (status, answer) = me(&service, &issuer.mint(wish.clone()).await).await;
        assert_eq!(status, expected, "{wish}: {answer}");
        assert!(answer.to_string().contains(words), "{wish}: {answer}");
    };
    let groups = json!(["/higgs", "/higgs/admins"]);
    check(json!({ "claims": { "wlcg.groups": groups } }), 200, "\"groups\":[\"higgs\",\"higgs/admins\"]")
        .await;
    check(json!({ "claims": { "groups": ["higgs"] } }), 200, "\"groups\":[\"higgs\"]").await;
    check(json!({ "key": "elliptic", "alg": "ES256" }), 200, "alice").await;
    check(json!({ "claims": { "aud": ["other", "mlaas4hep"] } }), 200, "alice").await;
    check(json!({ "claims": { "aud": "other" } }), 401, "another audience").await;
    check(json!({ "seconds": -100 }), 401, "ExpiredSignature").await;
    // Clocks differ.
    check(json!({ "seconds": -20, "claims": { "sub": "bob" } }), 200, "bob").await;
    check(json!({ "claims": { "nbf": 4_000_000_000_u64 } }), 401, "ImmatureSignature").await;
    check(json!({ "claims": { "iss": "https://elsewhere.example.org/" } }), 401, "unknown_token").await;
    check(json!({ "alg": "none" }), 401, "token_refused").await;
    check(json!({ "alg": "HS256" }), 401, "only RS256 and ES256").await;
    check(json!({ "key": "elliptic", "alg": "ES256", "kid": "first" }), 401, "token_refused").await;
    check(json!({ "claims": { "sub": "../alice" } }), 401, "token_refused").await;
    check(json!({ "claims": { "scope": "storage.read" } }), 401, "opens nothing").await;
}

#[tokio::test]
async fn keys_are_looked_for_again_but_not_without_end() {
    let Some(issuer) = Issuer::start("keys_are_looked_for_again_but_not_without_end") else { return };
    let service = Service::start_with(&issuer.area("")).await;
    assert_eq!(me(&service, &issuer.mint(json!({})).await).await.0, 200);
    for _ in 0..20 {
        let (status, answer) = me(&service, &issuer.mint(json!({ "kid": "nowhere" })).await).await;
        assert_eq!(status, 401, "{answer}");
    }
    assert_eq!(issuer.ask("counts", json!({})).await["jwks"], 1);
    drop(issuer);
}

#[tokio::test]
async fn an_issuer_that_is_down_is_no_refusal() {
    let Some(issuer) = Issuer::start("an_issuer_that_is_down_is_no_refusal") else { return };
    let service = Service::start_with(&issuer.area("")).await;
    let token = issuer.mint(json!({})).await;
    drop(issuer);
    let (status, answer) = me(&service, &token).await;
    assert_eq!((status, answer["code"].as_str()), (503, Some("issuer_down")));
}

#[tokio::test]
async fn a_shell_logs_in_and_groups_are_asked_for() {
    let Some(issuer) = Issuer::start("a_shell_logs_in_and_groups_are_asked_for") else { return };
    let secret =
        "client_id = \"service\"\nclient_secret = \"secret-of-the-service\"\ndevice_client_id = \"shell\"";
    let service = Service::start_with(&issuer.area(secret)).await;
    let alice = issuer.log_in("alice", &service).await;
    assert_eq!(alice.me().await.unwrap().groups, ["higgs", "higgs/admins"]);
    // A JWT that says nothing but who, of which this issuer has nothing to say either.
    let (status, answer) = me(&service, &issuer.mint(json!({})).await).await;
    assert_eq!((status, &answer["groups"]), (200, &json!([])), "{answer}");
    let (status, answer) = me(&service, "no-token-at-all").await;
    assert_eq!((status, answer["code"].as_str()), (401, Some("unknown_token")));
    let info: Value =
        service.request("GET", "api/v1/info", "anonymous").send().await.unwrap().json().await.unwrap();
    assert_eq!(info["issuers"][0]["device_client_id"], "shell");
    assert!(!info.to_string().contains("secret"));
    // A group is the same whoever says it.
    assert_eq!(service.put("files/higgs/by-hub", "writer", "bytes").await, 201);
    let file = "shared://higgs/by-hub".parse().unwrap();
    assert_eq!(alice.stat(&file).await.unwrap().modified_by, "writer");
    // A token that was given to another client is none for us.
    let stolen = issuer.log_in_by("other-shell", "alice", &service).await;
    assert!(matches!(stolen.me().await, Err(HubError::TokenRefused { .. })));
    let bob = issuer.log_in("bob", &service).await;
    assert!(matches!(bob.stat(&file).await, Err(HubError::NotFound { .. })));
}

#[tokio::test]
async fn storage_scopes_open_paths_and_nothing_else() {
    let Some(issuer) = Issuer::start("storage_scopes_open_paths_and_nothing_else") else { return };
    let service = Service::start_with(&issuer.area("")).await;
    for name in ["data/a", "data/b", "other"] {
        assert_eq!(service.put(&format!("files/higgs/{name}"), "writer", "bytes").await, 201);
    }
    let token = async |scope: &str| {
        issuer.mint(json!({ "claims": { "scope": scope, "wlcg.groups": ["/higgs", "/higgs/admins"] } })).await
    };
    let reads = token("storage.read:/higgs/data").await;
    let creates = token("storage.read:/higgs/data storage.create:/higgs/data").await;
    let modifies = token("storage.modify:/higgs/data").await;
    let everything = token("storage.read:/ storage.modify:/").await;
    let check = async |method: &str, route: &str, token: &str, expected: u16| {
        let request = service.request(method, route, token);
        let request = if method == "PUT" { request.body("new") } else { request };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(status, expected, "{method} {route}: {}", answer.text().await.unwrap());
    };
    check("GET", "files/higgs/data/a", &reads, 200).await;
    check("GET", "files/higgs/other", &reads, 404).await;
    check("GET", "dav/higgs/data/a", &reads, 200).await;
    check("GET", "dav/higgs/other", &reads, 404).await;
    check("GET", "api/v1/workspaces/higgs/list/data", &reads, 200).await;
    check("GET", "api/v1/workspaces/higgs/list/", &reads, 404).await;
    let of_folder = token("storage.read:/higgs/data/").await;
    check("GET", "api/v1/workspaces/higgs/list/data", &of_folder, 200).await;
    check("GET", "files/higgs/data/a", &of_folder, 200).await;
    let of_no_folder = token("storage.read:/higgs/other/").await;
    check("GET", "api/v1/workspaces/higgs/list/other", &of_no_folder, 404).await;
    check("GET", "files/higgs/other", &of_no_folder, 404).await;
    check("GET", "api/v1/workspaces/higgs/audit", &everything, 403).await;
    check("GET", "api/v1/workspaces/higgs/grants", &everything, 403).await;
    check("PUT", "files/higgs/data/c", &reads, 403).await;
    check("PUT", "files/higgs/data/c", &creates, 201).await;
    check("PUT", "files/higgs/data/c", &creates, 412).await;
    check("PUT", "dav/higgs/data/c", &creates, 412).await;
    check("DELETE", "files/higgs/data/a", &creates, 403).await;
    check("DELETE", "dav/higgs/data/a", &creates, 403).await;
    check("PUT", "files/higgs/elsewhere", &creates, 403).await;
    check("PUT", "files/higgs/data/a", &modifies, 200).await;
    check("GET", "files/higgs/data/a", &modifies, 404).await;
    check("DELETE", "files/higgs/data/b", &modifies, 200).await;
    check("DELETE", "files/higgs/other", &modifies, 403).await;
    // Clients of WebDAV look before they write.
    check("HEAD", "dav/higgs/data/c", &modifies, 404).await;
    check("GET", "dav/higgs/data/c", &modifies, 404).await;
    check("PUT", "dav/higgs/data/c", &modifies, 204).await;
    check("MKCOL", "dav/higgs/data/folder", &modifies, 201).await;
    check("DELETE", "dav/higgs/data/c", &modifies, 204).await;
    check("DELETE", "dav/higgs/other", &modifies, 404).await;
    check("GET", "api/v1/app-passwords", &everything, 403).await;
    check("DELETE", "api/v1/app-passwords/x", &everything, 403).await;
    let listed = async |token: &str| {
        let answer = service.request("GET", "api/v1/workspaces", token).send().await.unwrap();
        let listed: Value = answer.json().await.unwrap();
        let names = listed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(listed(&reads).await, ["higgs"]);
    assert_eq!(listed(&everything).await, [""; 0], "a root names no workspace");
    // A path of a token makes no workspace.
    check("PUT", "files/nobodys/x", &everything, 404).await;
    let asked = service.request("POST", "api/v1/app-passwords", &everything).json(&json!({ "label": "x" }));
    assert_eq!(asked.send().await.unwrap().status(), 403);
    // What alice began elsewhere with another token of hers.
    let whole = issuer.mint(json!({ "claims": { "wlcg.groups": ["/higgs"] } })).await;
    for (place, seen) in [("elsewhere", 404), ("data/begun", 200)] {
        let begun = super::resumable::create(&service, place, 10, &whole).send().await.unwrap();
        let upload = super::resumable::id(&begun);
        let status = async |method: &str, token: &str| {
            let request = service.request(method, &upload, token).header("tus-resumable", "1.0.0");
            request.send().await.unwrap().status().as_u16()
        };
        assert_eq!(status("HEAD", &reads).await, 404, "{place}");
        assert_eq!(status("HEAD", &creates).await, seen, "{place}");
        assert_eq!(status("DELETE", &creates).await, if seen == 200 { 204 } else { 404 }, "{place}");
        assert_eq!(status("HEAD", &whole).await, if seen == 200 { 404 } else { 200 }, "{place}");
    }
}
