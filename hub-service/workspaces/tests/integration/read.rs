//! Reading.

use std::os::unix::fs::FileExt;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use workspaces::Preconditions;

use super::support::{chief, code, get, name, path, put, sqlite, sqlite_with, stores};

#[tokio::test]
async fn ranges_give_their_bytes() {
    for store in stores("ranges_give_their_bytes").await {
        let (s, chief) = (&store.workspaces, chief());
        let content: Vec<u8> = (0..2_000_000_u32).map(|i| (i % 251) as u8).collect();
        put(s, &chief, "higgs", "a", &content).await;
        let file = s.read(&chief, &name("higgs"), &path("a"), None).await.unwrap();
        for (from, to) in [
            (0, 1),
            (0, 2_000_000),
            (524_287, 524_289),
            (1_999_999, 5_000_000),
            (7, 7),
            (9, 3),
            (3_000_000, 4_000_000),
        ] {
            let blocks: Vec<Bytes> = file.stream(from..to).try_collect().await.unwrap();
            let (from, to) = (from.min(2_000_000) as usize, to.min(2_000_000) as usize);
            assert_eq!(blocks.concat(), content[from..to.max(from)], "{from}..{to}");
        }
        let mut direct = [0; 10];
        file.local_file().unwrap().read_exact_at(&mut direct, 100).unwrap();
        assert_eq!(direct, content[100..110]);
        // zlib.adler32(bytes(i % 251 for i in range(2000000)))
        assert_eq!((file.size_bytes(), file.adler32), (2_000_000, ADLER));
    }
}

const ADLER: u32 = 0x68f6_845a;

#[tokio::test]
async fn a_file_that_goes_while_it_is_read_is_read_to_the_end() {
    let store = sqlite_with(|settings| settings.keep_garbage_seconds = 0).await;
    let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
    put(s, &chief, "higgs", "a", &vec![7; 3_000_000]).await;
    let file = s.read(&chief, &higgs, &path("a"), None).await.unwrap();
    let mut stream = file.stream(0..3_000_000);
    let first = stream.next().await.unwrap().unwrap();
    let deleted = s.delete(&chief, &higgs, &path("a"), &Preconditions::default()).await.unwrap();
    s.delete_for_good(&chief, &higgs, &deleted.id).await.unwrap();
    s.sweep().await.unwrap();
    assert_eq!(s.sweep().await.unwrap().blobs + s.check(true).await.unwrap().n_blobs, 0);
    let rest: Vec<Bytes> = stream.try_collect().await.unwrap();
    assert_eq!(first.len() + rest.concat().len(), 3_000_000);
    assert_eq!(code(get(s, &chief, "higgs", "a").await), "not_found");
}

#[tokio::test]
async fn bytes_that_are_lost_are_an_error_and_a_finding() {
    let store = sqlite().await;
    let (s, chief) = (&store.workspaces, chief());
    put(s, &chief, "higgs", "a", b"abc").await;
    put(s, &chief, "higgs", "b", b"abcdef").await;
    let blobs = store.folder.path().join("store/blobs");
    for folder in std::fs::read_dir(blobs).unwrap() {
        for blob in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let blob = blob.unwrap().path();
            match std::fs::read(&blob).unwrap().len() {
                3 => std::fs::remove_file(blob).unwrap(),
                _ => std::fs::write(blob, b"abcdeX").unwrap(),
            }
        }
    }
    let error = get(s, &chief, "higgs", "a").await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("store_failed", 502));
    assert_eq!(error.to_api_error().message, "the bytes of this file are missing in the store");
    assert_eq!(s.check(false).await.unwrap().n_problems, 1);
    let report = s.check(true).await.unwrap();
    assert_eq!(report.n_problems, 2);
    assert!(
        report.problems.iter().any(|problem| problem.contains("has another digest; version 1 of ")),
        "{report:?}"
    );
}
