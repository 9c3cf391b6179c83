//! The service beside a real `JupyterHub`: the contract that the mock of `hub-testing` stands for otherwise.

use super::hub_rig::{Browser, RealHub, SERVICE, Starts, installed};
use reqwest::Method;
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const FILE: &str = "services/mlaas4hep/files/higgs/made/by-alice.txt";
const HIGGS: &str = "services/mlaas4hep/api/v1/workspaces/higgs";

async fn check(version: &str) {
    let major = version.split('.').next().unwrap();
    let Some(programs) = installed(major, "the service beside a real hub") else { return };
    let hub = RealHub::start(programs).await;
    let found = hub.json("hub/api/", "").await;
    assert!(found["version"].as_str().unwrap().starts_with(version), "{found}");
    in_a_browser(&hub).await;
    with_tokens(&hub).await;
    from_a_server(&hub).await;
    quotas_of_groups(&hub).await;
    who_is_deleted(&hub).await;
    // Once: it takes the hub half a minute.
    if major == "6" {
        a_killed_service_is_started_again(&hub).await;
    }
}

#[tokio::test]
async fn jupyterhub_5_5() {
    check("5.5.").await;
}

#[tokio::test]
async fn jupyterhub_6_1() {
    check("6.1.").await;
}

#[test]
fn servers_are_told_an_address_that_they_reach() {
    let Some((jupyterhub, _)) = installed("6", "servers_are_told_an_address_that_they_reach") else { return };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut told = Command::new(jupyterhub.with_file_name("python"));
    told.arg(here.join("tests/real_hub/addresses.py")).arg(here.join("../jupyterhub_config.d/mlaas4hep.py"));
    let output = told.output().unwrap();
    let expected = json!([
        "http://127.0.0.1:8000/services/mlaas4hep/",
        // In a container, which the hub told of the bridge.
        "http://172.17.0.1:8000/services/mlaas4hep/",
        "http://[fd00::1]:8000/base/services/mlaas4hep/",
        "http://127.0.0.1:8000/services/mlaas4hep/",
        "https://hub.example.org/services/mlaas4hep/",
    ]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert_eq!(found, expected, "{output:?}");
}

/// Of `JupyterHub` 5.5 alone: 6.1.1 asks a service with the settings of a server then, cannot, and ends.
#[tokio::test]
async fn hub_proxy_and_service_show_each_other_certificates() {
    let Some(programs) = installed("5", "hub_proxy_and_service_show_each_other_certificates") else { return };
    let hub = RealHub::set_up(programs, Starts::HubWithTls);
    hub.run().await;
    let page = "services/mlaas4hep/w/higgs/browse/";
    let (path, status, text) = Browser::new(&hub).log_in(page, "alice").await;
    assert_eq!((path.as_str(), status), (page, 200), "{text}");
    let token = hub.token("bob", None).await;
    assert_eq!(hub.status(HIGGS, &token).await, 200);
    // Past the proxy nobody comes without a certificate of the hub, with or without TLS.
    let https = hub.service_address.replace("http:", "https:");
    let stranger = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
    for address in [&hub.service_address, &https] {
        let answer = stranger.get(format!("{address}{SERVICE}health")).send().await;
        assert!(answer.is_err(), "{address}: {answer:?}");
    }
    let folder = hub.folder.path().join("certificates/hub-internal");
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let own = [file("hub-internal.key"), file("hub-internal.crt")].concat();
    let own = reqwest::Identity::from_pem(&own).unwrap();
    let known =
        reqwest::Client::builder().identity(own).tls_danger_accept_invalid_certs(true).build().unwrap();
    let answer = known.get(format!("{https}{SERVICE}health")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn roles_that_were_configured_before_stay() {
    const ACCESS: &str = "access:services!service=mlaas4hep";
    let check = |major: &str, alone: serde_json::Value| {
        let Some((jupyterhub, _)) = installed(major, "roles_that_were_configured_before_stay") else {
            return;
        };
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut told = Command::new(jupyterhub.with_file_name("python"));
        told.arg(here.join("tests/real_hub/roles.py")).arg(here.join("../jupyterhub_config.d/mlaas4hep.py"));
        let output = told.output().unwrap();
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let own = json!([[["self", ACCESS]], []]);
        let expected = json!([alone, [[["self", "shares!user", ACCESS]], []], own, own, own]);
        assert_eq!(found, expected, "{output:?}");
    };
    check("5", json!([[["self", ACCESS]], []]));
    check("6", json!([[], [ACCESS]]));
}

/// Login by `OAuth` with PKCE, back to the page that was asked for, and out of both.
async fn in_a_browser(hub: &RealHub) {
    let page = "services/mlaas4hep/w/higgs/browse/";
    let mut alice = Browser::new(hub);
    let (path, status, text) = alice.log_in(page, "alice").await;
    assert_eq!((path.as_str(), status), (page, 200), "{text}");
    assert!(text.contains("alice") && text.contains("higgs"), "{text}");
    for read in [page, HIGGS] {
        assert_eq!(alice.open(read).await.1, 200);
        assert_eq!(alice.ask_as_script(read).await, 403, "a notebook of another user is of the same origin");
    }
    let mut carol = Browser::new(hub);
    let (path, status, text) = carol.log_in(page, "carol").await;
    assert_eq!((path.as_str(), status), (page, 404), "{text}");
    let (path, _, text) = alice.open("services/mlaas4hep/logout").await;
    assert!(path.starts_with("hub/"), "{path}: {text}");
    let (path, ..) = alice.open(page).await;
    assert!(path.starts_with("hub/login"), "logged out of both: {path}");
}

async fn with_tokens(hub: &RealHub) {
    let (alice, bob, carol) =
        (hub.token("alice", None).await, hub.token("bob", None).await, hub.token("carol", None).await);
    let me = hub.json("services/mlaas4hep/api/v1/me", &alice).await;
    assert_eq!((&me["name"], &me["groups"]), (&json!("alice"), &json!(["higgs", "higgs/admins"])), "{me}");
    let put = hub.request(Method::PUT, FILE, &alice).body("the file").send().await.unwrap();
    assert_eq!(put.status(), 201, "{}", put.text().await.unwrap());
    assert_eq!(hub.request(Method::GET, FILE, &bob).send().await.unwrap().text().await.unwrap(), "the file");
    let narrow = hub.token("alice", Some(&["read:users:name!user"])).await;
    let cases = [(&*carol, 404), (&*narrow, 403), ("no-such-token", 401), ("", 401)];
    for (token, expected) in cases {
        assert_eq!(hub.status(FILE, token).await, expected, "{token}");
    }
    // Who leaves the group sees nothing once the hub is asked anew.
    hub.ask_hub(Method::DELETE, "groups/higgs/users", &json!({ "users": ["bob"] })).await;
    look_again(hub).await;
    assert_eq!(hub.status(FILE, &bob).await, 404);
    hub.ask_hub(Method::POST, "groups/higgs/users", &json!({ "users": ["bob"] })).await;
    look_again(hub).await;
    assert_eq!(hub.status(FILE, &bob).await, 200);
}

/// What the file that operators include gives a notebook: the address of the service, and a token that opens it.
async fn from_a_server(hub: &RealHub) {
    let environment = hub.spawn("bob").await;
    assert_eq!(environment["MLAAS4HEP_HUB_URL"], hub.url(SERVICE));
    let token = &environment["JUPYTERHUB_API_TOKEN"];
    assert_eq!(hub.json("services/mlaas4hep/api/v1/me", token).await["groups"], json!(["higgs"]));
    assert_eq!(hub.status(FILE, token).await, 200);
    hub.ask_hub(Method::DELETE, "users/bob/server", &json!({})).await;
    look_again(hub).await;
    assert_eq!(hub.status(FILE, token).await, 401, "the token of a server ends with it");
}

/// What a property of the group says is what its workspace may hold.
async fn quotas_of_groups(hub: &RealHub) {
    let alice = hub.token("alice", None).await;
    assert_eq!(hub.json(HIGGS, &alice).await["quota"]["limit_bytes"], 5_000_000);
    // The proxy passes on that a client waits for an answer first, and sends without one.
    for expect in [None, Some("100-continue")] {
        let put = hub.request(Method::PUT, &format!("{FILE}.large"), &alice).body(vec![7; 5_000_000]);
        let put = expect.iter().fold(put, |put, expect| put.header("expect", *expect));
        assert_eq!(put.send().await.unwrap().status(), 507, "{expect:?}");
    }
}

/// The app passwords of a user whom the hub deletes go with them, and those of others stay.
async fn who_is_deleted(hub: &RealHub) {
    let mut passwords = Vec::new();
    for user in ["bob", "carol"] {
        let token = hub.token(user, None).await;
        let request = hub.request(Method::POST, "services/mlaas4hep/api/v1/app-passwords", &token);
        let made: serde_json::Value =
            request.json(&json!({ "label": "laptop" })).send().await.unwrap().json().await.unwrap();
        passwords.push((user, made["password"].as_str().unwrap().to_owned()));
    }
    let status = async |(user, password): &(&str, String)| {
        let list = format!("services/mlaas4hep/api/v1/workspaces/~{user}/list/");
        let request = hub.request(Method::GET, &list, "").basic_auth(user, Some(password));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((status(&passwords[0]).await, status(&passwords[1]).await), (200, 200));
    hub.ask_hub(Method::DELETE, "users/carol", &json!({})).await;
    let end = Instant::now() + Duration::from_secs(20);
    while status(&passwords[1]).await != 401 {
        assert!(Instant::now() < end, "the password goes; the log: {}", hub.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(status(&passwords[0]).await, 200);
}

/// By the hub, which looks every half minute; with the files, and for the tokens that were there before.
async fn a_killed_service_is_started_again(hub: &RealHub) {
    let alice = hub.token("alice", None).await;
    let killed = service_pid(hub).expect("the hub has started it");
    assert!(Command::new("kill").args(["-KILL", &killed]).status().unwrap().success());
    let end = Instant::now() + Duration::from_mins(2);
    while hub.status("services/mlaas4hep/health", "").await != 200 {
        assert!(Instant::now() < end, "the service comes back; the log: {}", hub.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_ne!(service_pid(hub).unwrap(), killed);
    let file = hub.request(Method::GET, FILE, &alice).send().await.unwrap();
    assert_eq!(file.text().await.unwrap(), "the file");
    let put = hub.request(Method::PUT, FILE, &alice).body("of the second").send().await.unwrap();
    assert_eq!(put.status(), 200, "{}", put.text().await.unwrap());
}

/// The process whose configuration is that of this hub.
fn service_pid(hub: &RealHub) -> Option<String> {
    let configuration = hub.folder.path().join("hub.toml").display().to_string();
    let is_it = |entry: &std::fs::DirEntry| {
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains(&configuration)
    };
    let found = std::fs::read_dir("/proc").unwrap().map(Result::unwrap).find(is_it)?;
    found.file_name().into_string().ok()
}

/// As an operator does after a change at the hub that is to act at once.
pub(super) async fn look_again(hub: &RealHub) {
    let olga = hub.token("olga", None).await;
    let request = hub.request(Method::POST, "services/mlaas4hep/api/v1/admin/forget", &olga);
    assert_eq!(request.send().await.unwrap().status(), 204);
}
