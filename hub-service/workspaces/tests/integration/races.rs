//! Many at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use hub_api::MoveOrCopy;
use workspaces::{Parents, Preconditions};

use super::support::{actor, alice, get, name, path, put, set_limits, stores, try_put};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_puts_never_pass_the_limit() {
    for store in stores("sixty_four_puts_never_pass_the_limit").await {
        let (s, alice) = (&store.workspaces, alice());
        set_limits(s, "higgs", 10_000, 1000).await;
        let puts = (0..64_u8).map(|i| {
            let (s, alice) = (s.clone(), alice.clone());
            tokio::spawn(async move {
                try_put(&s, &alice, "higgs", &format!("f{i}"), &vec![i; 1000], Preconditions::default()).await
            })
        });
        let results = join_all(puts).await;
        let n_done = results.iter().filter(|result| result.as_ref().unwrap().is_ok()).count();
        let is_full = |result: &Result<_, workspaces::WorkspaceError>| {
            result.as_ref().is_err_and(|error| error.code() == "quota_exceeded")
        };
        assert_eq!(
            (n_done, results.iter().filter(|result| is_full(result.as_ref().unwrap())).count()),
            (10, 54)
        );
        let quota = s.quota(&alice, &name("higgs")).await.unwrap();
        assert_eq!((quota.used_bytes, quota.reserved_bytes, quota.used_entries), (10_000, 0, 10));
        store.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_the_old_or_the_new() {
    for store in stores("readers_see_the_old_or_the_new").await {
        let (s, alice) = (store.workspaces.clone(), alice());
        put(&s, &alice, "higgs", "a", &vec![0; 200_000]).await;
        let writer = {
            let (s, alice) = (s.clone(), alice.clone());
            tokio::spawn(async move {
                for i in 1..=20_u8 {
                    put(&s, &alice, "higgs", "a", &vec![i; 200_000]).await;
                }
            })
        };
        let mut last = 0;
        while !writer.is_finished() {
            let bytes = get(&s, &alice, "higgs", "a").await.unwrap();
            assert!(bytes.len() == 200_000 && bytes.iter().all(|&byte| byte == bytes[0]), "a mix");
            assert!(bytes[0] >= last, "back in time");
            last = bytes[0];
        }
        writer.await.unwrap();
        store.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_content_is_written_while_it_is_swept() {
    for store in super::support::stores_with("the_same_content_is_written_while_it_is_swept", |settings| {
        settings.keep_garbage_seconds = 0;
    })
    .await
    {
        let (s, chief) = (store.workspaces.clone(), super::support::chief());
        let n_left = AtomicUsize::new(60);
        let write_and_delete = async {
            while n_left.fetch_sub(1, Ordering::SeqCst) > 1 {
                put(&s, &chief, "higgs", "a", b"always the same").await;
                assert_eq!(get(&s, &chief, "higgs", "a").await.unwrap(), b"always the same");
                let deleted =
                    s.delete(&chief, &name("higgs"), &path("a"), &Preconditions::default()).await.unwrap();
                s.delete_for_good(&chief, &name("higgs"), &deleted.id).await.unwrap();
            }
        };
        let sweep = async {
            while n_left.load(Ordering::SeqCst) > 1 {
                s.sweep().await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(write_and_delete, sweep);
        s.sweep().await.unwrap();
        s.sweep().await.unwrap();
        let report = s.check(true).await.unwrap();
        assert_eq!((report.n_blobs, report.n_garbage, report.n_problems), (0, 0, 0), "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_move_to_each_other_both_end() {
    for store in stores("two_that_move_to_each_other_both_end").await {
        let (s, both) = (store.workspaces.clone(), actor("both", &["higgs", "top"]));
        put(&s, &both, "higgs", "h", b"h").await;
        put(&s, &both, "top", "t", b"t").await;
        let moves = |from: &'static str, file: &'static str, to: &'static str| {
            let (s, both) = (s.clone(), both.clone());
            tokio::spawn(async move {
                for _ in 0..20 {
                    for (here, there) in [(from, to), (to, from)] {
                        let request = MoveOrCopy {
                            copy: false,
                            to_workspace: Some(name(there)),
                            to_path: path(file),
                            overwrite: false,
                        };
                        s.move_or_copy(&both, &name(here), &path(file), &request, Parents::Make)
                            .await
                            .unwrap();
                    }
                }
            })
        };
        let (one, two) = tokio::join!(moves("higgs", "h", "top"), moves("top", "t", "higgs"));
        one.unwrap();
        two.unwrap();
        store.assert_sound().await;
    }
}
