//! Blobs in a bucket.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::TryStreamExt;
use workspaces::{BlobSettings, Preconditions, S3Settings, Secret, WriteOptions};

use super::{
    support::{Store, chief, code, get, name, path, put, skipped, sqlite_with, try_put},
    weed,
};

/// `object_store` speaks TLS by rustls, which wants to know by which library; once for the process.
fn with_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn store_at(endpoint: &str, prefix: &str, timeout_seconds: u32) -> Store {
    with_crypto();
    let s3 = S3Settings {
        endpoint: endpoint.to_owned(),
        bucket: weed::BUCKET.to_owned(),
        region: "us-east-1".to_owned(),
        access_key: weed::ACCESS_KEY.to_owned(),
        secret_key: Secret::new(weed::SECRET_KEY),
        prefix: prefix.to_owned(),
        timeout_seconds,
        allow_http: true,
    };
    sqlite_with(|settings| {
        settings.blobs = BlobSettings::S3(s3.clone());
        settings.keep_garbage_seconds = 0;
    })
    .await
}

#[tokio::test]
async fn a_bucket_holds_the_bytes() {
    let endpoint = match weed::endpoint() {
        Ok(endpoint) => endpoint,
        Err(why) => return skipped("a_bucket_holds_the_bytes", &why),
    };
    let store = store_at(&endpoint, "one/", 30).await;
    let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
    put(s, &chief, "higgs", "small", b"abc").await;
    put(s, &chief, "higgs", "twin", b"abc").await;
    put(s, &chief, "higgs", "empty", b"").await;
    assert_eq!(get(s, &chief, "higgs", "small").await.unwrap(), b"abc");
    assert_eq!(get(s, &chief, "higgs", "empty").await.unwrap(), b"");
    // In several parts.
    let content: Vec<u8> = (0..20_000_000_u32).map(|i| (i % 251) as u8).collect();
    let mut upload = s.begin_write(&chief, &higgs, &path("large"), WriteOptions::default()).await.unwrap();
    for block in content.chunks(1 << 20) {
        upload.append(Bytes::copy_from_slice(block)).await.unwrap();
    }
    upload.finish(None).await.unwrap();
    let large = s.read(&chief, &higgs, &path("large"), None).await.unwrap();
    assert!(large.local_file().is_none());
    for (from, to) in [(0, 10), (8_388_600, 8_388_620), (19_999_990, 30_000_000), (5, 5)] {
        let blocks: Vec<Bytes> = large.stream(from..to).try_collect().await.unwrap();
        assert_eq!(blocks.concat(), content[from as usize..to.min(20_000_000) as usize]);
    }
    let address = s
        .presigned_read(&chief, &higgs, &path("small"), None, Duration::from_mins(1))
        .await
        .unwrap()
        .unwrap();
    assert!(address.starts_with(&endpoint) && address.contains("X-Amz-Signature"), "{address}");
    store.assert_sound().await;
    let deleted = s.delete(&chief, &higgs, &path("large"), &Preconditions::default()).await.unwrap();
    s.delete_for_good(&chief, &higgs, &deleted.id).await.unwrap();
    assert_eq!(s.sweep().await.unwrap().blobs, 1);
    let report = s.check(true).await.unwrap();
    assert_eq!((report.n_blobs, report.n_garbage, report.n_problems), (2, 0, 0), "{report:?}");
}

#[tokio::test]
async fn an_address_that_needs_no_token_ends() {
    let endpoint = match weed::endpoint() {
        Ok(endpoint) => endpoint,
        Err(why) => return skipped("an_address_that_needs_no_token_ends", &why),
    };
    let store = store_at(&endpoint, "ends/", 30).await;
    let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
    put(s, &chief, "higgs", "a", b"abc").await;
    let address = async |seconds| {
        let valid = Duration::from_secs(seconds);
        s.presigned_read(&chief, &higgs, &path("a"), None, valid).await.unwrap().unwrap()
    };
    let short = address(3).await;
    let begun = Instant::now();
    assert_eq!(reqwest::get(&short).await.unwrap().bytes().await.unwrap(), "abc");
    while reqwest::get(&short).await.unwrap().status() != 403 {
        assert!(begun.elapsed() < Duration::from_secs(15), "it ends");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    // Times are whole seconds.
    assert!(begun.elapsed() > Duration::from_millis(1900), "{:?}", begun.elapsed());
    assert!(address(86_400).await.contains("X-Amz-Expires=900&"), "fifteen minutes at most");
}

#[tokio::test]
async fn a_bucket_that_stalls_fails_in_time() {
    // Takes connections, and never answers.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok(connection) = listener.accept().await {
            connections.push(connection);
        }
    });
    let store = store_at(&endpoint, "", 1).await;
    let started = Instant::now();
    let error = try_put(&store.workspaces, &chief(), "higgs", "a", b"abc", Preconditions::default())
        .await
        .unwrap_err();
    assert_eq!((error.code(), error.status()), ("store_stalled", 504));
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(code(get(&store.workspaces, &chief(), "higgs", "a").await), "not_found");
    store.assert_nothing_reserved(&chief(), "higgs").await;
    silent.abort();
}
