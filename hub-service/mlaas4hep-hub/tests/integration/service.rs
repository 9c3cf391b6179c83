//! The real program beside a hub of a few lines, with one caller of every kind.

use hub_testing::{MockHub, Person, SERVICE_TOKEN};
use reqwest::{Client, Method, RequestBuilder};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(super) const PREFIX: &str = "/services/mlaas4hep/";

/// Kinds of callers; the name is the token too.
pub(super) const CALLERS: [&str; 9] = [
    "anonymous",
    "outsider",
    "of-another-group",
    "reader",
    "writer",
    "admin",
    "operator",
    "a-service",
    "unknown",
];

/// The program, listening. It ends with this.
pub(super) struct Service {
    pub(super) hub: MockHub,
    pub(super) address: SocketAddr,
    pub(super) client: Client,
    pub(super) folder: TempDir,
    child: Child,
}

impl Service {
    /// With a configuration of its own after the folder of the workspaces.
    pub(super) async fn start_with(configuration: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let hub = MockHub::start().await;
        for (token, groups) in [
            ("outsider", [].as_slice()),
            ("of-another-group", &["atlas"]),
            ("reader", &["higgs", "higgs/readers"]),
            ("writer", &["higgs"]),
            ("admin", &["higgs", "higgs/admins"]),
            ("operator", &[]),
            ("a-service", &["higgs"]),
        ] {
            let kind = if token == "a-service" { "service" } else { "user" };
            hub.add(token, Person { is_admin: token == "operator", kind, ..Person::user(token, groups) });
        }
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[workspaces]\nfolder = \"{}\"\npublic_links = true\n{configuration}",
            folder.path().join("store").display()
        );
        std::fs::write(folder.path().join("hub.toml"), text).unwrap();
        let address = free_address();
        let child = spawn(folder.path(), &hub, address);
        let service = Self { hub, address, client: Client::new(), folder, child };
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

    pub(super) fn url(&self, route: &str) -> String {
        format!("http://{}{PREFIX}{route}", self.address)
    }

    /// A request of one of [`CALLERS`].
    pub(super) fn request(&self, method: &str, route: &str, caller: &str) -> RequestBuilder {
        let request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(route));
        if caller == "anonymous" { request } else { request.bearer_auth(caller) }
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
