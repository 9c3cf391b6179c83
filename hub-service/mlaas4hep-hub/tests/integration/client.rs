//! The client that notebooks and the shell use, against the real program.

use super::service::{PREFIX, Service, token};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use byte_source::{ByteSource, ByteSourceError};
use hub_client::hub_api::{EntryKind, SharedUri};
use hub_client::{
    Condition, Connection, DownloadOptions, Hub, HubClient, HubError, Progress, ReadSettings, RetryRule,
    SharedFile, Step, Token, TokenOrigin, UploadOptions,
};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// As long as a program takes to start again on a busy machine.
pub(super) const PATIENT: RetryRule = RetryRule {
    n_tries: 60,
    first_pause: Duration::from_millis(100),
    longest_pause: Duration::from_millis(500),
};

pub(super) fn connection(address: SocketAddr, caller: &str) -> Connection {
    let token = (caller != "anonymous").then(|| Token::new(&token(caller)).unwrap());
    let origin = if token.is_some() { TokenOrigin::Given } else { TokenOrigin::None };
    Connection::new(&format!("http://{address}{PREFIX}"), token, origin).unwrap()
}

fn client(service: &Service, caller: &str) -> HubClient {
    HubClient::new(connection(service.address, caller), PATIENT).unwrap()
}

fn uri(text: &str) -> SharedUri {
    text.parse().unwrap()
}

/// Bytes of which no two stretches are alike.
pub(super) fn content(n_bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(n_bytes + 8);
    while bytes.len() < n_bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(n_bytes);
    bytes
}

fn local(service: &Service, name: &str, bytes: &[u8]) -> PathBuf {
    let path = service.folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

pub(super) async fn put(service: &Service, name: &str, bytes: &[u8]) {
    let path = local(service, "to-put", bytes);
    let options = UploadOptions::default();
    client(service, "writer").upload(&path, &uri(name), &options, &mut |_| go_on()).await.unwrap();
}

fn go_on() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[tokio::test]
async fn files_go_there_and_come_back() {
    let service = Service::start().await;
    let (writer, reader) = (client(&service, "writer"), client(&service, "reader"));
    for (name, n_bytes) in [("empty", 0), ("small", 1000), ("large", 20_000_001)] {
        let bytes = content(n_bytes);
        let path = local(&service, name, &bytes);
        let to = uri(&format!("shared://higgs/data/{name}"));
        let options = UploadOptions { made_by: Some("a test".to_owned()), ..UploadOptions::default() };
        let entry = writer.upload(&path, &to, &options, &mut |_| go_on()).await.unwrap().entry;
        assert_eq!((entry.size_bytes, entry.version), (n_bytes as u64, 1));
        assert_eq!((entry.modified_by.as_str(), entry.made_by.as_deref()), ("writer", Some("a test")));
        let back = service.folder.path().join(format!("{name}.back"));
        reader.download(&to, &back, DownloadOptions::default(), &mut |_| go_on()).await.unwrap();
        assert_eq!(std::fs::read(&back).unwrap(), bytes, "{name}");
    }
    let names: Vec<String> = reader
        .list(&uri("shared://higgs/data/"), false)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| entry.path.to_string())
        .collect();
    assert_eq!(names, ["data/empty", "data/large", "data/small"]);
    assert_eq!(reader.stat(&uri("shared://higgs/data")).await.unwrap().kind, EntryKind::Folder);
    assert_eq!(reader.stat(&uri("shared://higgs/")).await.unwrap().kind, EntryKind::Folder);
    writer.make_folder(&uri("shared://higgs/hollow")).await.unwrap();
    assert_eq!(reader.stat(&uri("shared://higgs/hollow")).await.unwrap().kind, EntryKind::Folder);
}

#[tokio::test]
async fn what_is_equal_may_stay() {
    let service = Service::start().await;
    let writer = client(&service, "writer");
    let (to, here) = (uri("shared://higgs/x"), service.folder.path().join("x"));
    let send = async |bytes: &[u8], condition: Condition| {
        let path = local(&service, "to-put", bytes);
        let options = UploadOptions { keeps_equal: true, condition, ..UploadOptions::default() };
        let sent = writer.upload(&path, &to, &options, &mut |_| go_on()).await;
        sent.map(|sent| (sent.entry.version, sent.was_there))
    };
    assert_eq!(send(b"one", Condition::IfAbsent).await.unwrap(), (1, false));
    assert_eq!(send(b"one", Condition::Any).await.unwrap(), (1, true));
    assert_eq!(send(b"one", Condition::IfAbsent).await.unwrap(), (1, true));
    assert!(matches!(send(b"two", Condition::IfAbsent).await, Err(HubError::Conflict { .. })));
    assert_eq!(send(b"two", Condition::Any).await.unwrap(), (2, false));
    let fetch = async |overwrite: bool| {
        let options = DownloadOptions { overwrite, keeps_equal: true };
        let fetched = writer.download(&to, &here, options, &mut |_| go_on()).await;
        fetched.map(|fetched| fetched.was_there)
    };
    assert!(!fetch(false).await.unwrap());
    assert!(fetch(false).await.unwrap());
    std::fs::write(&here, "owt").unwrap();
    assert!(matches!(fetch(false).await, Err(HubError::File { .. })));
    assert!(!fetch(true).await.unwrap());
    assert_eq!(std::fs::read(&here).unwrap(), b"two");
}

#[tokio::test]
async fn what_is_refused_says_what_to_do() {
    let service = Service::start().await;
    put(&service, "shared://higgs/events.root", b"root").await;
    let check = async |caller: &str, name: &str, words: &[&str]| {
        let error = client(&service, caller).stat(&uri(name)).await.unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{caller}, {name}: {error}");
        }
    };
    check("reader", "shared://higgs/event.root", &["did you mean", "events.root"]).await;
    check("outsider", "shared://higgs/events.root", &["not there, or you may not see it"]).await;
    check("unknown", "shared://higgs/events.root", &["give a new token"]).await;
    check("anonymous", "shared://higgs/events.root", &["mlaas4hep login"]).await;
    let path = local(&service, "other", b"other");
    let write = async |caller: &str, condition: Condition| {
        let options = UploadOptions { condition, ..UploadOptions::default() };
        let to = uri("shared://higgs/events.root");
        client(&service, caller).upload(&path, &to, &options, &mut |_| go_on()).await
    };
    let refused = write("writer", Condition::IfAbsent).await.unwrap_err().to_string();
    assert!(
        refused.contains("there is a file of that name") && refused.contains("writer wrote version 1"),
        "{refused}"
    );
    local(&service, "other", b"root");
    assert!(write("writer", Condition::IfAbsent).await.is_err(), "of the same content too");
    local(&service, "other", b"other");
    assert!(matches!(write("reader", Condition::Any).await, Err(HubError::Forbidden { .. })));
    let old = client(&service, "writer").stat(&uri("shared://higgs/events.root")).await.unwrap();
    assert_eq!(
        write("writer", Condition::IfMatch(old.etag.clone().unwrap())).await.unwrap().entry.version,
        2
    );
    // Other bytes: those that are there already would be a success whose answer got lost.
    local(&service, "other", b"third");
    assert!(write("writer", Condition::IfMatch(old.etag.unwrap())).await.unwrap_err().is_change());
    let nobody = HubClient::new(connection(super::service::free_address(), "writer"), RetryRule::default());
    let error = nobody.unwrap().me().await.unwrap_err();
    assert!(matches!(error, HubError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn an_upload_outlives_the_service() {
    let mut service = Service::start().await;
    let bytes = content(150_000_000);
    let path = local(&service, "long", &bytes);
    let connection = connection(service.address, "writer");
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let upload = tokio::task::spawn_blocking(move || {
        let mut sender = Some(sender);
        let mut tell = |progress: hub_client::Progress| {
            if progress.step == hub_client::Step::Transfer
                && progress.done_bytes > 30_000_000
                && let Some(sender) = sender.take()
            {
                // The test may be over.
                let _ = sender.send(());
            }
            go_on()
        };
        let writer = Hub::new(connection, PATIENT).unwrap();
        writer.upload(&path, &uri("shared://higgs/long"), &UploadOptions::default(), &mut tell)
    });
    receiver.await.unwrap();
    service.kill_and_start_again().await;
    assert_eq!(upload.await.unwrap().unwrap().entry.size_bytes, 150_000_000);
    let back = service.folder.path().join("back");
    let reader = client(&service, "reader");
    let from = uri("shared://higgs/long");
    let mut n_seen = 0;
    let mut stop = |progress: hub_client::Progress| {
        n_seen = progress.done_bytes;
        if n_seen > 50_000_000 { ControlFlow::Break(()) } else { go_on() }
    };
    let stopped = reader.download(&from, &back, DownloadOptions::default(), &mut stop).await;
    assert!(matches!(stopped, Err(HubError::Stopped)) && !back.exists());
    let mut first = None;
    let mut hear = |progress: hub_client::Progress| {
        first.get_or_insert(progress.done_bytes);
        go_on()
    };
    reader.download(&from, &back, DownloadOptions::default(), &mut hear).await.unwrap();
    assert!(first.is_some_and(|first| first >= n_seen), "goes on at {n_seen}: {first:?}");
    assert!(std::fs::read(&back).unwrap() == bytes);
}

/// Reads on a thread: a source blocks.
pub(super) async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

pub(super) fn open(connection: &Connection, name: &str) -> SharedFile {
    let settings = ReadSettings { cache_bytes: 1 << 20, ..ReadSettings::default() };
    let hub = Hub::new(connection.clone(), PATIENT).unwrap();
    SharedFile::open(hub, &uri(name), settings).unwrap()
}

#[tokio::test]
async fn ranges_are_those_of_the_file() {
    let service = Service::start().await;
    let bytes = content(5_000_003);
    put(&service, "shared://higgs/events.root", &bytes).await;
    let connection = connection(service.address, "reader");
    on_thread(move || {
        let file = open(&connection, "shared://higgs/events.root");
        assert_eq!(file.len(), bytes.len() as u64);
        let ranges: Vec<std::ops::Range<u64>> = (0..60_u64)
            .map(|i| (i * 81_919) % 4_900_000)
            .map(|start| start..start + 1 + (start * 7) % 100_000)
            .chain([0..0, 5_000_003..5_000_003, 4_999_999..5_000_003, 0..5_000_003])
            .collect();
        let right = |range: &std::ops::Range<u64>| &bytes[range.start as usize..range.end as usize];
        std::thread::scope(|scope| {
            for part in ranges.chunks(16) {
                let file = &file;
                scope.spawn(move || {
                    for range in part {
                        assert!(file.read_at(range.clone()).unwrap() == right(range), "{range:?}");
                    }
                });
            }
        });
        let many = file.read_many(&ranges).unwrap();
        assert!(many.iter().zip(&ranges).all(|(found, range)| **found == *right(range)));
        let outside = file.read_at(0..5_000_004).unwrap_err();
        assert!(matches!(outside, ByteSourceError::OutOfRange { .. }), "{outside}");
    })
    .await;
}

#[tokio::test]
async fn a_file_written_anew_is_no_longer_read() {
    let service = Service::start().await;
    put(&service, "shared://higgs/a", &content(500_000)).await;
    let connection = connection(service.address, "reader");
    let file = on_thread(move || open(&connection, "shared://higgs/a")).await;
    put(&service, "shared://higgs/a", &content(400_000)).await;
    let error = on_thread(move || file.read_at(300_000..300_010).map(drop).unwrap_err()).await;
    assert!(matches!(error, ByteSourceError::Changed { .. }), "{error}");
}

/// Passes connections on until it is dropped.
async fn forward(from: SocketAddr, to: SocketAddr) -> tokio::task::JoinHandle<()> {
    let listener = TcpListener::bind(from).await.unwrap();
    tokio::spawn(async move {
        let mut open = tokio::task::JoinSet::new();
        while let Ok((mut near, _)) = listener.accept().await {
            open.spawn(async move {
                let mut far = TcpStream::connect(to).await.unwrap();
                // Either side may hang up.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    })
}

#[tokio::test]
async fn bytes_go_past_the_proxy_and_come_back_to_it() {
    let (direct, data) = (super::service::free_address(), super::service::free_address());
    let area = format!("[listen]\ndata_address = \"{data}\"\ndata_url = \"http://{direct}/\"");
    let service = Service::start_with(&area).await;
    let forwarding = forward(direct, data).await;
    put(&service, "shared://higgs/a", &content(500_000)).await;
    let connection = connection(service.address, "reader");
    let file = on_thread(move || open(&connection, "shared://higgs/a")).await;
    forwarding.abort();
    assert!(forwarding.await.unwrap_err().is_cancelled());
    let read = on_thread(move || file.read_at(300_000..300_010).map(std::borrow::Cow::into_owned)).await;
    assert_eq!(read.unwrap(), content(500_000)[300_000..300_010]);
}

#[tokio::test]
async fn an_upload_that_was_stopped_goes_on() {
    let service = Service::start().await;
    let (writer, bytes) = (client(&service, "writer"), content(40_000_000));
    let (path, to) = (local(&service, "large", &bytes), uri("shared://higgs/large"));
    let options = UploadOptions::default();
    let id = |text: &str| text.to_owned();
    // An earlier program that was killed: a part of the bytes came, and nothing was said any more.
    let metadata = format!(
        "workspace {},path {},sha256 {}",
        STANDARD.encode("higgs"),
        STANDARD.encode("large"),
        STANDARD.encode(hex::encode(Sha256::digest(&bytes)))
    );
    let begun = service.request("POST", "uploads", "writer").header("tus-resumable", "1.0.0");
    let begun = begun.header("upload-length", bytes.len()).header("upload-metadata", metadata);
    let place = id(begun.send().await.unwrap().headers()["location"].to_str().unwrap());
    let piece =
        service.client.patch(format!("http://{}{place}", service.address)).bearer_auth(token("writer"));
    let piece = piece.header("tus-resumable", "1.0.0").header("upload-offset", 0);
    let piece = piece.header("content-type", "application/offset+octet-stream");
    assert_eq!(piece.body(bytes[..30_000_000].to_vec()).send().await.unwrap().status(), 204);
    let mut first = None;
    let mut hear = |progress: Progress| {
        if progress.step == Step::Transfer {
            first.get_or_insert(progress.done_bytes);
        }
        go_on()
    };
    let entry = writer.upload(&path, &to, &options, &mut hear).await.unwrap().entry;
    assert!(first.is_some_and(|first| first >= 30_000_000), "{first:?}");
    assert_eq!(entry.sha256.unwrap(), hex::encode(Sha256::digest(&bytes)));
    let info: serde_json::Value = service
        .request("GET", "api/v1/workspaces/higgs", "writer")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(info["quota"]["reserved_bytes"], 0, "nothing is left of it");
}
