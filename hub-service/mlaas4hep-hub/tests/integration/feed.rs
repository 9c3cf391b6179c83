//! The change feed.

use super::service::Service;
use reqwest::Response;
use std::time::Duration;

/// Reads the stream until it holds some words.
async fn wait_for(stream: &mut Response, words: &str) -> String {
    let mut text = String::new();
    while !text.contains(words) {
        let block =
            tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await.expect("an event in time");
        text.push_str(&String::from_utf8_lossy(&block.unwrap().expect("the stream goes on")));
    }
    text
}

#[tokio::test]
async fn changes_are_told_and_told_again() {
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/a.txt", "writer", "1").await, 201);
    let route = "api/v1/workspaces/higgs/changes";
    let mut stream = service.request("GET", route, "reader").send().await.unwrap();
    let first = wait_for(&mut stream, "a.txt").await;
    let number = first.lines().find_map(|line| line.strip_prefix("id:")).unwrap().trim().to_owned();
    assert_eq!(service.put("files/higgs/b.txt", "writer", "2").await, 201);
    let second = wait_for(&mut stream, "b.txt").await;
    assert!(second.contains("event: change") || second.contains("event:change"), "{second}");
    let again = service.request("GET", route, "reader").header("last-event-id", number);
    let text = wait_for(&mut again.send().await.unwrap(), "b.txt").await;
    assert!(!text.contains("a.txt"), "what is known is not told again: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_service_ends_the_stream() {
    let mut service = Service::start().await;
    let mut stream =
        service.request("GET", "api/v1/workspaces/higgs/changes", "reader").send().await.unwrap();
    let status = tokio::task::block_in_place(|| service.end());
    assert!(status.success());
    while let Ok(Some(_)) = stream.chunk().await {}
}

/// Rights are looked at when the client comes again.
#[tokio::test]
async fn a_stream_ends_after_a_minute() {
    let service = Service::start().await;
    let begun = std::time::Instant::now();
    let mut stream =
        service.request("GET", "api/v1/workspaces/higgs/changes", "reader").send().await.unwrap();
    let read = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(90), read).await.expect("an end");
    assert!(begun.elapsed() >= Duration::from_secs(55), "{:?}", begun.elapsed());
}
