//! A real `JupyterHub` with the proxy from npm and the service, started by the hub from the file that operators include.

use super::service::free_address;
use reqwest::{Client, Method, RequestBuilder, Response, redirect::Policy};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(super) const PASSWORD: &str = "the-password-of-the-demo-users";
/// The hub wants 32 letters of the password of its administrators.
const ADMIN_PASSWORD: &str = "the-password-of-the-administrators-of-the-hub";
const TOKEN: &str = "the-token-of-the-test-at-the-hub";
/// The service, as the proxy of the hub has it.
pub(super) const SERVICE: &str = "services/mlaas4hep/";

/// What the service and the hub share where the service is started elsewhere.
pub(super) const SERVICE_TOKEN: &str = "the-token-that-the-operator-gave-to-both";

pub(super) struct RealHub {
    /// `None` while it is stopped.
    child: Mutex<Option<Child>>,
    /// `http://127.0.0.1:PORT/`.
    pub(super) address: String,
    /// Of the service itself, past the proxy: `http://127.0.0.1:PORT/`.
    pub(super) service_address: String,
    /// Where the service asks the hub.
    pub(super) api_url: String,
    pub(super) folder: TempDir,
    program: PathBuf,
    client: Client,
}

/// Who starts the service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Starts {
    Hub,
    Operator,
    /// The hub, with TLS between hub, proxy and service.
    HubWithTls,
}

/// The version that is meant, `5` or `6`, where it and the proxy are installed; otherwise the reason is told.
pub(super) fn installed(version: &str, test: &str) -> Option<(PathBuf, PathBuf)> {
    let variable = format!("MLAAS4HEP_TEST_JUPYTERHUB_{version}");
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_file());
    let found = of(&variable).zip(of("MLAAS4HEP_TEST_HUB_PROXY"));
    if found.is_none() {
        let why = format!(
            "{variable} and MLAAS4HEP_TEST_HUB_PROXY name no JupyterHub and proxy (scripts/test installs them)"
        );
        let _said = writeln!(std::io::stderr(), "SKIPPED: {test}, JupyterHub {version}: {why}");
    }
    found
}

impl RealHub {
    /// With a service that the hub starts.
    pub(super) async fn start(programs: (PathBuf, PathBuf)) -> Self {
        let hub = Self::set_up(programs, Starts::Hub);
        hub.run().await;
        hub
    }

    /// Addresses, settings and a folder; nothing is started.
    pub(super) fn set_up((program, proxy): (PathBuf, PathBuf), starts: Starts) -> Self {
        // Its error says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let url = || format!("http://{}/", free_address());
        let (address, hub_address, service_address) = (url(), url(), url());
        let service = (starts != Starts::Operator).then_some(env!("CARGO_BIN_EXE_mlaas4hep-hub"));
        let has_tls = starts == Starts::HubWithTls;
        let given = json!({
            "internal_ssl": has_tls,
            "address": address, "hub_address": hub_address, "proxy_address": url().trim_end_matches('/'), "proxy": proxy,
            "service_address": service_address.trim_end_matches('/'), "service": service, "service_token": SERVICE_TOKEN,
            "password": PASSWORD, "admin_password": ADMIN_PASSWORD, "token": TOKEN,
            "server": here.join("tests/real_hub/server.py"),
            "subconfig": here.join("../jupyterhub_config.d/mlaas4hep.py"),
        });
        std::fs::write(folder.path().join("hub.json"), given.to_string()).unwrap();
        let store = folder.path().join("store");
        let configuration = format!(
            "[workspaces]\nfolder = \"{}\"\npublic_links = true\n[limits]\ngroup_properties_seconds = 2\n",
            store.display()
        );
        std::fs::write(folder.path().join("hub.toml"), configuration).unwrap();
        for user in ["alice", "bob", "carol", "olga"] {
            std::fs::create_dir_all(folder.path().join("homes").join(user)).unwrap();
        }
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let api_url = format!("{hub_address}hub/api");
        Self { child: Mutex::default(), address, service_address, api_url, folder, program, client }
    }

    /// Starts it, for the first time or again, and waits until it and the service answer.
    pub(super) async fn run(&self) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let log = self.folder.path().join("hub.log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(&self.program);
        command
            .current_dir(self.folder.path())
            .arg("--config")
            .arg(here.join("tests/real_hub/jupyterhub_config.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0);
        // A test that runs within another hub's server would take that one's settings for its own.
        let foreign = |name: &str| name.starts_with("JUPYTERHUB_") || name.starts_with("CONFIGPROXY_");
        for (name, _) in std::env::vars().filter(|(name, _)| foreign(name)) {
            command.env_remove(name);
        }
        *self.child.lock().unwrap() = Some(command.spawn().unwrap());
        for path in ["hub/api/", "services/mlaas4hep/health"] {
            self.wait_for(path).await;
        }
    }

    /// Asks it to end, with its proxy and what else it started, and waits for that.
    pub(super) fn stop(&self) {
        let Some(mut child) = self.child.lock().unwrap().take() else { return };
        let group = child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &group]).status();
        let end = Instant::now() + Duration::from_secs(20);
        while child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ =
            Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
        let _ = child.wait();
    }

    /// Sends a signal to the hub itself, not to its proxy: `STOP`, `CONT`.
    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.lock().unwrap().as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    pub(super) async fn wait_for(&self, path: &str) {
        let end = Instant::now() + Duration::from_mins(2);
        while !self.client.get(self.url(path)).send().await.is_ok_and(|answer| answer.status() == 200) {
            let ended = self.child.lock().unwrap().as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "{path} answers; the log: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("hub.log")).unwrap()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// A request through the proxy; without a token where it is empty.
    pub(super) fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, self.url(path));
        if token.is_empty() { request } else { request.header("authorization", format!("token {token}")) }
    }

    pub(super) async fn status(&self, path: &str, token: &str) -> u16 {
        self.request(Method::GET, path, token).send().await.unwrap().status().as_u16()
    }

    pub(super) async fn json(&self, path: &str, token: &str) -> Value {
        self.request(Method::GET, path, token).send().await.unwrap().json().await.unwrap()
    }

    /// A call to the interface of the hub, as its operator.
    pub(super) async fn ask_hub(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.request(method, &format!("hub/api/{path}"), TOKEN).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// A token of a user, with all that the user may or with these scopes only.
    pub(super) async fn token(&self, user: &str, scopes: Option<&[&str]>) -> String {
        // Users whom the hub has not seen yet are made.
        let _ = self.request(Method::POST, &format!("hub/api/users/{user}"), TOKEN).send().await.unwrap();
        let body = scopes.map_or_else(|| json!({}), |scopes| json!({ "scopes": scopes }));
        let answer = self.ask_hub(Method::POST, &format!("users/{user}/tokens"), &body).await;
        answer["token"].as_str().unwrap().to_owned()
    }

    /// Starts the server of a user, and gives what it has in its environment.
    pub(super) async fn spawn(&self, user: &str) -> BTreeMap<String, String> {
        self.ask_hub(Method::POST, &format!("users/{user}/server"), &json!({})).await;
        let path = self.folder.path().join("homes").join(user).join("environment.json");
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if let Ok(environment) = serde_json::from_str(&text) {
                return environment;
            }
            assert!(Instant::now() < end, "the server of {user} starts; the log: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for RealHub {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Somebody with a browser: keeps cookies by path and goes where it is sent.
pub(super) struct Browser<'a> {
    hub: &'a RealHub,
    cookies: BTreeMap<(String, String), String>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(hub: &'a RealHub) -> Self {
        Self { hub, cookies: BTreeMap::new() }
    }

    /// Asks for a page, and goes nowhere.
    pub(super) async fn ask(&self, path: &str) -> Response {
        let request = self.hub.request(Method::GET, path, "").header("cookie", self.cookies_for(path));
        request.header("accept", "text/html").send().await.unwrap()
    }

    /// Asks for a page and goes on where it leads: its path, status and text.
    pub(super) async fn open(&mut self, path: &str) -> (String, u16, String) {
        let request = self.hub.request(Method::GET, path, "");
        self.follow(path, request).await
    }

    /// Opens a page of the service, and logs in at the form of the hub to which it leads.
    pub(super) async fn log_in(&mut self, path: &str, user: &str) -> (String, u16, String) {
        let (form, status, text) = self.open(path).await;
        assert!(status == 200 && form.starts_with("hub/login?next="), "{form}: {status}: {text}");
        let (_, xsrf) = self.cookies.iter().find(|((_, name), _)| name == "_xsrf").unwrap();
        let fields = [("username", user), ("password", PASSWORD), ("_xsrf", xsrf)];
        let request = self.hub.request(Method::POST, &form, "").form(&fields);
        self.follow(&form, request).await
    }

    /// What a script of another page at the hub's address is answered.
    pub(super) async fn ask_as_script(&self, path: &str) -> u16 {
        let request = self.hub.request(Method::GET, path, "").header("cookie", self.cookies_for(path));
        let request = request.header("sec-fetch-dest", "empty").header("sec-fetch-site", "same-origin");
        request.send().await.unwrap().status().as_u16()
    }

    async fn follow(&mut self, path: &str, request: RequestBuilder) -> (String, u16, String) {
        let (mut path, mut request) = (path.to_owned(), request);
        for _ in 0..12 {
            let answer = request
                .header("cookie", self.cookies_for(&path))
                .header("accept", "text/html")
                .send()
                .await
                .unwrap();
            self.keep(&answer);
            let Some(location) = answer.headers().get("location") else {
                return (path, answer.status().as_u16(), answer.text().await.unwrap());
            };
            let here = reqwest::Url::parse(&self.hub.url(&path)).unwrap();
            let there = here.join(location.to_str().unwrap()).unwrap();
            path = there.as_str().strip_prefix(&self.hub.address).expect("the same host").to_owned();
            request = self.hub.request(Method::GET, &path, "");
        }
        panic!("{path} leads in circles: {}", self.hub.log());
    }

    fn cookies_for(&self, path: &str) -> String {
        let path = format!("/{path}");
        let ours = self.cookies.iter().filter(|((of, _), _)| path.starts_with(of.trim_end_matches('/')));
        ours.map(|((_, name), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: &Response) {
        for cookie in answer.headers().get_all("set-cookie") {
            let mut parts = cookie.to_str().unwrap().split(';').map(str::trim);
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let path = parts.find_map(|part| part.strip_prefix("Path=")).unwrap_or("/").to_owned();
            let key = (path, name.to_owned());
            if value.trim_matches('"').is_empty() {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
    }
}
