//! Deleting and what comes back.

use workspaces::Preconditions;

use super::support::{alice, chief, code, get, name, names, path, put, set_limits, stores};

#[tokio::test]
async fn what_was_deleted_comes_back() {
    for store in stores("what_was_deleted_comes_back").await {
        let (s, alice, higgs, any) = (&store.workspaces, alice(), name("higgs"), Preconditions::default());
        put(s, &alice, "higgs", "d/a", b"one").await;
        put(s, &alice, "higgs", "d/a", b"two2").await;
        put(s, &alice, "higgs", "d/sub/b", b"b").await;
        let file = s.delete(&alice, &higgs, &path("d/a"), &any).await.unwrap();
        assert_eq!(
            (file.size_bytes, file.deleted_by.as_str(), file.expires.as_str()),
            (7, "alice", "2023-12-14T22:13:20Z")
        );
        assert_eq!(code(get(s, &alice, "higgs", "d/a").await), "not_found");
        // The room stays taken.
        assert_eq!(s.quota(&alice, &higgs).await.unwrap().used_bytes, 8);
        let folder = s.delete(&alice, &higgs, &path("d"), &any).await.unwrap();
        assert_eq!(folder.size_bytes, 1);
        assert!(names(s, &alice, "higgs").await.is_empty());
        let page = s.trash(&alice, &higgs, None, 1).await.unwrap();
        assert_eq!(page.entries, std::slice::from_ref(&folder));
        let page = s.trash(&alice, &higgs, page.next_cursor.as_deref(), 1).await.unwrap();
        assert_eq!((page.entries, page.next_cursor), (vec![file.clone()], None));
        // The folder of the file is gone: it is made again, and then in the way of the old one.
        s.restore_from_trash(&alice, &higgs, &file.id, None).await.unwrap();
        assert_eq!(get(s, &alice, "higgs", "d/a").await.unwrap(), b"two2");
        assert_eq!(s.versions(&alice, &higgs, &path("d/a")).await.unwrap().versions.len(), 2);
        assert_eq!(code(s.restore_from_trash(&alice, &higgs, &folder.id, None).await), "exists");
        s.restore_from_trash(&alice, &higgs, &folder.id, Some(&path("back/d"))).await.unwrap();
        assert_eq!(
            names(s, &alice, "higgs").await,
            ["back", "back/d", "back/d/sub", "back/d/sub/b", "d", "d/a"]
        );
        assert_eq!(code(s.restore_from_trash(&alice, &higgs, &folder.id, None).await), "not_found");
        assert_eq!(code(s.delete(&alice, &higgs, &path(""), &any).await), "invalid");
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn one_name_can_lie_in_the_trash_many_times() {
    for store in stores("one_name_can_lie_in_the_trash_many_times").await {
        let (s, chief, higgs, any) = (&store.workspaces, chief(), name("higgs"), Preconditions::default());
        let mut ids = Vec::new();
        for content in ["1", "22", "333"] {
            put(s, &chief, "higgs", "d/a", content.as_bytes()).await;
            ids.push(s.delete(&chief, &higgs, &path("d/a"), &any).await.unwrap().id);
        }
        s.restore_from_trash(&chief, &higgs, &ids[1], None).await.unwrap();
        assert_eq!(get(s, &chief, "higgs", "d/a").await.unwrap(), b"22");
        s.delete_for_good(&chief, &higgs, &ids[0]).await.unwrap();
        assert_eq!(code(s.delete_for_good(&chief, &higgs, &ids[0]).await), "not_found");
        assert_eq!(s.quota(&chief, &higgs).await.unwrap().used_bytes, 5);
        assert_eq!(s.empty_trash(&chief, &higgs).await.unwrap(), 1);
        let quota = s.quota(&chief, &higgs).await.unwrap();
        assert_eq!((quota.used_bytes, quota.used_entries), (2, 2));
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn deleting_for_good_makes_room() {
    for store in stores("deleting_for_good_makes_room").await {
        let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
        set_limits(s, "higgs", 100, 10).await;
        put(s, &chief, "higgs", "a", &[1; 100]).await;
        let tag = s.stat(&chief, &higgs, &path("a")).await.unwrap().etag.unwrap();
        let other =
            Preconditions { if_match: Some(vec!["\"other\"".to_owned()]), ..Preconditions::default() };
        assert_eq!(code(s.delete(&chief, &higgs, &path("a"), &other).await), "changed_meanwhile");
        let own = Preconditions { if_match: Some(vec![tag]), ..Preconditions::default() };
        let deleted = s.delete(&chief, &higgs, &path("a"), &own).await.unwrap();
        let again = super::support::try_put(s, &chief, "higgs", "b", b"1", Preconditions::default()).await;
        assert_eq!(code(again), "quota_exceeded");
        s.delete_for_good(&chief, &higgs, &deleted.id).await.unwrap();
        put(s, &chief, "higgs", "b", &[2; 100]).await;
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn what_comes_back_fits_its_new_place() {
    for store in stores("what_comes_back_fits_its_new_place").await {
        let (s, alice, higgs, any) = (&store.workspaces, alice(), name("higgs"), Preconditions::default());
        let deep = vec!["d"; 30].join("/");
        put(s, &alice, "higgs", &format!("{deep}/a"), b"one").await;
        let folder = s.delete(&alice, &higgs, &path("d"), &any).await.unwrap();
        let back = async |to: &str| s.restore_from_trash(&alice, &higgs, &folder.id, Some(&path(to))).await;
        assert_eq!(code(back("a/b/c").await), "destination");
        assert!(names(s, &alice, "higgs").await.is_empty(), "nor its parents");
        back("a/b").await.unwrap();
        assert_eq!(names(s, &alice, "higgs").await.len(), 32);
    }
}
