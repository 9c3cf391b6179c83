//! Old versions.

use futures_util::TryStreamExt;
use workspaces::Preconditions;

use super::support::{alice, code, get, name, path, put, set_limits, stores_with};

#[tokio::test]
async fn versions_are_kept_and_restored() {
    for store in stores_with("versions_are_kept_and_restored", |settings| settings.keep_versions = 3).await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        for i in 1..=5 {
            put(s, &alice, "higgs", "a", &vec![i; i as usize]).await;
        }
        let list = async || {
            let versions = s.versions(&alice, &higgs, &path("a")).await.unwrap().versions;
            versions.iter().map(|v| (v.version, v.size_bytes, v.current)).collect::<Vec<_>>()
        };
        assert_eq!(list().await, [(5, 5, true), (4, 4, false), (3, 3, false)]);
        assert_eq!(s.quota(&alice, &higgs).await.unwrap().used_bytes, 12);
        let old = s.read(&alice, &higgs, &path("a"), Some(3)).await.unwrap();
        let bytes: Vec<_> = old.stream(0..9).try_collect().await.unwrap();
        assert_eq!((bytes.concat(), old.entry.version), (vec![3; 3], 3));
        assert_eq!(code(s.read(&alice, &higgs, &path("a"), Some(2)).await.map(drop)), "not_found");
        assert_eq!(code(s.read(&alice, &higgs, &path("a"), Some(u64::MAX)).await.map(drop)), "not_found");
        let any = Preconditions::default();
        let restored = s.restore_version(&alice, &higgs, &path("a"), 3, &any).await.unwrap();
        assert_eq!((restored.version, restored.size_bytes), (6, 3));
        assert_eq!(get(s, &alice, "higgs", "a").await.unwrap(), [3; 3]);
        assert_eq!(list().await, [(6, 3, true), (5, 5, false), (4, 4, false)]);
        assert_eq!(code(s.restore_version(&alice, &higgs, &path("a"), 3, &any).await), "not_found");
        set_limits(s, "higgs", 12, 10).await;
        assert_eq!(code(s.restore_version(&alice, &higgs, &path("a"), 5, &any).await), "quota_exceeded");
        put(s, &alice, "higgs", "d/x", b"").await;
        assert_eq!(code(s.versions(&alice, &higgs, &path("d")).await), "not_a_file");
        assert_eq!(code(s.versions(&alice, &higgs, &path("")).await), "not_a_file");
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn nobody_pushes_out_a_colleagues_last_version() {
    let change = |settings: &mut workspaces::Settings| settings.keep_versions = 2;
    for store in stores_with("nobody_pushes_out_a_colleagues_last_version", change).await {
        let (s, alice, higgs) = (&store.workspaces, alice(), name("higgs"));
        let bob = super::support::actor("bob", &["higgs"]);
        let list = async || {
            let versions = s.versions(&alice, &higgs, &path("a")).await.unwrap().versions;
            versions.into_iter().map(|v| (v.version, v.modified_by)).collect::<Vec<_>>()
        };
        let of = |number: u64, who: &str| (number, who.to_owned());
        for _ in 0..2 {
            put(s, &alice, "higgs", "a", b"by alice").await;
        }
        for _ in 0..20 {
            put(s, &bob, "higgs", "a", b"by bob").await;
        }
        assert_eq!(list().await, [of(22, "bob"), of(21, "bob"), of(2, "alice")]);
        put(s, &alice, "higgs", "a", b"by alice").await;
        assert_eq!(list().await, [of(23, "alice"), of(22, "bob")]);
        store.clock.set(super::support::NOW + 31 * super::support::DAY);
        s.sweep().await.unwrap();
        assert_eq!(list().await, [of(23, "alice")], "its days are over");
        store.assert_sound().await;
    }
}
