//! Pages of folders.

use hub_api::FilePath;
use workspaces::ListOptions;

use super::support::{alice, code, name, path, put, stores};

#[tokio::test]
async fn pages_are_in_order_and_complete() {
    for store in stores("pages_are_in_order_and_complete").await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        let files = ["a", "a.b/x", "a0", "b/1", "b/2/x", "b/3", "B", "\u{e9}", "b b/x", "\u{1f600}"];
        for file in files {
            put(s, &alice, "higgs", file, b"").await;
        }
        let pages = async |folder: &str, recursive: bool, limit: u32| {
            let (mut all, mut cursor) = (Vec::new(), None);
            loop {
                let options = ListOptions { recursive, limit, cursor };
                let page = s.list(&alice, &higgs, &path(folder), &options).await.unwrap();
                assert!(page.entries.len() <= limit as usize);
                all.extend(page.entries.into_iter().map(|entry| entry.path.to_string()));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    return all;
                }
            }
        };
        for limit in [1, 3, 1000] {
            let own = ["B", "a", "a.b", "a0", "b", "b b", "\u{e9}", "\u{1f600}"];
            assert_eq!(pages("", false, limit).await, own);
            assert_eq!(pages("b", false, limit).await, ["b/1", "b/2", "b/3"]);
            assert_eq!(pages("b", true, limit).await, ["b/1", "b/2", "b/2/x", "b/3"]);
            let all = [
                "B",
                "a",
                "a.b",
                "a.b/x",
                "a0",
                "b",
                "b b",
                "b b/x",
                "b/1",
                "b/2",
                "b/2/x",
                "b/3",
                "\u{e9}",
                "\u{1f600}",
            ];
            assert_eq!(pages("", true, limit).await, all);
        }
        assert_eq!(pages("a", false, 10).await, ["a"]);
        assert_eq!(code(s.list(&alice, &higgs, &path("none"), &ListOptions::default()).await), "not_found");
        let bad = ListOptions { cursor: Some("../x".to_owned()), ..ListOptions::default() };
        assert_eq!(code(s.list(&alice, &higgs, &FilePath::root(), &bad).await), "invalid");
    }
}

#[tokio::test]
async fn names_that_look_like_dangers_are_only_names() {
    for store in stores("names_that_look_like_dangers_are_only_names").await {
        let (s, alice) = (&store.workspaces, alice());
        for file in [
            "%2e%2e/x",
            "C:/x",
            "~root",
            "a'; DROP TABLE entries; --",
            "%_",
            "$(id)",
            "-rf",
            "a..b",
            "*",
            "CON",
        ] {
            put(s, &alice, "higgs", file, file.as_bytes()).await;
            assert_eq!(super::support::get(s, &alice, "higgs", file).await.unwrap(), file.as_bytes());
        }
        // Twins that differ only in case are two; those that differ only in how Unicode spells them are one.
        put(s, &alice, "higgs", "twin", b"1").await;
        put(s, &alice, "higgs", "Twin", b"2").await;
        assert_eq!(put(s, &alice, "higgs", "e\u{301}", b"1").await.version, 1);
        assert_eq!(put(s, &alice, "higgs", "\u{e9}", b"2").await.version, 2);
        // No name of a user is a name of a file.
        let mut folders = vec![store.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let file = entry.file_name().into_string().unwrap();
                let is_number = file.bytes().all(|byte| byte.is_ascii_hexdigit());
                let is_ours = ["store", "blobs", "parts", "lock"].contains(&file.as_str())
                    || file.starts_with("names.sqlite");
                assert!(is_number || is_ours, "{file}");
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        store.assert_sound().await;
    }
}
