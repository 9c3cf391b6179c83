//! The change feed.

use std::time::Duration;

use hub_api::{ChangeKind, MoveOrCopy};
use workspaces::{Changes, Parents, Preconditions};

use super::support::{DAY, NOW, actor, alice, code, mallory, name, path, put, stores};

fn said(changes: &Changes) -> Vec<(ChangeKind, &str)> {
    changes.events.iter().map(|event| (event.kind, event.path.as_str())).collect()
}

#[tokio::test]
async fn every_change_is_told_in_order() {
    for mut store in stores("every_change_is_told_in_order").await {
        let (alice, higgs) = (alice(), name("higgs"));
        let s = store.workspaces.clone();
        put(&s, &alice, "higgs", "d/a", b"1").await;
        // The clock goes back; the numbers do not.
        store.clock.set(NOW - 365 * DAY);
        put(&s, &alice, "higgs", "d/a", b"2").await;
        let request = MoveOrCopy { copy: false, to_workspace: None, to_path: path("e"), overwrite: false };
        s.move_or_copy(&alice, &higgs, &path("d"), &request, Parents::Make).await.unwrap();
        s.delete(&alice, &higgs, &path("e/a"), &Preconditions::default()).await.unwrap();
        drop(s);
        store.reopen().await;
        let s = &store.workspaces;
        let all = s.changes_since(&alice, &higgs, 0, 0).await.unwrap();
        let (new, gone) = (ChangeKind::Written, ChangeKind::Deleted);
        let expected = [(new, "d"), (new, "d/a"), (new, "d/a"), (gone, "d"), (new, "e"), (gone, "e/a")];
        assert_eq!((said(&all), all.is_gap), (expected.to_vec(), false));
        assert!(all.events.windows(2).all(|pair| pair[0].number < pair[1].number));
        let rest = s.changes_since(&alice, &higgs, all.events[2].number, 2).await.unwrap();
        assert_eq!(said(&rest), expected[3..5]);
        assert!(s.changes_since(&alice, &higgs, all.last_number, 0).await.unwrap().events.is_empty());
        assert!(s.changes_since(&alice, &higgs, 1_000_000, 0).await.unwrap().is_gap);
        // Old events go, and whoever missed them is told.
        store.clock.set(NOW + DAY);
        assert_eq!(s.sweep().await.unwrap().changes, 6);
        let late = s.changes_since(&alice, &higgs, 1, 0).await.unwrap();
        assert!(late.is_gap && late.events.is_empty());
        assert!(!s.changes_since(&alice, &higgs, late.last_number, 0).await.unwrap().is_gap);
    }
}

#[tokio::test]
async fn who_watches_is_woken() {
    for store in stores("who_watches_is_woken").await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        put(s, &alice, "higgs", "old", b"").await;
        let mut watch = s.watch(&alice, &higgs, 0).await.unwrap();
        assert_eq!(said(&watch.next().await.unwrap()), [(ChangeKind::Written, "old")]);
        let waits = tokio::time::timeout(Duration::from_millis(50), watch.next());
        assert!(waits.await.is_err());
        let (changes, _) = tokio::join!(watch.next(), put(s, &alice, "higgs", "new", b""));
        assert_eq!(said(&changes.unwrap()), [(ChangeKind::Written, "new")]);
        put(s, &mallory(), "susy", "elsewhere", b"").await;
        assert!(tokio::time::timeout(Duration::from_millis(50), watch.next()).await.is_err());
        // Who left the group hears nothing more.
        watch.set_actor(actor("alice", &[]));
        assert_eq!(code(watch.next().await), "not_found");
        assert_eq!(code(s.watch(&mallory(), &higgs, 0).await.map(drop)), "not_found");
    }
}
