//! TUS 1.0, over a kill of the service too.

use super::service::Service;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{RequestBuilder, Response};

pub(super) fn create(service: &Service, path: &str, n_bytes: usize, caller: &str) -> RequestBuilder {
    let metadata = format!("workspace {},path {}", STANDARD.encode("higgs"), STANDARD.encode(path));
    let request = service.request("POST", "uploads", caller).header("tus-resumable", "1.0.0");
    request.header("upload-length", n_bytes.to_string()).header("upload-metadata", metadata)
}

pub(super) fn id(answer: &Response) -> String {
    assert_eq!(answer.status().as_u16(), 201);
    let location = answer.headers()["location"].to_str().unwrap();
    location.strip_prefix("/services/mlaas4hep/").unwrap().to_owned()
}

pub(super) async fn patch(service: &Service, upload: &str, offset: usize, body: Vec<u8>) -> Response {
    let request = service.request("PATCH", upload, "writer").header("tus-resumable", "1.0.0");
    let request = request.header("upload-offset", offset.to_string());
    request.header("content-type", "application/offset+octet-stream").body(body).send().await.unwrap()
}

async fn stands_at(service: &Service, upload: &str, caller: &str) -> Option<usize> {
    let request = service.request("HEAD", upload, caller).header("tus-resumable", "1.0.0");
    let answer = request.send().await.unwrap();
    answer.headers().get("upload-offset")?.to_str().ok()?.parse().ok()
}

#[tokio::test]
async fn an_upload_survives_a_kill() {
    let mut service = Service::start().await;
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let upload = id(&create(&service, "big.bin", bytes.len(), "writer").send().await.unwrap());
    assert_eq!(patch(&service, &upload, 0, bytes[..1_000_000].to_vec()).await.status().as_u16(), 204);
    service.kill_and_start_again().await;
    assert_eq!(stands_at(&service, &upload, "writer").await, Some(1_000_000));
    assert_eq!(stands_at(&service, &upload, "admin").await, None, "it is the writer's alone");
    let elsewhere = patch(&service, &upload, 7, vec![0]).await;
    assert_eq!(
        (elsewhere.status().as_u16(), &elsewhere.headers()["tus-resumable"]),
        (409, &"1.0.0".parse().unwrap())
    );
    assert_eq!(patch(&service, &upload, 1_000_000, bytes[999_999..].to_vec()).await.status().as_u16(), 400);
    assert_eq!(stands_at(&service, &upload, "writer").await, Some(1_000_000), "nothing of too much is taken");
    assert_eq!(service.status("GET", "files/higgs/big.bin", "writer").await, 404);
    let last = patch(&service, &upload, 1_000_000, bytes[1_000_000..].to_vec()).await;
    assert_eq!(last.status().as_u16(), 204);
    let answer = service.request("GET", "files/higgs/big.bin", "reader").send().await.unwrap();
    assert_eq!(answer.headers()["etag"], last.headers()["etag"]);
    assert!(answer.bytes().await.unwrap() == bytes);
    assert_eq!(stands_at(&service, &upload, "writer").await, None, "it is done");
}

#[tokio::test]
async fn an_upload_can_be_given_up() {
    let service = Service::start().await;
    let upload = id(&create(&service, "a", 10, "writer").send().await.unwrap());
    let give_up = service.request("DELETE", &upload, "writer").header("tus-resumable", "1.0.0");
    assert_eq!(give_up.send().await.unwrap().status().as_u16(), 204);
    assert_eq!(stands_at(&service, &upload, "writer").await, None);
    let quota = service.request("GET", "api/v1/workspaces/higgs", "writer").send().await.unwrap();
    let quota: serde_json::Value = serde_json::from_slice(&quota.bytes().await.unwrap()).unwrap();
    assert_eq!(quota["quota"]["reserved_bytes"], 0);
}

#[tokio::test]
async fn what_is_no_upload_is_refused() {
    let service = Service::start().await;
    let status = async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(status(service.request("POST", "uploads", "writer")).await, 412, "another version of TUS");
    let without = service.request("POST", "uploads", "writer").header("tus-resumable", "1.0.0");
    assert_eq!(status(without).await, 400);
    assert_eq!(status(create(&service, "../a", 1, "writer")).await, 400);
    assert_eq!(status(create(&service, "a", 0, "writer")).await, 201);
    assert_eq!(service.status("GET", "files/higgs/a", "reader").await, 200, "an empty file is there at once");
    let with_first = create(&service, "b", 3, "writer")
        .header("content-type", "application/offset+octet-stream")
        .body("abc");
    assert_eq!(status(with_first).await, 201);
    assert_eq!(
        service.request("GET", "files/higgs/b", "reader").send().await.unwrap().text().await.unwrap(),
        "abc"
    );
}
