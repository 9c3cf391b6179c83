//! Uploads that go on.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use workspaces::{Preconditions, WriteOptions};

use super::support::{DAY, NOW, actor, alice, code, get, mallory, name, path, put, set_limits, stores};

fn bytes_of(
    blocks: &[&'static [u8]],
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send + Unpin {
    stream::iter(blocks.iter().map(|&block| Ok(Bytes::from_static(block))).collect::<Vec<_>>())
}

fn sized(size: u64) -> WriteOptions {
    WriteOptions { size_bytes: Some(size), ..WriteOptions::default() }
}

#[tokio::test]
async fn an_upload_survives_a_restart() {
    for mut store in stores("an_upload_survives_a_restart").await {
        let (alice, higgs) = (alice(), name("higgs"));
        let s = store.workspaces.clone();
        let options = WriteOptions {
            made_by: Some("job 7".to_owned()),
            media_type: Some("a/b".to_owned()),
            ..sized(6)
        };
        let status = s.create_upload(&alice, &higgs, &path("d/a"), options).await.unwrap();
        assert_eq!(
            (status.offset, status.size_bytes, status.expires.as_str()),
            (0, Some(6), "2023-11-16T22:13:20Z")
        );
        let id = status.id;
        assert_eq!(s.append_upload(&alice, &id, 0, bytes_of(&[b"a", b"b"])).await.unwrap().offset, 2);
        // A connection that breaks leaves what came.
        let broken = stream::iter([Ok(Bytes::from_static(b"c")), Err("gone"), Ok(Bytes::from_static(b"x"))]);
        assert_eq!(s.append_upload(&alice, &id, 2, broken).await.unwrap().offset, 3);
        drop(s);
        store.reopen().await;
        let s = &store.workspaces;
        assert_eq!(s.upload_status(&alice, &id).await.unwrap().offset, 3);
        assert_eq!(s.find_upload(&alice, &higgs, &path("d/a")).await.unwrap().unwrap().id, id);
        assert_eq!(code(s.append_upload(&alice, &id, 2, bytes_of(&[b"x"])).await), "offset_mismatch");
        assert_eq!(code(s.append_upload(&alice, &id, 9, bytes_of(&[b"x"])).await), "offset_mismatch");
        assert_eq!(code(s.finish_upload(&alice, &id, None).await), "size_mismatch");
        assert_eq!(s.quota(&alice, &higgs).await.unwrap().reserved_bytes, 6);
        s.append_upload(&alice, &id, 3, bytes_of(&[b"def"])).await.unwrap();
        assert_eq!(code(s.append_upload(&alice, &id, 6, bytes_of(&[b"g"])).await), "size_mismatch");
        let digest = "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721";
        let entry = s.finish_upload(&alice, &id, Some(digest)).await.unwrap();
        assert_eq!((entry.made_by.as_deref(), entry.media_type.as_deref()), (Some("job 7"), Some("a/b")));
        assert_eq!(get(s, &alice, "higgs", "d/a").await.unwrap(), b"abcdef");
        assert_eq!(code(s.upload_status(&alice, &id).await), "not_found");
        let report = s.check(true).await.unwrap();
        assert!(report.is_sound() && report.n_garbage == 0 && report.n_uploads == 0, "{report:?}");
    }
}

#[tokio::test]
async fn uploads_are_their_owners() {
    for store in stores("uploads_are_their_owners").await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        let id = s.create_upload(&alice, &higgs, &path("a"), sized(3)).await.unwrap().id;
        for other in [mallory(), actor("bob", &["higgs"])] {
            assert_eq!(code(s.upload_status(&other, &id).await), "not_found");
            assert_eq!(code(s.append_upload(&other, &id, 0, bytes_of(&[b"x"])).await), "not_found");
            assert_eq!(code(s.finish_upload(&other, &id, None).await), "not_found");
            assert_eq!(code(s.abort_upload(&other, &id).await), "not_found");
        }
        for bad in ["", "../../etc/passwd", "none", "0123456789abcdef0123456789abcdef"] {
            assert_eq!(code(s.append_upload(&alice, bad, 0, bytes_of(&[b"x"])).await), "not_found", "{bad}");
        }
        // Who left the group can no longer write.
        let gone = actor("alice", &[]);
        assert_eq!(code(s.append_upload(&gone, &id, 0, bytes_of(&[b"x"])).await), "not_found");
        s.append_upload(&alice, &id, 0, bytes_of(&[b"abc"])).await.unwrap();
        assert_eq!(code(s.finish_upload(&gone, &id, None).await), "not_found");
        s.abort_upload(&alice, &id).await.unwrap();
        assert_eq!(s.quota(&alice, &higgs).await.unwrap().reserved_bytes, 0);
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn two_requests_do_not_mix_in_one_upload() {
    for store in stores("two_requests_do_not_mix_in_one_upload").await {
        let (s, alice) = (&store.workspaces, alice());
        let id =
            s.create_upload(&alice, &name("higgs"), &path("a"), WriteOptions::default()).await.unwrap().id;
        let (started, waits) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = tokio::sync::oneshot::channel::<()>();
        let slow = stream::once(async move {
            started.send(()).unwrap();
            may_go_on.await.unwrap();
            Ok::<_, Infallible>(Bytes::from_static(b"slow"))
        });
        let slow = s.append_upload(&alice, &id, 0, slow.boxed());
        let other = async {
            waits.await.unwrap();
            let second = s.append_upload(&alice, &id, 0, bytes_of(&[b"fast"])).await;
            let finish = s.finish_upload(&alice, &id, None).await;
            go_on.send(()).unwrap();
            (code(second), code(finish))
        };
        let (slow, other) = tokio::join!(slow, other);
        assert_eq!((slow.unwrap().offset, other), (4, ("upload_busy", "upload_busy")));
        s.finish_upload(&alice, &id, None).await.unwrap();
        assert_eq!(get(s, &alice, "higgs", "a").await.unwrap(), b"slow");
    }
}

#[tokio::test]
async fn a_failed_end_can_be_tried_again_and_a_wrong_digest_not() {
    for store in stores("a_failed_end_can_be_tried_again_and_a_wrong_digest_not").await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        let if_new = Preconditions { if_none_match_any: true, ..Preconditions::default() };
        let options = WriteOptions { preconditions: if_new, ..sized(3) };
        let id = s.create_upload(&alice, &higgs, &path("a"), options).await.unwrap().id;
        s.append_upload(&alice, &id, 0, bytes_of(&[b"abc"])).await.unwrap();
        put(s, &alice, "higgs", "a", b"first").await;
        assert_eq!(code(s.finish_upload(&alice, &id, None).await), "changed_meanwhile");
        assert_eq!(get(s, &alice, "higgs", "a").await.unwrap(), b"first");
        s.delete(&alice, &higgs, &path("a"), &Preconditions::default()).await.unwrap();
        assert_eq!(s.finish_upload(&alice, &id, None).await.unwrap().size_bytes, 3);
        let id = s.create_upload(&alice, &higgs, &path("b"), sized(3)).await.unwrap().id;
        s.append_upload(&alice, &id, 0, bytes_of(&[b"abd"])).await.unwrap();
        assert_eq!(code(s.finish_upload(&alice, &id, Some(&"0".repeat(64))).await), "digest_mismatch");
        assert_eq!(code(s.upload_status(&alice, &id).await), "not_found");
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn forgotten_uploads_go_after_two_days() {
    for store in stores("forgotten_uploads_go_after_two_days").await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        set_limits(s, "higgs", 1000, 10).await;
        let id = s.create_upload(&alice, &higgs, &path("a"), sized(900)).await.unwrap().id;
        store.clock.set(NOW + DAY);
        s.append_upload(&alice, &id, 0, bytes_of(&[b"abc"])).await.unwrap();
        store.clock.set(NOW + 3 * DAY - 1);
        assert_eq!(s.sweep().await.unwrap().uploads, 0);
        store.clock.set(NOW + 3 * DAY);
        assert_eq!(code(s.upload_status(&alice, &id).await), "not_found");
        assert_eq!(s.sweep().await.unwrap().uploads, 1);
        assert_eq!(s.quota(&alice, &higgs).await.unwrap().reserved_bytes, 0);
        let report = s.check(true).await.unwrap();
        assert!(report.is_sound() && report.n_garbage == 0, "{report:?}");
    }
}

#[tokio::test]
async fn a_person_has_so_many_unfinished_uploads() {
    let change = |settings: &mut workspaces::Settings| settings.max_unfinished_uploads = 3;
    for store in super::support::stores_with("a_person_has_so_many_unfinished_uploads", change).await {
        let (s, alice) = (&store.workspaces, super::support::alice());
        let begin = async |who: &workspaces::Actor, file: &str| {
            s.create_upload(who, &name("higgs"), &path(file), WriteOptions::default()).await
        };
        let first = begin(&alice, "0").await.unwrap();
        begin(&alice, "1").await.unwrap();
        begin(&alice, "2").await.unwrap();
        let error = begin(&alice, "3").await.unwrap_err();
        assert_eq!((error.code(), error.status()), ("too_many_uploads", 429));
        begin(&super::support::actor("bob", &["higgs"]), "3").await.unwrap();
        // What is written in one request does not wait for them.
        super::support::put(s, &alice, "higgs", "whole", b"1").await;
        s.abort_upload(&alice, &first.id).await.unwrap();
        begin(&alice, "3").await.unwrap();
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn unfinished_uploads_are_listed_and_ended() {
    for store in super::support::stores("unfinished_uploads_are_listed_and_ended").await {
        let s = &store.workspaces;
        let (alice, chief, higgs) = (super::support::alice(), super::support::chief(), name("higgs"));
        let bob = super::support::actor("bob", &["higgs"]);
        let of_alice = s.create_upload(&alice, &higgs, &path("a"), sized(900)).await.unwrap();
        let of_bob = s.create_upload(&bob, &higgs, &path("d/b"), sized(50)).await.unwrap();
        s.append_upload(&bob, &of_bob.id, 0, bytes_of(&[b"abc"])).await.unwrap();
        let list = async |actor: &workspaces::Actor| {
            let listed = s.unfinished_uploads(actor, &higgs).await?;
            let mut listed: Vec<_> =
                listed.into_iter().map(|one| (one.path.to_string(), one.n_bytes, one.begun_by)).collect();
            listed.sort();
            Ok::<_, workspaces::WorkspaceError>(listed)
        };
        let (one, other) = (("a".to_owned(), 0, "alice".to_owned()), ("d/b".to_owned(), 3, "bob".to_owned()));
        assert_eq!(list(&alice).await.unwrap(), std::slice::from_ref(&one));
        assert_eq!(list(&chief).await.unwrap(), [one.clone(), other]);
        assert_eq!(code(list(&super::support::mallory()).await), "not_found");
        assert_eq!(code(list(&super::support::actor("rita", &["higgs/readers"])).await), "forbidden");
        // Those of others only for who administers the workspace.
        assert_eq!(code(s.end_upload(&alice, &higgs, &of_bob.id).await), "not_found");
        assert_eq!(code(s.end_upload(&chief, &name("~chief"), &of_bob.id).await), "not_found");
        s.end_upload(&chief, &higgs, &of_bob.id).await.unwrap();
        assert_eq!(code(s.end_upload(&chief, &higgs, &of_bob.id).await), "not_found");
        assert_eq!(code(s.upload_status(&bob, &of_bob.id).await), "not_found");
        assert_eq!(list(&chief).await.unwrap(), [one]);
        let line = s.audit(&chief, &higgs, None, 1).await.unwrap().entries.remove(0);
        assert_eq!((line.action.as_str(), line.subject.as_str()), ("upload_ended", "d/b"));
        s.end_upload(&alice, &higgs, &of_alice.id).await.unwrap();
        assert_eq!(s.quota(&alice, &higgs).await.unwrap().reserved_bytes, 0);
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn no_upload_begins_below_a_file() {
    for store in super::support::stores("no_upload_begins_below_a_file").await {
        let (s, alice, higgs) = (&store.workspaces, super::support::alice(), name("higgs"));
        super::support::put(s, &alice, "higgs", "d/file", b"1").await;
        for below in ["d/file/x", "d/file/deep/er/x"] {
            let options = WriteOptions { parents: workspaces::Parents::Make, ..sized(900) };
            let refused = s.create_upload(&alice, &higgs, &path(below), options).await;
            assert_eq!(code(refused), "not_a_folder", "{below}");
        }
        let options = WriteOptions { parents: workspaces::Parents::Make, ..sized(3) };
        s.create_upload(&alice, &higgs, &path("d/new/x"), options).await.unwrap();
        assert_eq!(s.quota(&alice, &higgs).await.unwrap().reserved_bytes, 3);
    }
}
