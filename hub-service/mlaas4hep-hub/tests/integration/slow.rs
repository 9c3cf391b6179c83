//! Callers who are slow, silent or many.

use super::browser_session::Browser;
use super::service::{PREFIX, Service, token};
use futures_util::StreamExt;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A service that is impatient, and has few connections.
async fn impatient() -> Service {
    Service::start_with("[limits]\nsilent_seconds = 1\nconnections = 16\n").await
}

async fn connect(service: &Service, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

/// All that comes until the service closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer));
    // A connection may be reset instead of closed.
    let _ = read.await.expect("the connection is closed");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn half_a_request_keeps_no_place() {
    let service = impatient().await;
    let mut half = Vec::new();
    for at in 0..40 {
        let bytes = ["", "G", "GET /health HTTP/1.1\r\nHost: hub\r\nX-Slow: "][at % 3];
        half.push(connect(&service, bytes).await);
    }
    let begun = Instant::now();
    assert_eq!(service.status("GET", "health", "anonymous").await, 200, "it waits for a place, and has one");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    for stream in &mut half {
        assert!(!rest(stream).await.contains("200 OK"));
    }
}

/// With the limits that a service has unless it is told others.
#[tokio::test]
async fn hundreds_who_say_nothing_keep_nobody_out() {
    let service = Service::start().await;
    let asked = format!("GET {PREFIX}health HTTP/1.1\r\nHost: hub\r\n\r\n");
    let mut idle = Vec::new();
    for at in 0..200 {
        let bytes = ["", "GET /health HTTP/1.1\r\nHost: hub\r\nX-Slow: ", &asked][at % 3];
        idle.push(connect(&service, bytes).await);
    }
    let begun = Instant::now();
    for caller in ["writer", "reader", "outsider"] {
        // Each by a connection of its own.
        let request = reqwest::Client::new().get(service.url("api/v1/me")).bearer_auth(token(caller));
        assert_eq!(request.send().await.unwrap().status(), 200, "{caller}");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(idle);
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let service = impatient().await;
    let request = format!("GET {PREFIX}health HTTP/1.1\r\nHost: hub\r\n\r\n");
    let mut stream = connect(&service, &request).await;
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let (service, writer) = (impatient().await, token("writer"));
    let head = |method: &str, path: &str, type_: &str| {
        format!(
            "{method} {PREFIX}{path} HTTP/1.1\r\nHost: hub\r\nAuthorization: token {writer}\r\n\
             Content-Type: {type_}\r\nContent-Length: 1000\r\n\r\n{{"
        )
    };
    for (method, path, type_) in [
        ("POST", "api/v1/app-passwords", "application/json"),
        ("PUT", "files/higgs/a", "application/octet-stream"),
    ] {
        let mut stream = connect(&service, &head(method, path, type_)).await;
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
        assert!(answer.contains("\"stalled\""), "{path}: {answer}");
    }
    let quota = service.request("GET", "api/v1/workspaces/higgs", "writer").send().await.unwrap();
    let quota: serde_json::Value = quota.json().await.unwrap();
    assert_eq!(quota["quota"]["reserved_bytes"], 0);
    assert_eq!(quota["quota"]["used_bytes"], 0);
}

#[tokio::test]
async fn a_body_that_trickles_is_not_waited_for() {
    let (service, writer) = (impatient().await, token("writer"));
    let head = format!(
        "POST {PREFIX}api/v1/app-passwords HTTP/1.1\r\nHost: hub\r\nAuthorization: token {writer}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    );
    let stream = connect(&service, &head).await;
    let (mut read, mut write) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(10), read.read_exact(&mut answer));
    read.await.expect("an answer in time").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    trickle.abort();
}

#[tokio::test]
async fn a_body_that_comes_slowly_may_take_its_time() {
    let (service, writer) = (impatient().await, token("writer"));
    let head = format!(
        "PUT {PREFIX}files/higgs/slow HTTP/1.1\r\nHost: hub\r\nAuthorization: token {writer}\r\n\
         Content-Length: 10\r\nConnection: close\r\n\r\n"
    );
    let mut stream = connect(&service, &head).await;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stream.write_all(b"a").await.unwrap();
    }
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

#[tokio::test]
async fn a_body_of_webdav_that_does_not_come_is_told_so() {
    let (service, writer) = (impatient().await, token("writer"));
    for head in ["PUT", "PROPFIND"] {
        let head = format!(
            "{head} {PREFIX}dav/higgs/slow HTTP/1.1\r\nHost: hub\r\nAuthorization: token {writer}\r\nDepth: 0\r\n\
             Content-Length: 1000\r\nConnection: close\r\n\r\n<"
        );
        let answer = rest(&mut connect(&service, &head).await).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
}

#[tokio::test]
async fn a_form_that_does_not_come_is_told_so() {
    let service = impatient().await;
    let browser = Browser::log_in(&service, "writer").await;
    let part = "--X\r\ncontent-disposition: form-data; name=";
    let xsrf = format!("{part}\"xsrf\"\r\n\r\n{}\r\n", browser.xsrf);
    for begun in [part.to_owned(), format!("{xsrf}{part}\"file\"; filename=\"slow\"\r\n\r\nab")] {
        let begun = futures_util::stream::iter([Ok::<_, std::io::Error>(begun)]);
        let body = reqwest::Body::wrap_stream(begun.chain(futures_util::stream::pending()));
        let form = browser.request("POST", &service.url("w/higgs/upload/")).body(body);
        let form = form.header("content-type", "multipart/form-data; boundary=X");
        assert_eq!(form.send().await.unwrap().status(), 408);
    }
    assert_eq!(service.status("GET", "files/higgs/slow", "writer").await, 404);
}

#[tokio::test]
async fn passwords_of_links_are_not_guessed_without_end() {
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/a", "admin", "1").await, 201);
    let asked = service.request("POST", "api/v1/workspaces/higgs/links", "admin");
    let link = serde_json::json!({ "path": "a", "password": "right one" });
    let made: serde_json::Value = asked.json(&link).send().await.unwrap().json().await.unwrap();
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let guess = async |password: &str| {
        let asked = service.request("GET", &format!("links/{token}"), "anonymous");
        asked.header("link-password", password).send().await.unwrap().status().as_u16()
    };
    assert_eq!(guess("right one").await, 200);
    // At once: one after the other they may take longer on a busy machine than refusals are remembered.
    let guesses = futures_util::future::join_all((0..200).map(async |at| guess(&at.to_string()).await)).await;
    let n_looked_at = guesses.iter().filter(|status| matches!(status, 401 | 403)).count();
    assert!((1..=100).contains(&n_looked_at), "{guesses:?}");
    assert_eq!(guesses.iter().filter(|status| **status == 429).count(), 200 - n_looked_at, "{guesses:?}");
}

#[tokio::test]
async fn app_passwords_are_not_guessed_without_end() {
    let service = Service::start().await;
    let guesses = (0..300).map(|at| {
        // A session of one's own does not help.
        let request = service.client.get(service.url("api/v1/me")).header("cookie", "service-mlaas4hep=x");
        request.basic_auth("writer", Some(format!("guess-{at}"))).send()
    });
    let answers = futures_util::future::join_all(guesses).await;
    let statuses: Vec<u16> = answers.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    let n_looked_at = statuses.iter().filter(|status| **status == 401).count();
    assert!((1..=50).contains(&n_looked_at), "{n_looked_at}");
    assert_eq!(statuses.len() - n_looked_at, statuses.iter().filter(|status| **status == 429).count());
}
