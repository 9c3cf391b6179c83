//! A real hub that is down, slow or started again, and a service that its operator started: it lives on.

use super::hub_oauth;
use super::hub_rig::{Browser, RealHub, SERVICE_TOKEN, Starts, installed};
use super::real_hub::look_again;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PAGE: &str = "services/mlaas4hep/w/higgs/browse/";
const FILE: &str = "services/mlaas4hep/files/higgs/a";
const ME: &str = "services/mlaas4hep/api/v1/me";

/// The service, which ends with the test.
struct Service {
    child: Child,
    address: String,
    client: Client,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    /// With the settings that the hub would have put into its environment.
    async fn start(hub: &RealHub) -> Self {
        let (folder, address) = (hub.folder.path(), hub.service_address.clone());
        let listens = address.trim_start_matches("http://").trim_end_matches('/');
        let configuration = format!(
            "[listen]\naddress = {listens:?}\n[hub]\napi_url = {:?}\napi_token = {SERVICE_TOKEN:?}\n\
             [workspaces]\nfolder = \"{}\"\n[limits]\ngroup_properties_seconds = 2\n",
            hub.api_url,
            folder.join("store").display()
        );
        std::fs::write(folder.join("external.toml"), configuration).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_mlaas4hep-hub"))
            .args(["serve", "--config"])
            .arg(folder.join("external.toml"))
            .env_clear()
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("service.log")).unwrap())
            .spawn()
            .unwrap();
        let service = Self { child, address, client: Client::new() };
        let end = Instant::now() + Duration::from_mins(1);
        let health = || service.request(Method::GET, "services/mlaas4hep/health", "").send();
        while !health().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(Instant::now() < end, "the service answers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        service
    }

    /// Past the proxy, which is gone with the hub.
    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.address));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    /// The status, and the word of an error.
    async fn answers(&self, request: RequestBuilder) -> (u16, String) {
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        let error: Value = serde_json::from_str(&text).unwrap_or_default();
        (status, error["code"].as_str().unwrap_or_default().to_owned())
    }

    async fn reads(&self, token: &str) -> (u16, String) {
        self.answers(self.request(Method::GET, FILE, token)).await
    }

    async fn writes(&self, token: &str) -> (u16, String) {
        self.answers(self.request(Method::PUT, FILE, token).body("written")).await
    }
}

fn said(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn an_external_service_outlives_its_hub() {
    let Some(programs) = installed("6", "an_external_service_outlives_its_hub") else { return };
    let hub = RealHub::set_up(programs, Starts::Operator);
    // Before its hub: the hub waits for services that it does not start.
    let mut service = Service::start(&hub).await;
    assert_eq!(service.reads("token-of-nobody-yet").await, said(503, "hub_down"));
    hub.run().await;
    let [alice, bob, carol, olga] = [
        hub.token("alice", None).await,
        hub.token("bob", None).await,
        hub.token("carol", None).await,
        hub.token("olga", None).await,
    ];
    assert_eq!(hub.json(ME, &alice).await["groups"], json!(["higgs", "higgs/admins"]));
    assert_eq!(service.writes(&alice).await, said(201, ""));
    let asked = service.request(Method::POST, "services/mlaas4hep/api/v1/app-passwords", &alice);
    let made: Value = asked.json(&json!({ "label": "laptop" })).send().await.unwrap().json().await.unwrap();
    let password = made["password"].as_str().unwrap().to_owned();
    let by_password = || service.request(Method::GET, FILE, "").basic_auth("alice", Some(&password));
    let mut browser = Browser::new(&hub);
    assert_eq!(browser.log_in(PAGE, "alice").await.1, 200);
    hub_oauth::check(&hub, &browser).await;

    look_again(&hub).await;
    assert_eq!(service.reads(&alice).await, said(200, ""));
    hub.signal("STOP");
    let begun = Instant::now();
    assert_eq!(service.reads(&bob).await, said(503, "hub_silent"));
    assert!((4..20).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(service.reads(&alice).await, said(200, ""), "what the hub said is believed for a minute");
    assert_eq!(service.answers(by_password()).await, said(200, ""));
    hub.signal("CONT");
    assert_eq!(service.reads(&bob).await, said(200, ""), "that it was slow is not remembered");

    look_again(&hub).await;
    assert_eq!(service.reads(&alice).await, said(200, ""));
    hub.stop();
    assert_eq!(service.reads(&alice).await, said(200, ""));
    assert_eq!(service.reads(&olga).await, said(503, "hub_down"));
    assert_eq!(service.writes(&bob).await, said(503, "hub_down"));
    assert_eq!(service.answers(by_password()).await, said(200, ""));

    hub.run().await;
    for (token, expected) in
        [(&alice, said(200, "")), (&bob, said(200, "")), (&carol, said(404, "not_found"))]
    {
        assert_eq!(service.reads(token).await, expected);
    }
    assert_eq!(service.writes(&bob).await, said(200, ""));
    let (path, status, text) = browser.open(PAGE).await;
    assert_eq!((path.as_str(), status), (PAGE, 200), "the session goes on: {text}");
    assert!(service.child.try_wait().unwrap().is_none(), "it is the same process");
}
