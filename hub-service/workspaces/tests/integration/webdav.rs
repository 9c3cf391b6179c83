//! What clients of `WebDAV` keep in the storage: properties and locks.

use hub_api::{FilePath, MoveOrCopy};
use workspaces::{LockRequest, Parents, Preconditions, Properties};

use super::support::{DAY, NOW, actor, alice, chief, code, mallory, name, path, put, set_limits, stores};

fn set(key: &str, text: &str) -> Vec<(String, Option<String>)> {
    vec![(key.to_owned(), Some(text.to_owned()))]
}

#[tokio::test]
async fn properties_go_where_their_name_goes() {
    for store in stores("properties_go_where_their_name_goes").await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        put(s, &alice, "higgs", "d/a", b"1").await;
        put(s, &alice, "higgs", "d/b", b"2").await;
        s.change_properties(&alice, &higgs, &path("d/a"), set("{urn:x}cut", "<cut/>")).await.unwrap();
        let used = s.quota(&alice, &higgs).await.unwrap().used_bytes;
        assert_eq!(used, 2 + "{\"{urn:x}cut\":\"<cut/>\"}".len() as u64, "they take room");
        let expected = Properties::from([("{urn:x}cut".to_owned(), "<cut/>".to_owned())]);
        let request =
            |to: &str, copy| MoveOrCopy { copy, to_workspace: None, to_path: path(to), overwrite: false };
        s.move_or_copy(&alice, &higgs, &path("d"), &request("copy", true), Parents::Make).await.unwrap();
        s.move_or_copy(&alice, &higgs, &path("d"), &request("moved", false), Parents::Make).await.unwrap();
        let deleted = s.delete(&alice, &higgs, &path("moved/a"), &Preconditions::default()).await.unwrap();
        s.restore_from_trash(&alice, &higgs, &deleted.id, None).await.unwrap();
        put(s, &alice, "higgs", "moved/a", b"new").await;
        for file in ["copy/a", "moved/a"] {
            assert_eq!(s.properties(&alice, &higgs, &path(file)).await.unwrap(), expected, "{file}");
        }
        let between = (&path("moved/a"), &path("moved/b"));
        let found = s.properties_in(&alice, &higgs, &path("moved"), between).await.unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(path("moved/a"), expected)]);
        let gone = vec![("{urn:x}cut".to_owned(), None)];
        s.change_properties(&alice, &higgs, &path("moved/a"), gone).await.unwrap();
        assert!(s.properties(&alice, &higgs, &path("moved/a")).await.unwrap().is_empty());
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn properties_have_a_limit_and_need_a_writer() {
    for store in stores("properties_have_a_limit_and_need_a_writer").await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        put(s, &alice, "higgs", "a", b"1").await;
        let large = "z".repeat(66_000);
        let change = async |who: &workspaces::Actor, file: &str, text: &str| {
            s.change_properties(who, &higgs, &FilePath::new(file).unwrap(), set("{}k", text)).await
        };
        assert_eq!(code(change(&alice, "a", &large).await), "invalid");
        assert_eq!(code(change(&alice, "", "x").await), "invalid");
        assert_eq!(code(change(&alice, "none", "x").await), "not_found");
        assert_eq!(code(change(&mallory(), "a", "x").await), "not_found");
        set_limits(s, "higgs", 100, 10).await;
        assert_eq!(code(change(&alice, "a", &"z".repeat(100)).await), "quota_exceeded");
        assert_eq!(code(change(&actor("r", &["higgs/readers"]), "a", "x").await), "forbidden");
        assert!(s.properties(&alice, &higgs, &path("a")).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn locks_meet_as_they_should() {
    for mut store in stores("locks_meet_as_they_should").await {
        let (alice, bob, higgs) = (alice(), actor("bob", &["higgs"]), name("higgs"));
        let lock = async |store: &super::support::Store, who, file: &str, is_shared, is_deep| {
            let asked = LockRequest { is_shared, is_deep, note: None, seconds: 600 };
            store.workspaces.lock(who, &higgs, &path(file), asked).await
        };
        let held = lock(&store, &alice, "d", false, true).await.unwrap();
        assert_eq!((held.seconds, held.expires), (600, NOW + 600_000));
        for (file, is_shared, is_deep) in
            [("d", false, false), ("d", true, false), ("d/a", false, false), ("d/a/b", true, true)]
        {
            assert_eq!(code(lock(&store, &bob, file, is_shared, is_deep).await), "locked", "{file}");
        }
        lock(&store, &bob, "dd", false, false).await.unwrap();
        // A deep one above one that is there.
        assert_eq!(code(lock(&store, &bob, "", false, true).await), "locked");
        lock(&store, &bob, "s", true, false).await.unwrap();
        lock(&store, &alice, "s", true, false).await.unwrap();
        assert_eq!(code(lock(&store, &alice, "s", false, false).await), "locked");
        // They outlive a restart.
        if store.database == "sqlite" {
            store.reopen().await;
        }
        let s = &store.workspaces;
        assert_eq!(s.locks(&alice, &higgs).await.unwrap().len(), 4);
        let which = (&path("d/a"), held.token.as_str());
        assert_eq!(code(s.refresh_lock(&bob, &higgs, which, 60).await), "not_found");
        assert_eq!(s.refresh_lock(&alice, &higgs, which, 60).await.unwrap().expires, NOW + 60_000);
        assert_eq!(code(s.unlock(&bob, &higgs, which).await), "forbidden");
        assert_eq!(code(s.unlock(&alice, &higgs, (&path("other"), &held.token)).await), "not_found");
        s.unlock(&chief(), &higgs, which).await.unwrap();
        s.end_locks(&alice, &higgs, &path("dd")).await.unwrap();
        assert_eq!(s.locks(&alice, &higgs).await.unwrap().len(), 2);
        // And end with time, a day at most.
        let asked = LockRequest { seconds: u64::MAX, ..LockRequest::default() };
        assert_eq!(s.lock(&alice, &higgs, &path("long"), asked).await.unwrap().seconds, 86_400);
        store.clock.set(NOW + DAY);
        assert!(s.locks(&alice, &higgs).await.unwrap().is_empty());
        s.sweep().await.unwrap();
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn of_many_who_want_one_lock_one_gets_it() {
    for store in stores("of_many_who_want_one_lock_one_gets_it").await {
        let (s, higgs) = (store.workspaces.clone(), name("higgs"));
        let wanting = (0..16).map(|i| {
            let (s, higgs, who) = (s.clone(), higgs.clone(), actor(&format!("p{i}"), &["higgs"]));
            tokio::spawn(
                async move { s.lock(&who, &higgs, &path("a"), LockRequest::default()).await.is_ok() },
            )
        });
        let got = futures_util::future::join_all(wanting).await;
        assert_eq!(got.into_iter().filter(|got| *got.as_ref().unwrap()).count(), 1);
    }
}
