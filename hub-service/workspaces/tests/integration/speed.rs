//! How fast. Not run by default: `cargo test --release -p workspaces -- --ignored --show-output speed`.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt, future::join_all};
use hub_api::FilePath;
use sqlx::Connection;
use workspaces::{ListOptions, WriteOptions};

use super::support::{alice, name, path, put, set_limits, sqlite};

const GIB: u64 = 1 << 30;

fn said(text: &str) {
    let _said = writeln!(std::io::stderr(), "{text}");
}

/// Most memory of this process so far, in MB.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes and 3 GiB of disk"]
async fn speed_of_uploads_and_downloads() {
    let store = sqlite().await;
    let (s, alice, higgs) = (store.workspaces.clone(), alice(), name("higgs"));
    for n_at_once in [1, 8] {
        let size = GIB / n_at_once;
        let started = Instant::now();
        let uploads = (0..n_at_once).map(|i| {
            let (s, alice, higgs) = (s.clone(), alice.clone(), higgs.clone());
            tokio::spawn(async move {
                let options = WriteOptions { size_bytes: Some(size), ..WriteOptions::default() };
                let mut upload =
                    s.begin_write(&alice, &higgs, &path(&format!("{n_at_once}/{i}")), options).await.unwrap();
                for block in 0..size / (1 << 16) {
                    let mut bytes = vec![i as u8; 1 << 16];
                    bytes[..8].copy_from_slice(&(block + n_at_once).to_le_bytes());
                    upload.append(Bytes::from(bytes)).await.unwrap();
                }
                upload.finish(None).await.unwrap();
            })
        });
        join_all(uploads).await;
        let rate = GIB as f64 / 1e6 / started.elapsed().as_secs_f64();
        said(&format!("upload of 1 GiB, {n_at_once} at once: {rate:.0} MB/s, peak {} MB", peak_mb()));
    }
    let file = s.read(&alice, &higgs, &path("1/0"), None).await.unwrap();
    let (started, mut stream) = (Instant::now(), file.stream(0..GIB));
    while let Some(block) = stream.next().await {
        block.unwrap();
    }
    let rate = GIB as f64 / 1e6 / started.elapsed().as_secs_f64();
    said(&format!("download of 1 GiB: {rate:.0} MB/s, peak {} MB", peak_mb()));
    assert!(peak_mb() < 150);
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn speed_of_small_files() {
    let store = sqlite().await;
    let (s, alice) = (&store.workspaces, alice());
    let started = Instant::now();
    for i in 0..1000 {
        put(s, &alice, "higgs", &format!("d/{i}"), format!("{i}").as_bytes()).await;
    }
    said(&format!(
        "1000 small files, one after the other: {:.0} a second",
        1000.0 / started.elapsed().as_secs_f64()
    ));
    let started = Instant::now();
    for i in 0..1000 {
        s.stat(&alice, &name("higgs"), &path(&format!("d/{i}"))).await.unwrap();
    }
    said(&format!("stat: {:.0} us", started.elapsed().as_secs_f64() * 1000.0));
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn speed_of_a_million_names() {
    let mut store = sqlite().await;
    put(&store.workspaces, &alice(), "higgs", "d/x", b"abc").await;
    set_limits(&store.workspaces, "higgs", 1 << 40, 2_000_000).await;
    store.workspaces.close().await;
    let url = format!("sqlite://{}", store.folder.path().join("store/names.sqlite").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
    for sql in [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) \
         INSERT INTO entries (workspace, trash, parent, path, kind, version, modified, modified_by) \
         SELECT e.workspace, '', 'd', printf('d/%07d.root', i), 1, 1, 0, 'alice' FROM n, entries e WHERE e.path = 'd/x'",
        "INSERT INTO versions (entry, number, blob, size_bytes, sha256, modified, modified_by) \
         SELECT e.id, 1, b.id, 3, b.sha256, 0, 'alice' FROM entries e, blobs b WHERE e.kind = 1 AND e.path <> 'd/x'",
        "UPDATE workspaces SET used_entries = 1000002, used_bytes = 3000003 WHERE name = 'higgs'",
    ] {
        sqlx::query(sql).execute(&mut database).await.unwrap();
    }
    database.close().await.unwrap();
    store.reopen().await;
    let s = &store.workspaces;
    for recursive in [false, true] {
        let (mut times, mut cursor, mut n) = (Vec::new(), None, 0);
        loop {
            let options = ListOptions { recursive, limit: 1000, cursor };
            let started = Instant::now();
            let folder = if recursive { FilePath::root() } else { path("d") };
            let page = s.list(&alice(), &name("higgs"), &folder, &options).await.unwrap();
            times.push(started.elapsed());
            n += page.entries.len();
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        times.sort();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        said(&format!(
            "{n} names by pages of 1000: median {median:?}, worst {worst:?}, recursive {recursive}"
        ));
        assert!(n >= 1_000_001 && median < Duration::from_millis(20));
    }
}
