//! Backup and restore.

use workspaces::{Settings, Workspaces, WriteOptions, restore_backup};

use super::support::{alice, code, get, name, names, path, put, sqlite};

#[tokio::test]
async fn a_backup_made_in_use_comes_back() {
    let store = sqlite().await;
    let (s, alice) = (store.workspaces.clone(), alice());
    put(&s, &alice, "higgs", "d/a", b"abc").await;
    put(&s, &alice, "higgs", "b", b"twelve bytes").await;
    s.create_upload(
        &alice,
        &name("higgs"),
        &path("u"),
        WriteOptions { size_bytes: Some(9), ..WriteOptions::default() },
    )
    .await
    .unwrap();
    let writer = {
        let (s, alice) = (s.clone(), alice.clone());
        tokio::spawn(async move {
            for i in 0..20 {
                put(&s, &alice, "higgs", &format!("busy/{i}"), format!("{i}").as_bytes()).await;
            }
        })
    };
    let backup = store.folder.path().join("backup");
    let report = s.backup(&backup).await.unwrap();
    writer.await.unwrap();
    assert!(report.n_blobs >= 2 && report.n_bytes >= 15);
    // A second backup takes the place of the first.
    assert!(s.backup(&backup).await.unwrap().n_blobs >= report.n_blobs);
    put(&s, &alice, "higgs", "d/a", b"later").await;
    let again =
        Settings { folder: store.folder.path().join("again"), ..Settings::default() }.check().unwrap();
    let report = restore_backup(&backup, &again).await.unwrap();
    assert!(report.is_sound() && report.n_uploads == 0, "{report:?}");
    assert_eq!(code(restore_backup(&backup, &again).await), "invalid");
    assert_eq!(code(restore_backup(store.folder.path(), &again).await), "invalid");
    let restored = Workspaces::open(&again).await.unwrap();
    assert_eq!(get(&restored, &alice, "higgs", "d/a").await.unwrap(), b"abc");
    assert_eq!(restored.quota(&alice, &name("higgs")).await.unwrap().reserved_bytes, 0);
    assert!(names(&restored, &alice, "higgs").await.starts_with(&["b".to_owned()]));
    // What is written there does not reach the original.
    put(&restored, &alice, "higgs", "b", b"new").await;
    assert_eq!(get(&s, &alice, "higgs", "b").await.unwrap(), b"twelve bytes");
    store.assert_sound().await;
}

#[tokio::test]
async fn bytes_that_changed_in_a_backup_are_told() {
    let store = sqlite().await;
    put(&store.workspaces, &alice(), "higgs", "a", b"abc").await;
    let backup = store.folder.path().join("backup");
    store.workspaces.backup(&backup).await.unwrap();
    let in_folder =
        |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let blob = in_folder(&in_folder(&backup.join("blobs")));
    // A second name of the same file: another one takes its place, so that the original stays.
    std::fs::remove_file(&blob).unwrap();
    std::fs::write(&blob, b"abd").unwrap();
    let again =
        Settings { folder: store.folder.path().join("again"), ..Settings::default() }.check().unwrap();
    let report = restore_backup(&backup, &again).await.unwrap();
    assert_eq!(
        (report.n_problems, report.problems[0].contains("has another digest; version ")),
        (1, true),
        "{report:?}"
    );
    store.assert_sound().await;
}

#[tokio::test]
async fn two_processes_do_not_share_a_folder() {
    let store = sqlite().await;
    let error = Workspaces::open(&store.settings).await.err().unwrap();
    assert!(error.to_string().ends_with("is open in another process; stop that one first"), "{error}");
}
