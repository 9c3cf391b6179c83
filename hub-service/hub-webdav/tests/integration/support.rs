//! A server on 127.0.0.1 over a storage of its own, and a plain client.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State};
use hub_api::{FilePath, PrincipalSource, SetQuota, WorkspaceName};
use hub_webdav::WebDav;
use tempfile::TempDir;
use workspaces::{Actor, Settings, Workspaces};

pub(crate) const MOUNT: &str = "/services/hub/dav/";

/// Where requests go, and what is behind.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) workspaces: Workspaces,
    /// Who the requests are from.
    pub(crate) who: Arc<Mutex<Actor>>,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Says why a test was not run, past what the test harness captures.
pub(crate) fn skipped(test: &str, why: &str) {
    let _said = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
}

/// A person in groups.
pub(crate) fn actor(person: &str, groups: &[&str]) -> Actor {
    Actor {
        name: person.to_owned(),
        source: PrincipalSource::AppPassword,
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        is_admin: false,
        role_ceiling: None,
        capabilities: None,
    }
}

pub(crate) fn name(text: &str) -> WorkspaceName {
    WorkspaceName::new(text).unwrap()
}

pub(crate) fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

/// A server whose requests are alice's, a writer of `higgs` and `cms/top`.
pub(crate) async fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { folder: folder.path().join("store"), ..Settings::default() };
    let workspaces = Workspaces::open(&settings.check().unwrap()).await.unwrap();
    let who = Arc::new(Mutex::new(actor("alice", &["higgs", "cms/top"])));
    let state = (WebDav::new(workspaces.clone()), who.clone());
    let router = Router::new()
        .fallback(
            async |State((dav, who)): State<(WebDav, Arc<Mutex<Actor>>)>, request: axum::extract::Request| {
                let actor = who.lock().unwrap().clone();
                dav.handle(&actor, MOUNT, request).await
            },
        )
        .with_state(state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Server { address, workspaces, who, _folder: folder }
}

impl Server {
    pub(crate) fn url(&self, below_mount: &str) -> String {
        format!("http://{}{MOUNT}{below_mount}", self.address)
    }

    /// The next requests are from another.
    pub(crate) fn now_from(&self, actor: Actor) {
        *self.who.lock().unwrap() = actor;
    }

    /// One request on a connection of its own. The path is sent as it is.
    pub(crate) async fn ask(&self, method: &str, below_mount: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut request = format!(
            "{method} {MOUNT}{below_mount} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        let (address, body) = (self.address, body.to_vec());
        let exchange = move || {
            let mut connection = TcpStream::connect(address).unwrap();
            connection.write_all(request.as_bytes()).unwrap();
            // A refusal may come before all was sent.
            let _ = connection.write_all(&body);
            let mut answer = Vec::new();
            let _ = connection.read_to_end(&mut answer);
            answer
        };
        parse(&tokio::task::spawn_blocking(exchange).await.unwrap())
    }

    /// Status only.
    pub(crate) async fn status(&self, method: &str, below_mount: &str, headers: &[&str], body: &[u8]) -> u16 {
        self.ask(method, below_mount, headers, body).await.status
    }

    pub(crate) async fn put(&self, below_mount: &str, content: &[u8]) {
        let answer = self.ask("PUT", below_mount, &[], content).await;
        assert!([201, 204].contains(&answer.status), "{below_mount}: {answer:?}");
    }

    pub(crate) async fn get(&self, below_mount: &str) -> Vec<u8> {
        let answer = self.ask("GET", below_mount, &[], b"").await;
        assert_eq!(answer.status, 200, "{below_mount}: {answer:?}");
        answer.body
    }

    pub(crate) async fn set_limits(&self, workspace: &str, limit_bytes: u64, limit_entries: u64) {
        let operator = Actor { is_admin: true, ..actor("operator", &[]) };
        let limits = SetQuota { limit_bytes, limit_entries };
        self.workspaces.set_quota(&operator, &name(workspace), limits).await.unwrap();
    }

    /// Nothing lost, nothing miscounted, nothing promised.
    pub(crate) async fn assert_sound(&self) {
        let mut report = self.workspaces.check(true).await.unwrap();
        for _ in 0..200 {
            // What was given up is cleared a moment later.
            if report.n_uploads == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            report = self.workspaces.check(true).await.unwrap();
        }
        assert_eq!((report.problems, report.n_uploads), (Vec::new(), 0));
    }
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("no answer");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if is_chunked { joined(&bytes[end + 4..]) } else { bytes[end + 4..].to_vec() };
    Answer { status, headers, body }
}

/// RFC 9112 section 7.1.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        body.extend_from_slice(&chunks[end + 2..end + 2 + length]);
        chunks = &chunks[end + 2 + length + 2..];
    }
    body
}

/// Whether a program is there.
pub(crate) fn is_installed(program: &str) -> bool {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&on_path).any(|folder| folder.join(program).exists())
}

/// Runs a client, and gives what it said.
pub(crate) async fn run(program: &str, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("RCLONE_CONFIG", folder.join("rclone"));
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}
