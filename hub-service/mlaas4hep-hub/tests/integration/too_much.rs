//! More than a caller is given: requests, uploads at a time, depth, and bodies that grow.

use super::browser_session::Browser;
use super::resumable;
use super::service::{PREFIX, Service, token};
use flate2::{Compression, write::GzEncoder};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// Asserts that an answer is 429 with these words, and says when to come again.
async fn is_too_much(answer: Response, words: &str) {
    let again = answer.headers().get("retry-after").cloned();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert!(status == 429 && text.contains(words), "{status} {text}");
    assert!(again.is_some_and(|seconds| seconds == "1"), "{text}");
}

#[tokio::test]
async fn who_asks_too_often_waits() {
    let service = Service::start_with("[limits]\nrequests_per_second = 2\n").await;
    let ask = |caller: &str| service.request("GET", "api/v1/me", caller);
    let answers = futures_util::future::join_all((0..100).map(|_| ask("reader").send())).await;
    let (good, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().map(Result::unwrap).partition(|answer| answer.status() == 200);
    assert!((2..50).contains(&good.len()), "{}", good.len());
    for answer in refused {
        is_too_much(answer, "\"you ask too often\"").await;
    }
    let answers = futures_util::future::join_all((0..50).map(|_| {
        let road = service.request("GET", "files/higgs/none", "reader");
        let other = service.request("PROPFIND", "dav/", "reader").header("depth", "0");
        let page = service.request("GET", "w/higgs/browse/", "reader").header("accept", "text/html");
        futures_util::future::join3(road.send(), other.send(), page.send())
    }));
    let all = answers.await.into_iter().flat_map(|(one, two, three)| [one, two, three]);
    let n_refused = all.filter(|answer| answer.as_ref().unwrap().status() == 429).count();
    assert!(n_refused > 100, "by other roads it is no more: {n_refused}");
    assert_eq!(status(ask("writer")).await, 200, "others do not wait");
    let end = Instant::now() + Duration::from_secs(20);
    while status(ask("reader")).await != 200 {
        assert!(Instant::now() < end, "it may ask again");
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
}

/// Bytes that unfinished uploads are promised.
async fn reserved_bytes(service: &Service) -> u64 {
    let info = service.request("GET", "api/v1/workspaces/higgs", "reader").send().await.unwrap();
    info.json::<Value>().await.unwrap()["quota"]["reserved_bytes"].as_u64().unwrap()
}

/// An upload of 4 bytes of the writer that has begun: the first two are there.
async fn half_an_upload(service: &Service) -> TcpStream {
    let before = reserved_bytes(service).await;
    let head = format!(
        "PUT {PREFIX}files/higgs/half HTTP/1.1\r\nHost: hub\r\nAuthorization: token {}\r\n\
         Content-Length: 4\r\nConnection: close\r\n\r\nab",
        token("writer")
    );
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    // It has its place before its room.
    while reserved_bytes(service).await < before + 4 {
        assert!(Instant::now() < end, "it begins");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stream
}

#[tokio::test]
async fn one_caller_uploads_so_much_at_once_by_whatever_road() {
    let service = Service::start_with("[limits]\nuploads_at_once = 1\n").await;
    let browser = Browser::log_in(&service, "writer").await;
    let begun = resumable::create(&service, "pieces", 3, "writer").send().await.unwrap();
    let piece = |caller: &str| {
        let request =
            service.request("PATCH", &resumable::id(&begun), caller).header("tus-resumable", "1.0.0");
        request
            .header("upload-offset", "0")
            .header("content-type", "application/offset+octet-stream")
            .body("abc")
    };
    let form = format!(
        "--X\r\ncontent-disposition: form-data; name=\"xsrf\"\r\n\r\n{}\r\n--X\r\ncontent-disposition: form-data; \
         name=\"file\"; filename=\"by-form\"\r\n\r\ntext\r\n--X--\r\n",
        browser.xsrf
    );
    let form = browser.request("POST", &service.url("w/higgs/upload/")).body(form);
    let form = form.header("content-type", "multipart/form-data; boundary=X");
    let mut half = half_an_upload(&service).await;
    let put = |road: &str, caller: &str| {
        service.request("PUT", &format!("{road}/higgs/{caller}"), caller).body("1")
    };
    for request in [put("files", "writer"), put("dav", "writer"), piece("writer")] {
        is_too_much(request.send().await.unwrap(), "too_many_uploads").await;
    }
    let created = resumable::create(&service, "more", 3, "writer").send().await.unwrap();
    is_too_much(created, "too_many_uploads").await;
    let page = form.send().await.unwrap();
    assert_eq!(page.status(), 429);
    assert!(page.text().await.unwrap().contains("too many of your uploads go on at once"));
    assert_eq!(status(put("files", "fellow")).await, 201, "others do not wait");
    assert_eq!(service.status("GET", "files/higgs/fellow", "writer").await, 200, "nor does who reads");
    half.write_all(b"cd").await.unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(status(piece("writer")).await, 204, "the place is free again");
}

/// What has a JSON body, with a field of it.
const JSON_ROUTES: [(&str, &str, &str, &str); 5] = [
    ("POST", "api/v1/app-passwords", "writer", "label"),
    ("POST", "api/v1/workspaces/higgs/grants", "admin", "grantee"),
    ("POST", "api/v1/workspaces/higgs/links", "admin", "path"),
    ("POST", "api/v1/workspaces/higgs/move/a", "writer", "to_path"),
    ("PUT", "api/v1/workspaces/higgs/quota", "operator", "limit_bytes"),
];

#[tokio::test]
async fn json_ten_thousand_deep_ends_nothing() {
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/a", "writer", "1").await, 201);
    let (arrays, objects) =
        (("[".repeat(10_000), "]".repeat(10_000)), ("{\"a\":".repeat(10_000), "}".repeat(10_000)));
    for (method, route, caller, field) in JSON_ROUTES {
        for (open, close) in [&arrays, &objects] {
            let deep = format!("{open}1{close}");
            for body in [deep.clone(), format!("{{\"{field}\":{deep}}}"), format!("{{\"{field}\":{open}")] {
                let request =
                    service.request(method, route, caller).header("content-type", "application/json");
                assert_eq!(status(request.body(body)).await, 400, "{route}");
            }
        }
    }
    assert_eq!(service.status("GET", "files/higgs/a", "reader").await, 200);
}

/// Some bytes as gzip, and a letter two hundred million times between them.
fn bomb(before: &str, after: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(before.as_bytes()).unwrap();
    let letters = vec![b'a'; 1_000_000];
    for _ in 0..200 {
        packed.write_all(&letters).unwrap();
    }
    packed.write_all(after.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[tokio::test]
async fn nothing_that_is_sent_is_unpacked() {
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/a", "writer", "1").await, 201);
    let before = service.peak_bytes();
    let large = bomb("{\"label\": \"", "\"}");
    assert!(large.len() < 1 << 20, "it is let in: {}", large.len());
    let packed = |method: &str, route: &str, caller: &str, body: Vec<u8>| {
        let request = service.request(method, route, caller).header("content-encoding", "gzip");
        request.header("content-type", "application/json").body(body)
    };
    for (method, route, caller, _) in JSON_ROUTES {
        assert_eq!(status(packed(method, route, caller, large.clone())).await, 400, "{route}");
    }
    let right = json!({ "label": "unpacked" }).to_string();
    let made = |body: Vec<u8>| packed("POST", "api/v1/app-passwords", "writer", body);
    assert_eq!(status(made(gzip(&right))).await, 400, "not even what would be right");
    let propfind = packed("PROPFIND", "dav/higgs/a", "writer", bomb("<a>", "</a>")).header("depth", "0");
    assert!([400, 413].contains(&status(propfind).await));
    // A file is kept as it came.
    assert_eq!(status(packed("PUT", "files/higgs/packed", "writer", large.clone())).await, 201);
    let kept = service.request("GET", "files/higgs/packed", "reader").send().await.unwrap();
    assert!(!kept.headers().contains_key("content-encoding"));
    assert!(kept.bytes().await.unwrap() == large);
    let info = service.request("GET", "api/v1/workspaces/higgs", "reader").send().await.unwrap();
    assert_eq!(info.json::<Value>().await.unwrap()["quota"]["used_bytes"], large.len() + 1);
    let grown = service.peak_bytes() - before;
    assert!(grown < 64 << 20, "the service took {grown} bytes more");
}

#[tokio::test]
async fn what_is_no_file_of_a_form_is_not_kept() {
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/a", "writer", "1").await, 201);
    let before = service.peak_bytes();
    let (long, xsrf) = ("a".repeat(200_000_000), "Content-Disposition: form-data; name=\"xsrf\"");
    for body in [
        format!("--X\r\n{xsrf}\r\nLong: {long}\r\n\r\na\r\n--X--\r\n"),
        format!("--X\r\n{xsrf}\r\n\r\n{long}\r\n--X--\r\n"),
    ] {
        let form = service.request("POST", "w/higgs/upload/", "writer");
        let form = form.header("content-type", "multipart/form-data; boundary=X").body(body).send().await;
        // The answer may come before all is sent, which the client then takes for a broken line.
        assert!(form.is_err() || form.is_ok_and(|answer| answer.status() == 400));
    }
    // Many small files, and a large one after them.
    let file = |name: &str| {
        format!("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
    };
    let browser = Browser::log_in(&service, "writer").await;
    let small: String = (0..300).map(|at| file(&at.to_string()) + "a\r\n").collect();
    let large = file("large") + &long;
    let body = format!("--X\r\n{xsrf}\r\n\r\n{}\r\n{small}{large}\r\n--X--\r\n", browser.xsrf);
    let form = browser.request("POST", &service.url("w/higgs/upload/"));
    let form =
        form.header("content-type", "multipart/form-data; boundary=X").body(body).send().await.unwrap();
    assert!(form.status().is_success() || form.status() == 303, "{}", form.status());
    let large = service.request("HEAD", "files/higgs/large", "reader").send().await.unwrap();
    assert_eq!(large.headers()["content-length"], "200000000");
    let grown = service.peak_bytes() - before;
    assert!(grown < 64 << 20, "the service took {grown} bytes more");
}
