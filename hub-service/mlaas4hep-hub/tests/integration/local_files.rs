//! Open files for programs on the machine of the service.

use super::client::{connection, content, on_thread, open, put};
use super::service::Service;
use byte_source::ByteSource;
use hub_client::hub_api::LocalOffer;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tempfile::TempDir;

const FILE: &str = "shared://higgs/events.root";

/// A service with such a socket, and the file in it.
async fn with_socket(bytes: &[u8]) -> (Service, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hub.sock");
    let service = Service::start_with(&format!("[listen]\nlocal_socket = \"{}\"\n", socket.display())).await;
    put(&service, FILE, bytes).await;
    (service, folder)
}

async fn offer(service: &Service, caller: &str, want: &str) -> Option<LocalOffer> {
    let asked = service.request("GET", "files/higgs/events.root", caller);
    let answer = asked.header("want-local-file", want).send().await.unwrap();
    LocalOffer::parse(answer.headers().get("local-file")?.as_bytes())
}

/// What the socket answers to some bytes, without the descriptor that may come with it.
fn answer_to(offer: &LocalOffer, sent: &[u8]) -> Vec<u8> {
    let mut stream = UnixStream::connect(&offer.socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(sent).unwrap();
    let mut answer = Vec::new();
    // A descriptor that nobody takes is closed.
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn the_file_itself_is_read() {
    let bytes = content(3_000_000);
    let (mut service, _folder) = with_socket(&bytes).await;
    let reader = connection(service.address, "reader");
    let file = on_thread(move || open(&reader, FILE)).await;
    assert!(!file.is_far(), "it is at hand");
    assert_eq!((file.name(), file.len()), (FILE, 3_000_000));
    // What was opened stays as it was, whatever becomes of the name and of the service.
    put(&service, FILE, b"other").await;
    assert!(tokio::task::spawn_blocking(move || service.end()).await.unwrap().success());
    on_thread(move || {
        assert!(file.read_at(0..3_000_000).unwrap() == bytes);
        let many = file.read_many(&[7..9, 0..1]).unwrap();
        assert_eq!((&*many[0], &*many[1]), (&bytes[7..9], &bytes[..1]));
        assert!(file.read_at(0..3_000_001).is_err());
    })
    .await;
}

#[tokio::test]
async fn where_the_socket_is_not_the_bytes_come_by_ranges() {
    let bytes = content(300_000);
    let (service, folder) = with_socket(&bytes).await;
    std::fs::remove_file(folder.path().join("hub.sock")).unwrap();
    let reader = connection(service.address, "reader");
    on_thread(move || {
        let file = open(&reader, FILE);
        assert!(file.is_far());
        assert!(*file.read_at(1..300_000).unwrap() == bytes[1..]);
    })
    .await;
}

#[tokio::test]
async fn only_who_may_read_gets_a_ticket_and_it_works_once() {
    let (service, _folder) = with_socket(b"bytes").await;
    for (caller, want) in [("outsider", "?1"), ("unknown", "?1"), ("anonymous", "?1"), ("reader", "?0")] {
        assert_eq!(offer(&service, caller, want).await, None, "{caller} {want}");
    }
    let given = offer(&service, "reader", "?1").await.unwrap();
    let other = offer(&service, "reader", "?1").await.unwrap();
    assert_ne!(given.ticket, other.ticket);
    on_thread(move || {
        let ticket = given.ticket.as_bytes();
        assert_eq!(answer_to(&given, &[b'x'; 43]), b"", "a guess");
        assert_eq!(answer_to(&given, &[0xff; 43]), b"", "no text");
        assert_eq!(answer_to(&given, ticket), b".");
        assert_eq!(answer_to(&given, ticket), b"", "it was used");
        // Who says nothing is not waited for.
        assert_eq!(answer_to(&given, &ticket[..10]), b"");
        std::thread::sleep(Duration::from_secs(11));
        assert_eq!(answer_to(&other, other.ticket.as_bytes()), b"", "it is too old");
    })
    .await;
}

#[tokio::test]
async fn an_old_socket_is_replaced_and_goes_at_the_end() {
    let (mut service, folder) = with_socket(b"bytes").await;
    service.kill_and_start_again().await;
    assert!(offer(&service, "reader", "?1").await.is_some());
    let socket = folder.path().join("hub.sock");
    assert!(UnixStream::connect(&socket).is_ok());
    assert!(tokio::task::spawn_blocking(move || service.end()).await.unwrap().success());
    assert!(!socket.exists());
}
