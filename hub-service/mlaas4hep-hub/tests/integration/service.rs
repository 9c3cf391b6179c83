//! The real program beside a hub of a few lines, with one caller of every kind.

use hub_testing::{MockHub, Person, SERVICE_TOKEN};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(super) const PREFIX: &str = "/services/mlaas4hep/";

/// Kinds of callers. Those after `unknown` might do everything, had their tokens not ended ([`Service::end_tokens`]).
pub(super) const CALLERS: [&str; 13] = [
    "anonymous",
    "outsider",
    "of-another-group",
    "reader",
    "writer",
    "fellow",
    "admin",
    "operator",
    "a-service",
    PASSWORD_TO_READ,
    "unknown",
    "expired",
    "revoked",
];

/// Who comes with an app password that `admin` made for reading.
pub(super) const PASSWORD_TO_READ: &str = "password-to-read";

/// Begins every token, and stands in nothing else: where it is found, a token was let out.
const MARK: &str = "q7Zt1kW9xPfR";

/// The token of a caller.
pub(super) fn token(caller: &str) -> String {
    format!("{MARK}-{caller}")
}

/// The program, listening. It ends with this, and its log and its database are searched for secrets then.
pub(super) struct Service {
    pub(super) hub: MockHub,
    pub(super) address: SocketAddr,
    pub(super) client: Client,
    pub(super) folder: TempDir,
    child: Child,
    secrets: Mutex<Vec<String>>,
    password_to_read: OnceLock<String>,
}

impl Service {
    /// With a configuration of its own after the folder of the workspaces.
    pub(super) async fn start_with(configuration: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let hub = MockHub::start().await;
        for (name, groups) in [
            ("outsider", [].as_slice()),
            ("of-another-group", &["atlas"]),
            ("reader", &["higgs", "higgs/readers"]),
            ("writer", &["higgs"]),
            ("fellow", &["higgs"]),
            ("admin", &["higgs", "higgs/admins"]),
            ("operator", &[]),
            ("a-service", &["higgs"]),
            ("expired", &["higgs", "higgs/admins"]),
            ("revoked", &["higgs", "higgs/admins"]),
        ] {
            let kind = if name == "a-service" { "service" } else { "user" };
            let is_admin = ["operator", "expired", "revoked"].contains(&name);
            hub.add(&token(name), Person { is_admin, kind, ..Person::user(name, groups) });
        }
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[workspaces]\nfolder = \"{}\"\npublic_links = true\n{configuration}",
            folder.path().join("store").display()
        );
        std::fs::write(folder.path().join("hub.toml"), text).unwrap();
        let address = free_address();
        let child = spawn(folder.path(), &hub, address);
        let secrets = Mutex::new(vec![MARK.to_owned(), SERVICE_TOKEN.to_owned()]);
        let (client, password_to_read) = (Client::new(), OnceLock::new());
        let service = Self { hub, address, client, folder, child, secrets, password_to_read };
        service.wait_until_it_answers().await;
        service
    }

    pub(super) async fn start() -> Self {
        Self::start_with("").await
    }

    async fn wait_until_it_answers(&self) {
        let end = Instant::now() + Duration::from_mins(1);
        let ask = || self.client.get(self.url("health")).timeout(Duration::from_secs(2)).send();
        while !ask().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(Instant::now() < end, "the service answers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills it as the system would, and starts it again on the same folder.
    pub(super) async fn kill_and_start_again(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.folder.path(), &self.hub, self.address);
        self.wait_until_it_answers().await;
    }

    /// Asks it to end, and gives its status.
    pub(super) fn end(&mut self) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }

    /// The most memory that it had at a time (proc(5): `VmHWM`).
    pub(super) fn peak_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    pub(super) fn url(&self, route: &str) -> String {
        format!("http://{}{PREFIX}{route}", self.address)
    }

    /// A request of one of [`CALLERS`], or with a token of an issuer, which no hub made: that has dots in it.
    pub(super) fn request(&self, method: &str, route: &str, caller: &str) -> RequestBuilder {
        let request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(route));
        match caller {
            "anonymous" => request,
            PASSWORD_TO_READ => request.basic_auth("admin", self.password_to_read.get()),
            jwt if jwt.contains('.') => {
                self.keep_secret(jwt);
                request.bearer_auth(jwt)
            }
            caller => request.bearer_auth(token(caller)),
        }
    }

    /// Makes the password of [`PASSWORD_TO_READ`].
    pub(super) async fn give_password_to_read(&self) {
        let wish = json!({ "label": "to read", "role": "reader" });
        let made = self.request("POST", "api/v1/app-passwords", "admin").json(&wish).send().await.unwrap();
        let made: Value = made.json().await.unwrap();
        let password = made["password"].as_str().unwrap();
        self.keep_secret(password);
        self.password_to_read.set(password.to_owned()).unwrap();
    }

    /// Lets the tokens of `expired` and `revoked` open the service a last time, and end.
    pub(super) async fn end_tokens(&self) {
        for caller in ["expired", "revoked"] {
            assert_eq!(self.status("GET", "metrics", caller).await, 200, "{caller}");
        }
        self.hub.expire_after(&token("expired"), Duration::ZERO);
        self.hub.revoke(&token("revoked"));
        assert_eq!(self.status("POST", "api/v1/admin/forget", "operator").await, 204);
    }

    /// What must never be found in the log or in the database.
    pub(super) fn keep_secret(&self, secret: &str) {
        self.secrets.lock().unwrap().push(secret.to_owned());
    }

    /// A secret that stands in a text.
    pub(super) fn secret_in(&self, text: &str) -> Option<String> {
        self.secrets.lock().unwrap().iter().find(|&secret| text.contains(secret)).cloned()
    }

    fn search_for_secrets(&self) {
        for name in ["log", "store/names.sqlite", "store/names.sqlite-wal"] {
            // The database tidies up after itself.
            let Ok(bytes) = std::fs::read(self.folder.path().join(name)) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            assert_eq!(self.secret_in(&text), None, "in {name}");
        }
    }

    /// The status of a request.
    pub(super) async fn status(&self, method: &str, route: &str, caller: &str) -> u16 {
        self.request(method, route, caller).send().await.unwrap().status().as_u16()
    }

    pub(super) async fn put(&self, route: &str, caller: &str, bytes: impl Into<reqwest::Body>) -> u16 {
        self.request("PUT", route, caller).body(bytes).send().await.unwrap().status().as_u16()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            self.search_for_secrets();
        }
    }
}

fn spawn(folder: &Path, hub: &MockHub, address: SocketAddr) -> Child {
    Command::new(env!("CARGO_BIN_EXE_mlaas4hep-hub"))
        .args(["serve", "--config"])
        .arg(folder.join("hub.toml"))
        .env_clear()
        .env("JUPYTERHUB_API_URL", hub.api_url())
        .env("JUPYTERHUB_API_TOKEN", SERVICE_TOKEN)
        .env("JUPYTERHUB_SERVICE_NAME", "mlaas4hep")
        .env("JUPYTERHUB_SERVICE_PREFIX", PREFIX)
        .env("JUPYTERHUB_SERVICE_URL", format!("http://{address}"))
        .env("JUPYTERHUB_HOST", hub.host())
        .stdout(Stdio::null())
        .stderr(std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap())
        .spawn()
        .unwrap()
}

pub(super) fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
