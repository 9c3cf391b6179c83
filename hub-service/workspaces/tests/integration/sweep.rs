//! What goes with time.

use workspaces::{Preconditions, SweepReport};

use super::support::{DAY, NOW, alice, chief, get, name, path, put, stores, stores_with};

#[tokio::test]
async fn trash_and_old_versions_go_in_their_time() {
    for store in stores("trash_and_old_versions_go_in_their_time").await {
        let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
        put(s, &chief, "higgs", "a", b"1").await;
        put(s, &chief, "higgs", "d/b", b"22").await;
        s.delete(&chief, &higgs, &path("d"), &Preconditions::default()).await.unwrap();
        store.clock.set(NOW + 10 * DAY);
        put(s, &chief, "higgs", "a", b"333").await;
        store.clock.set(NOW + 30 * DAY - 1);
        assert_eq!(s.sweep().await.unwrap(), SweepReport::default());
        store.clock.set(NOW + 31 * DAY);
        let report = s.sweep().await.unwrap();
        assert_eq!((report.trash, report.versions, report.blobs), (1, 1, 0));
        let quota = s.quota(&chief, &higgs).await.unwrap();
        assert_eq!((quota.used_bytes, quota.used_entries), (3, 1));
        // The bytes stay an hour longer, for whoever reads them.
        assert_eq!(s.check(true).await.unwrap().n_garbage, 2);
        store.clock.set(NOW + 31 * DAY + 3_600_000);
        assert_eq!(s.sweep().await.unwrap().blobs, 2);
        let log = s.audit(&chief, &higgs, None, 1).await.unwrap();
        assert_eq!(
            (log.entries[0].who.as_str(), log.entries[0].action.as_str()),
            ("mlaas4hep-hub", "delete_for_good")
        );
        assert_eq!(s.check(true).await.unwrap().n_garbage, 0);
        assert_eq!(get(s, &chief, "higgs", "a").await.unwrap(), b"333");
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn a_clock_that_jumps_loses_nothing_that_is_used() {
    for store in
        stores_with("a_clock_that_jumps_loses_nothing_that_is_used", |settings| settings.keep_versions = 4)
            .await
    {
        let (s, alice) = (&store.workspaces, alice());
        for (i, now) in [NOW, NOW - 1000 * DAY, NOW + 4000 * DAY, 0, NOW].into_iter().enumerate() {
            store.clock.set(now);
            assert_eq!(put(s, &alice, "higgs", "a", &[i as u8]).await.version, i as u64 + 1);
            s.sweep().await.unwrap();
            assert_eq!(get(s, &alice, "higgs", "a").await.unwrap(), [i as u8]);
            store.assert_sound().await;
        }
        let versions = s.versions(&alice, &name("higgs"), &path("a")).await.unwrap().versions;
        assert_eq!((versions[0].version, versions[0].current), (5, true));
    }
}

#[tokio::test]
async fn lines_of_the_audit_log_go_in_their_time() {
    for store in
        stores_with("lines_of_the_audit_log_go_in_their_time", |settings| settings.keep_audit_days = 5).await
    {
        let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
        for _ in 0..600 {
            put(s, &chief, "higgs", "a", b"1").await;
        }
        store.clock.set(NOW + DAY);
        put(s, &chief, "higgs", "a", b"2").await;
        store.clock.set(NOW + 5 * DAY);
        assert_eq!(s.sweep().await.unwrap().audit, 0);
        store.clock.set(NOW + 5 * DAY + 1);
        assert!(s.sweep().await.unwrap().audit >= 600);
        let left = s.audit(&chief, &higgs, None, 0).await.unwrap().entries;
        assert_eq!(left.iter().filter(|line| line.action == "write").count(), 1, "{left:?}");
    }
}

#[tokio::test]
async fn files_that_nobody_knows_are_swept_and_those_of_others_stay() {
    for store in stores("files_that_nobody_knows_are_swept_and_those_of_others_stay").await {
        let (s, alice) = (&store.workspaces, alice());
        put(s, &alice, "higgs", "a", b"1").await;
        let folder = store.folder.path().join("store");
        let orphan = "00112233445566778899aabbccddeeff";
        std::fs::create_dir_all(folder.join("blobs/00")).unwrap();
        std::fs::write(folder.join("blobs/00").join(orphan), b"x").unwrap();
        std::fs::write(folder.join("parts").join(orphan), b"x").unwrap();
        std::fs::write(folder.join("parts/README"), b"x").unwrap();
        assert_eq!(s.check(false).await.unwrap().n_garbage, 2);
        assert_eq!(s.sweep().await.unwrap().orphans, 2);
        assert_eq!(s.check(false).await.unwrap().n_garbage, 0);
        assert!(folder.join("parts/README").exists());
        assert_eq!(get(s, &alice, "higgs", "a").await.unwrap(), b"1");
    }
}
