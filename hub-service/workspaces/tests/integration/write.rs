//! Writing: what becomes visible when.

use bytes::Bytes;
use hub_api::EntryKind;
use workspaces::{Parents, Preconditions, WriteOptions};

use super::support::{alice, code, get, name, names, path, put, set_limits, sqlite, stores, try_put};

fn if_match(tag: &str) -> Preconditions {
    Preconditions { if_match: Some(vec![tag.to_owned()]), ..Preconditions::default() }
}

fn if_new() -> Preconditions {
    Preconditions { if_none_match_any: true, ..Preconditions::default() }
}

#[tokio::test]
async fn a_file_is_what_was_written() {
    for store in stores("a_file_is_what_was_written").await {
        let (s, alice) = (&store.workspaces, alice());
        let entry = put(s, &alice, "higgs", "data/2026/a.root", b"abc").await;
        assert_eq!(entry.path.as_str(), "data/2026/a.root");
        assert_eq!((entry.kind, entry.size_bytes, entry.version), (EntryKind::File, 3, 1));
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(entry.sha256.as_deref(), Some(sha256));
        assert_eq!(entry.etag, Some(format!("\"{}\"", &sha256[..32])));
        assert_eq!((entry.modified.as_str(), entry.modified_by.as_str()), ("2023-11-14T22:13:20Z", "alice"));
        assert_eq!(s.stat(&alice, &name("higgs"), &path("data/2026/a.root")).await.unwrap(), entry);
        assert_eq!(names(s, &alice, "higgs").await, ["data", "data/2026", "data/2026/a.root"]);
        assert_eq!(get(s, &alice, "higgs", "data/2026/a.root").await.unwrap(), b"abc");
        let quota = s.quota(&alice, &name("higgs")).await.unwrap();
        assert_eq!((quota.used_bytes, quota.reserved_bytes, quota.used_entries), (3, 0, 3));
        // Empty files, and the same bytes under another name, which are stored once.
        put(s, &alice, "higgs", "empty", b"").await;
        put(s, &alice, "higgs", "twin", b"abc").await;
        assert_eq!(s.check(true).await.unwrap().n_blobs, 2);
        assert_eq!(s.quota(&alice, &name("higgs")).await.unwrap().used_bytes, 6);
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn preconditions_keep_the_work_of_others() {
    for store in stores("preconditions_keep_the_work_of_others").await {
        let (s, alice) = (&store.workspaces, alice());
        let first = put(s, &alice, "higgs", "a", b"1").await;
        let tag = first.etag.unwrap();
        let second = try_put(s, &alice, "higgs", "a", b"2", if_match(&tag)).await.unwrap();
        assert_eq!(second.version, 2);
        assert_eq!(code(try_put(s, &alice, "higgs", "a", b"3", if_match(&tag)).await), "changed_meanwhile");
        assert_eq!(code(try_put(s, &alice, "higgs", "a", b"3", if_new()).await), "changed_meanwhile");
        assert_eq!(code(try_put(s, &alice, "higgs", "new", b"3", if_match("*")).await), "changed_meanwhile");
        assert!(try_put(s, &alice, "higgs", "a", b"3", if_match("*")).await.is_ok());
        assert!(try_put(s, &alice, "higgs", "new", b"3", if_new()).await.is_ok());
        let error = try_put(s, &alice, "higgs", "a", b"4", if_match(&tag)).await.unwrap_err();
        let text = error.to_string();
        assert_eq!(text, "a was changed meanwhile by alice at 2023-11-14T22:13:20Z: it is version 3");
        assert_eq!(error.status(), 412);
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn one_of_two_writers_with_the_same_tag_wins() {
    for store in stores("one_of_two_writers_with_the_same_tag_wins").await {
        let (s, alice) = (&store.workspaces, alice());
        let tag = put(s, &alice, "higgs", "a", b"0").await.etag.unwrap();
        let (one, two) = tokio::join!(
            try_put(s, &alice, "higgs", "a", b"one", if_match(&tag)),
            try_put(s, &alice, "higgs", "a", b"two", if_match(&tag)),
        );
        let results = [one, two].map(|result| result.map_or_else(|error| error.code(), |_| "done"));
        assert!(
            results == ["done", "changed_meanwhile"] || results == ["changed_meanwhile", "done"],
            "{results:?}"
        );
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn names_in_the_way_are_errors() {
    let store = sqlite().await;
    let (s, alice) = (&store.workspaces, alice());
    put(s, &alice, "higgs", "file", b"1").await;
    put(s, &alice, "higgs", "folder/x", b"1").await;
    assert_eq!(
        code(try_put(s, &alice, "higgs", "folder", b"1", Preconditions::default()).await),
        "not_a_file"
    );
    assert_eq!(code(try_put(s, &alice, "higgs", "", b"1", Preconditions::default()).await), "not_a_file");
    assert_eq!(
        code(try_put(s, &alice, "higgs", "file/x", b"1", Preconditions::default()).await),
        "not_a_folder"
    );
    let make = |text: &'static str, parents| {
        let alice = alice.clone();
        async move { s.make_folder(&alice, &name("higgs"), &path(text), parents).await }
    };
    assert_eq!(code(make("file", Parents::Make).await), "not_a_folder");
    assert_eq!(code(make("file/x", Parents::Make).await), "not_a_folder");
    assert_eq!(code(make("p/q/r", Parents::MustExist).await), "parent_missing");
    assert!(make("p/q/r", Parents::Make).await.unwrap().is_new);
    assert!(!make("p/q/r", Parents::MustExist).await.unwrap().is_new);
    assert!(!make("", Parents::Make).await.unwrap().is_new);
    let options = WriteOptions { parents: Parents::MustExist, ..WriteOptions::default() };
    let upload = s.begin_write(&alice, &name("higgs"), &path("none/x"), options).await.unwrap();
    assert_eq!(code(upload.finish(None).await), "parent_missing");
    store.assert_sound().await;
    store.assert_nothing_reserved(&alice, "higgs").await;
}

#[tokio::test]
async fn announced_sizes_and_digests_must_be_true() {
    let store = sqlite().await;
    let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
    let file = path("a");
    let begin = |options: WriteOptions| s.begin_write(&alice, &higgs, &file, options);
    let sized = |size| WriteOptions { size_bytes: Some(size), ..WriteOptions::default() };
    let mut upload = begin(sized(2)).await.unwrap();
    assert_eq!(code(upload.append(Bytes::from_static(b"abc")).await), "size_mismatch");
    drop(upload);
    let mut upload = begin(sized(4)).await.unwrap();
    upload.append(Bytes::from_static(b"abc")).await.unwrap();
    assert_eq!(code(upload.finish(None).await), "size_mismatch");
    let wrong = "0".repeat(64);
    let mut upload = begin(sized(3)).await.unwrap();
    upload.append(Bytes::from_static(b"abc")).await.unwrap();
    assert_eq!(code(upload.finish(Some(&wrong)).await), "digest_mismatch");
    let announced = WriteOptions { sha256: Some(wrong), ..WriteOptions::default() };
    assert_eq!(code(begin(announced).await.unwrap().finish(None).await), "digest_mismatch");
    let bad = WriteOptions { sha256: Some("abc".to_owned()), ..WriteOptions::default() };
    assert_eq!(begin(bad).await.err().unwrap().code(), "invalid");
    let long = WriteOptions { made_by: Some("x".repeat(2000)), ..WriteOptions::default() };
    assert_eq!(begin(long).await.err().unwrap().code(), "invalid");
    let upper = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    let mut upload = begin(sized(3)).await.unwrap();
    upload.append(Bytes::from_static(b"abc")).await.unwrap();
    assert_eq!(upload.finish(Some(upper)).await.unwrap().version, 1);
    store.assert_nothing_reserved(&alice, "higgs").await;
    let report = s.check(true).await.unwrap();
    assert!(report.is_sound() && report.n_garbage == 0 && report.n_uploads == 0, "{report:?}");
}

#[tokio::test]
async fn room_is_taken_at_the_start_and_settled_at_the_end() {
    for store in stores("room_is_taken_at_the_start_and_settled_at_the_end").await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        set_limits(s, "higgs", 10_000_000, 3).await;
        let options = WriteOptions { size_bytes: Some(9_000_000), ..WriteOptions::default() };
        let upload = s.begin_write(&alice, &higgs, &path("big"), options).await.unwrap();
        assert_eq!(s.quota(&alice, &higgs).await.unwrap().reserved_bytes, 9_000_000);
        let error = try_put(s, &alice, "higgs", "other", &vec![0; 1_000_001], Preconditions::default())
            .await
            .unwrap_err();
        assert_eq!((error.code(), error.status()), ("quota_exceeded", 507));
        assert_eq!(
            error.to_string(),
            "higgs has no room for 1000001 bytes more: 1000000 bytes of 9.54 MiB are free (8.58 MiB are promised to \
             unfinished uploads)"
        );
        assert!(error.next_step().unwrap().contains("ask an administrator of the service"));
        upload.abort().await.unwrap();
        // Of unknown size: in steps, up to the limit and not past it.
        let mut upload = s.begin_write(&alice, &higgs, &path("big"), WriteOptions::default()).await.unwrap();
        for _ in 0..9 {
            upload.append(Bytes::from(vec![7; 1_000_000])).await.unwrap();
        }
        upload.append(Bytes::from(vec![7; 999_999])).await.unwrap();
        assert_eq!(code(upload.append(Bytes::from(vec![7; 2])).await), "quota_exceeded");
        drop(upload);
        store.assert_nothing_reserved(&alice, "higgs").await;
        // Names have a limit as well, those of folders that are made on the way among them.
        assert_eq!(
            code(try_put(s, &alice, "higgs", "a/b/c/d", b"", Preconditions::default()).await),
            "quota_exceeded"
        );
        assert!(names(s, &alice, "higgs").await.is_empty());
        put(s, &alice, "higgs", "a/b/c", b"").await;
        assert_eq!(code(s.make_folder(&alice, &higgs, &path("d"), Parents::Make).await), "quota_exceeded");
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn a_lowered_limit_keeps_what_is_there() {
    let store = sqlite().await;
    let (s, alice) = (&store.workspaces, alice());
    put(s, &alice, "higgs", "a", &[1; 100]).await;
    set_limits(s, "higgs", 50, 1).await;
    assert_eq!(get(s, &alice, "higgs", "a").await.unwrap().len(), 100);
    assert_eq!(
        code(try_put(s, &alice, "higgs", "a", b"x", Preconditions::default()).await),
        "quota_exceeded"
    );
    // An empty version takes no room.
    put(s, &alice, "higgs", "a", b"").await;
    store.assert_sound().await;
}
