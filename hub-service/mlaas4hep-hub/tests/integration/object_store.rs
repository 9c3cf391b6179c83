//! The real program with its bytes in a bucket: `SeaweedFS`, and a gate before it that fails as stores and networks fail.

use super::client::{PATIENT, connection};
use super::gate::{Gate, Lets};
use super::resumable::{create, id, patch};
use super::service::{Service, token};
use super::weed;
use hub_client::{HubClient, UploadOptions};
use reqwest::{Client, Method, Response, redirect::Policy};
use serde_json::Value;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

const LARGE: &str = "files/higgs/large.root";

/// A service as an operator sets it up, and the gate between it and its store; or that there is no store is told.
async fn start(test: &str, timeout_seconds: u32) -> Option<(Service, Gate)> {
    let endpoint = tokio::task::spawn_blocking(weed::endpoint).await.unwrap();
    let endpoint = match endpoint {
        Ok(endpoint) => endpoint,
        Err(why) => {
            let _said = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
            return None;
        }
    };
    let gate = Gate::start(endpoint.trim_start_matches("http://").parse().unwrap()).await;
    let configuration = format!(
        "[workspaces.blobs]\nkind = \"s3\"\nendpoint = \"http://{}\"\nbucket = \"{}\"\naccess_key = \"{}\"\n\
         secret_key = \"{}\"\nprefix = \"{test}/\"\ntimeout_seconds = {timeout_seconds}\nallow_http = true\n",
        gate.address,
        weed::BUCKET,
        weed::ACCESS_KEY,
        weed::SECRET_KEY
    );
    let service = Service::start_with(&configuration).await;
    // With the first write the store makes room, which may take longer than the service waits.
    for _ in 0..10 {
        if service.put("files/~writer/first", "writer", "first").await == 201 {
            return Some((service, gate));
        }
    }
    panic!("the store takes files");
}

fn sample(n_bytes: usize) -> Vec<u8> {
    (0..n_bytes).map(|i| (i * 7 % 251) as u8).collect()
}

async fn get(service: &Service, route: &str) -> Vec<u8> {
    let answer = service.request("GET", route, "reader").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{route}");
    answer.bytes().await.unwrap().to_vec()
}

fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| if entry.path().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}

#[tokio::test]
async fn files_lie_in_a_bucket() {
    let Some((service, gate)) = start("files_lie_in_a_bucket", 30).await else { return };
    // In several parts.
    let content = sample(20_000_000);
    assert_eq!(service.put(LARGE, "writer", content.clone()).await, 201);
    assert!(get(&service, LARGE).await == content);
    for (range, from, to) in
        [("bytes=8388600-8388620", 8_388_600, 8_388_621), ("bytes=-5", 19_999_995, 20_000_000)]
    {
        let answer = service.request("GET", LARGE, "reader").header("range", range).send().await.unwrap();
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(answer.bytes().await.unwrap(), content[from..to], "{range}");
    }
    assert_eq!(service.put(LARGE, "writer", "the second").await, 200);
    assert_eq!(get(&service, LARGE).await, b"the second");
    assert!(get(&service, &format!("{LARGE}?version=1")).await == content);
    let store = service.folder.path().join("store");
    assert_eq!((count_files(&store.join("blobs")), count_files(&store.join("parts"))), (0, 0));
    readers_are_sent_to_the_store(&service, &gate, &content).await;
}

/// Addresses that need no token: for one file, to read, and for five minutes.
async fn readers_are_sent_to_the_store(service: &Service, gate: &Gate, content: &[u8]) {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let send = async |route: &str, caller: &str| {
        let request = client.get(service.url(route)).bearer_auth(token(caller)).header("prefer", "redirect");
        request.send().await.unwrap()
    };
    let location = |answer: &Response| {
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["cache-control"]),
            (307, &"no-store".parse().unwrap())
        );
        answer.headers()["location"].to_str().unwrap().to_owned()
    };
    let (newest, first) = (
        location(&send(LARGE, "reader").await),
        location(&send(&format!("{LARGE}?version=1"), "reader").await),
    );
    assert!(newest.starts_with(&format!("http://{}/", gate.address)), "{newest}");
    assert!(newest.contains("&X-Amz-Expires=300&"), "{newest}");
    assert_eq!(client.get(&newest).send().await.unwrap().bytes().await.unwrap(), "the second");
    assert!(client.get(&first).send().await.unwrap().bytes().await.unwrap() == content);
    let part = client.get(&first).header("range", "bytes=5-8").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap().as_ref()), (206, &content[5..9]));
    for method in [Method::PUT, Method::DELETE, Method::HEAD] {
        let answer = client.request(method.clone(), &newest).body("overwritten").send().await.unwrap();
        assert_eq!(answer.status(), 403, "{method}");
    }
    let of_another = newest.split_once('?').unwrap().1;
    for changed in [
        newest.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"),
        format!("{}?{of_another}", first.split_once('?').unwrap().0),
        newest.split_once('?').unwrap().0.to_owned(),
    ] {
        assert_eq!(client.get(&changed).send().await.unwrap().status(), 403, "{changed}");
    }
    assert_eq!(get(service, LARGE).await, b"the second");
    for (caller, status) in [("outsider", 404), ("of-another-group", 404), ("unknown", 401)] {
        let refused = send(LARGE, caller).await;
        assert_eq!(refused.status().as_u16(), status, "{caller}");
        assert!(refused.headers().get("location").is_none(), "{caller}");
    }
}

#[tokio::test]
async fn a_store_that_fails_shows_nothing_half() {
    let Some((service, gate)) = start("a_store_that_fails_shows_nothing_half", 3).await else { return };
    // In several parts.
    let content = sample(9_500_000);
    assert_eq!(service.put(LARGE, "writer", content.clone()).await, 201);
    for (lets, status, code, n_bytes) in [
        (Lets::Errors, 502, "store_failed", 9_000_000),
        (Lets::Nothing, 504, "store_stalled", 9_000_001),
        (Lets::UpTo(1 << 20), 504, "store_stalled", 9_000_002),
    ] {
        let upload = id(&create(&service, "resumed", n_bytes, "writer").send().await.unwrap());
        gate.lets(lets).await;
        let large = [content.as_slice(), b"more"].concat();
        let refused = [
            service.request("PUT", "files/higgs/new", "writer").body(large.clone()).send(),
            service.request("PUT", LARGE, "writer").body(large.clone()).send(),
            service.request("PUT", "dav/higgs/by-webdav", "writer").body(large).send(),
        ];
        let (refused, resumed, ()) = tokio::join!(
            futures_util::future::join_all(refused),
            patch(&service, &upload, 0, sample(n_bytes)),
            downloads_fail(&service, lets, status, code)
        );
        for answer in refused.into_iter().map(Result::unwrap).chain([resumed]) {
            failed(answer, status, code).await;
        }
        assert_eq!(service.status("GET", "ready", "anonymous").await, 200, "names are there");
        gate.lets(Lets::All).await;
        assert_eq!(names(&service).await, ["large.root"], "{lets:?}");
        assert!(get(&service, LARGE).await == content, "{lets:?}");
        // What came of an upload that can go on is not lost with the store.
        let last = patch(&service, &upload, n_bytes, Vec::new()).await;
        assert_eq!(last.status(), 204, "{lets:?}");
        assert!(get(&service, "files/higgs/resumed").await == sample(n_bytes));
        assert_eq!(service.status("DELETE", "files/higgs/resumed", "writer").await, 200);
        empty_the_trash(&service).await;
        nothing_is_promised(&service, 9_500_000).await;
    }
    assert_eq!(service.put("files/higgs/new", "writer", "whole").await, 201);
    assert_eq!(get(&service, "files/higgs/new").await, b"whole");
}

#[tokio::test]
async fn an_upload_of_the_client_waits_for_the_store() {
    let Some((service, gate)) = start("an_upload_of_the_client_waits_for_the_store", 30).await else {
        return;
    };
    assert_eq!(service.put(LARGE, "writer", "the first").await, 201);
    let local = service.folder.path().join("local");
    std::fs::write(&local, sample(9_500_000)).unwrap();
    let client = HubClient::new(connection(service.address, "writer"), PATIENT).unwrap();
    let (to, options) = ("shared://higgs/large.root".parse().unwrap(), UploadOptions::default());
    gate.lets(Lets::Errors).await;
    let mut tell = |_| ControlFlow::Continue(());
    let opens = async {
        // All bytes are at the service by then, and their last piece was answered with 502.
        tokio::time::sleep(Duration::from_secs(3)).await;
        gate.lets(Lets::All).await;
    };
    let (sent, ()) = tokio::join!(client.upload(&local, &to, &options, &mut tell), opens);
    assert_eq!(sent.unwrap().entry.version, 2);
    assert!(get(&service, LARGE).await == sample(9_500_000));
}

/// The answer says what the documentation says, and neither where the store is nor how it is opened.
async fn failed(answer: Response, status: u16, code: &str) {
    let url = answer.url().clone();
    assert_eq!(answer.status(), status, "{url}");
    let text = answer.text().await.unwrap();
    if !url.path().contains("/dav/") {
        let error: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&error["code"], &error["status"]), (&code.into(), &status.into()), "{url}");
    }
    assert!(text.contains("store") && !text.contains("127.0.0.1"), "{text}");
    assert!(!text.contains(weed::BUCKET) && !text.contains(weed::ACCESS_KEY), "{text}");
}

/// Before the first byte it is an answer; later the connection breaks, so that nobody takes a part for the whole.
async fn downloads_fail(service: &Service, lets: Lets, status: u16, code: &str) {
    let read = async |road: &str, range: &str| {
        let request = service.request("GET", &format!("{road}/higgs/large.root"), "reader");
        let answer = request.header("range", range).send().await.unwrap();
        match lets {
            Lets::UpTo(_) => {
                assert_eq!(answer.status(), 206, "{road}");
                assert!(answer.bytes().await.is_err(), "{road}");
            }
            _ => failed(answer, status, code).await,
        }
    };
    tokio::join!(
        read("files", "bytes=0-"),
        read("files", "bytes=1000-9000000"),
        read("files", "bytes=0-2000000, 3000000-9000000"),
        read("dav", "bytes=0-")
    );
}

async fn names(service: &Service) -> Vec<String> {
    let listed = service.request("GET", "api/v1/workspaces/higgs/list/", "reader").send().await.unwrap();
    let listed: Value = listed.json().await.unwrap();
    let entries = listed["entries"].as_array().unwrap();
    entries.iter().map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
}

async fn empty_the_trash(service: &Service) {
    let route = "api/v1/workspaces/higgs/trash";
    let trash: Value = service.request("GET", route, "admin").send().await.unwrap().json().await.unwrap();
    for entry in trash["entries"].as_array().unwrap() {
        let one = format!("{route}/{}", entry["id"].as_str().unwrap());
        assert_eq!(service.status("DELETE", &one, "admin").await, 204);
    }
}

async fn nothing_is_promised(service: &Service, used_bytes: u64) {
    let asked = service.request("GET", "api/v1/workspaces/higgs", "writer").send().await.unwrap();
    let workspace: Value = asked.json().await.unwrap();
    let quota = &workspace["quota"];
    assert_eq!((&quota["used_bytes"], &quota["reserved_bytes"]), (&used_bytes.into(), &0.into()), "{quota}");
}
