//! The check finds what is wrong.

use super::support::{alice, chief, get, name, put, sqlite};
use sqlx::Connection;
use std::path::{Path, PathBuf};

#[tokio::test]
async fn wrong_counts_and_lost_rows_are_found() {
    let mut store = sqlite().await;
    put(&store.workspaces, &alice(), "higgs", "d/a", b"abc").await;
    put(&store.workspaces, &alice(), "higgs", "d/b", b"abcd").await;
    let file = store.folder.path().join("store/names.sqlite");
    for (harm, problem) in [
        ("UPDATE workspaces SET used_bytes = used_bytes + 1", "higgs: bytes used are not the sum"),
        ("UPDATE workspaces SET used_entries = 1", "higgs: files and folders used are not the sum"),
        ("UPDATE workspaces SET reserved_bytes = 9", "higgs: bytes promised are not the sum"),
        ("DELETE FROM entries WHERE path = 'd'", "d/a: lies in no folder"),
        ("DELETE FROM versions WHERE size_bytes = 3", "d/a: has no newest version"),
        ("UPDATE entries SET version = 0 WHERE path = 'd/b'", "d/b: has a version newer than the newest"),
        (
            "UPDATE versions SET sha256 = 'x' WHERE size_bytes = 4",
            "d/b: differs from its bytes in size or digest",
        ),
        (
            "UPDATE entries SET trash = 'x' WHERE path = 'd/b'",
            "d/b: is in the trash, but its deletion is not",
        ),
    ] {
        store.workspaces.close().await;
        let saved = std::fs::read(&file).unwrap();
        let url = format!("sqlite://{}", file.display());
        let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query(harm).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
        store.reopen().await;
        let report = store.workspaces.check(true).await.unwrap();
        assert!(report.problems.contains(&problem.to_owned()), "{harm}: {report:?}");
        store.workspaces.close().await;
        std::fs::write(&file, saved).unwrap();
        store.reopen().await;
        store.assert_sound().await;
    }
    assert_eq!(store.workspaces.quota(&chief(), &name("higgs")).await.unwrap().used_bytes, 7);
}

/// The one file below a folder.
fn file_in(folder: &Path) -> PathBuf {
    let entry = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    if entry.is_dir() { file_in(&entry) } else { entry }
}

#[tokio::test]
async fn the_same_bytes_again_make_whole_what_was_hurt() {
    let store = sqlite().await;
    let s = &store.workspaces;
    put(s, &alice(), "higgs", "d/a", b"abc").await;
    let blob = file_in(&store.folder.path().join("store/blobs"));
    for harm in [Some("abd"), Some("ab"), None] {
        std::fs::remove_file(&blob).unwrap();
        if let Some(bytes) = harm {
            std::fs::write(&blob, bytes).unwrap();
        }
        let report = s.check(true).await.unwrap();
        assert_eq!(report.n_problems, 1, "{harm:?}");
        assert!(report.problems[0].contains("; version 1 of d/a in higgs"), "{report:?}");
        put(s, &alice(), "higgs", "d/b", b"abc").await;
        assert_eq!(get(s, &alice(), "higgs", "d/a").await.unwrap(), b"abc", "{harm:?}");
        store.assert_sound().await;
    }
}
