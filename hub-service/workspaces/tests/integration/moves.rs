//! Moving and copying.

use hub_api::{MoveOrCopy, WorkspaceName};
use workspaces::{Moved, Parents, Result, Workspaces};

use super::support::{actor, alice, code, get, name, names, path, put, set_limits, sqlite, stores};

async fn go(s: &Workspaces, from: &str, to: &str, copy: bool, overwrite: bool) -> Result<Moved> {
    let request = MoveOrCopy { copy, to_workspace: None, to_path: path(to), overwrite };
    s.move_or_copy(&alice(), &name("higgs"), &path(from), &request, Parents::Make).await
}

#[tokio::test]
async fn folders_move_and_copy_with_all_that_is_in_them() {
    for store in stores("folders_move_and_copy_with_all_that_is_in_them").await {
        let (s, alice) = (&store.workspaces, alice());
        for file in ["d\u{e9}/a", "d\u{e9}/sub/b", "d\u{e9}/sub/c", "d\u{e9}x", "other"] {
            put(s, &alice, "higgs", file, file.as_bytes()).await;
        }
        put(s, &alice, "higgs", "d\u{e9}/a", b"second").await;
        let copied = go(s, "d\u{e9}", "x/copy", true, false).await.unwrap();
        assert!(!copied.has_replaced && copied.entry.path == path("x/copy"));
        let moved = go(s, "d\u{e9}", "moved", false, false).await.unwrap();
        assert_eq!(moved.entry.path, path("moved"));
        let all = [
            "d\u{e9}x",
            "moved",
            "moved/a",
            "moved/sub",
            "moved/sub/b",
            "moved/sub/c",
            "other",
            "x",
            "x/copy",
            "x/copy/a",
            "x/copy/sub",
            "x/copy/sub/b",
            "x/copy/sub/c",
        ];
        let mut found = names(s, &alice, "higgs").await;
        found.sort();
        let mut all = all.map(str::to_owned).to_vec();
        all.sort();
        assert_eq!(found, all);
        assert_eq!(get(s, &alice, "higgs", "x/copy/sub/b").await.unwrap(), "d\u{e9}/sub/b".as_bytes());
        // What moved keeps its versions; a copy begins anew.
        let versions =
            async |file: &str| s.versions(&alice, &name("higgs"), &path(file)).await.unwrap().versions.len();
        assert_eq!((versions("moved/a").await, versions("x/copy/a").await), (2, 1));
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn what_is_there_is_replaced_only_when_asked() {
    for store in stores("what_is_there_is_replaced_only_when_asked").await {
        let (s, alice) = (&store.workspaces, alice());
        put(s, &alice, "higgs", "a", b"a").await;
        put(s, &alice, "higgs", "b/old", b"old").await;
        assert_eq!(code(go(s, "a", "b", false, false).await), "exists");
        assert!(go(s, "a", "b", true, true).await.unwrap().has_replaced);
        assert_eq!(names(s, &alice, "higgs").await, ["a", "b"]);
        assert_eq!(get(s, &alice, "higgs", "b").await.unwrap(), b"a");
        let trash = s.trash(&alice, &name("higgs"), None, 0).await.unwrap();
        assert_eq!((trash.entries.len(), trash.entries[0].size_bytes), (1, 3));
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn impossible_places_are_refused() {
    let store = sqlite().await;
    let (s, alice) = (&store.workspaces, alice());
    put(s, &alice, "higgs", "a/b/c", b"1").await;
    put(s, &alice, "higgs", "f", b"1").await;
    for copy in [false, true] {
        for (from, to, expected) in [
            ("a", "a", "destination"),
            ("a", "a/x", "destination"),
            ("a", "a/b/x", "destination"),
            ("", "x", "destination"),
            ("a", "", "destination"),
            ("a/b", "a", "destination"),
            ("a/b/c", "a", "destination"),
            ("none", "x", "not_found"),
            ("a/b", "f/x", "not_a_folder"),
        ] {
            assert_eq!(code(go(s, from, to, copy, true).await), expected, "{from} to {to}");
        }
    }
    // `ab` does not lie in `a`.
    assert!(go(s, "a", "ab", true, false).await.is_ok());
    let deep = vec!["d"; 30].join("/");
    put(s, &alice, "higgs", &format!("{deep}/x"), b"").await;
    assert_eq!(code(go(s, "a", &format!("{deep}/a"), false, false).await), "destination");
    let long = vec!["n".repeat(250); 16].join("/");
    put(s, &alice, "higgs", &format!("long/{}", "m".repeat(200)), b"").await;
    assert_eq!(code(go(s, "long", &long, false, false).await), "destination");
    let request = MoveOrCopy { copy: false, to_workspace: None, to_path: path("p/q"), overwrite: false };
    let result = s.move_or_copy(&alice, &name("higgs"), &path("f"), &request, Parents::MustExist).await;
    assert_eq!(code(result), "parent_missing");
    store.assert_sound().await;
}

#[tokio::test]
async fn between_workspaces_the_room_moves_too() {
    for store in stores("between_workspaces_the_room_moves_too").await {
        let s = &store.workspaces;
        let both = actor("both", &["higgs", "higgs/admins", "top"]);
        let (higgs, top) = (name("higgs"), name("top"));
        put(s, &both, "higgs", "d/a", &[1; 60]).await;
        put(s, &both, "higgs", "d/a", &[2; 40]).await;
        let request = |copy| MoveOrCopy {
            copy,
            to_workspace: Some(top.clone()),
            to_path: path("in/d"),
            overwrite: false,
        };
        set_limits(s, "top", 39, 10).await;
        assert_eq!(
            code(s.move_or_copy(&both, &higgs, &path("d"), &request(true), Parents::Make).await),
            "quota_exceeded"
        );
        set_limits(s, "top", 99, 10).await;
        assert_eq!(
            code(s.move_or_copy(&both, &higgs, &path("d"), &request(false), Parents::Make).await),
            "quota_exceeded"
        );
        assert_eq!(names(s, &both, "top").await, Vec::<String>::new());
        set_limits(s, "top", 100, 10).await;
        s.move_or_copy(&both, &higgs, &path("d"), &request(false), Parents::Make).await.unwrap();
        let used = async |workspace| {
            let quota = s.quota(&both, workspace).await.unwrap();
            (quota.used_bytes, quota.used_entries)
        };
        assert_eq!((used(&higgs).await, used(&top).await), ((0, 0), (100, 3)));
        // Rights on both are needed.
        let outside =
            MoveOrCopy { copy: true, to_workspace: Some(name("susy")), to_path: path("x"), overwrite: false };
        assert_eq!(
            code(s.move_or_copy(&both, &top, &path("in"), &outside, Parents::Make).await),
            "not_found"
        );
        let inside = MoveOrCopy { copy: true, to_workspace: None, to_path: path("x"), overwrite: false };
        assert_eq!(
            code(s.move_or_copy(&alice(), &top, &path("in"), &inside, Parents::Make).await),
            "not_found"
        );
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn what_a_writer_moves_away_stays_in_the_trash() {
    for store in stores("what_a_writer_moves_away_stays_in_the_trash").await {
        let s = &store.workspaces;
        let (alice, higgs, own) = (alice(), name("higgs"), name("~alice"));
        put(s, &alice, "higgs", "a", b"old").await;
        put(s, &alice, "higgs", "a", b"new").await;
        let to = |workspace: &WorkspaceName, file: &str| MoveOrCopy {
            copy: false,
            to_workspace: Some(workspace.clone()),
            to_path: path(file),
            overwrite: false,
        };
        s.move_or_copy(&alice, &higgs, &path("a"), &to(&own, "mine"), Parents::Make).await.unwrap();
        assert_eq!(names(s, &alice, "higgs").await, Vec::<String>::new());
        assert_eq!(names(s, &alice, "~alice").await, ["mine"]);
        assert_eq!(get(s, &alice, "~alice", "mine").await.unwrap(), b"new");
        let trash = s.trash(&alice, &higgs, None, 10).await.unwrap().entries;
        assert_eq!((trash.len(), trash[0].size_bytes), (1, 6));
        s.restore_from_trash(&alice, &higgs, &trash[0].id, None).await.unwrap();
        assert_eq!(s.versions(&alice, &higgs, &path("a")).await.unwrap().versions.len(), 2);
        // Out of the own space it goes as a whole.
        s.move_or_copy(&alice, &own, &path("mine"), &to(&higgs, "b"), Parents::Make).await.unwrap();
        assert!(s.trash(&alice, &own, None, 10).await.unwrap().entries.is_empty());
        store.assert_sound().await;
    }
}
