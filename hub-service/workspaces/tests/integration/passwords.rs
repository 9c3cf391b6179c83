//! App passwords.

use hub_api::{CreateAppPassword, PrincipalSource, Role};
use workspaces::Actor;

use super::support::{DAY, NOW, actor, alice, code, stores};

fn asked(role: Option<Role>) -> CreateAppPassword {
    CreateAppPassword { label: "rclone".to_owned(), role, expires_in_seconds: None }
}

#[tokio::test]
async fn app_passwords_open_what_they_may() {
    for store in stores("app_passwords_open_what_they_may").await {
        let (s, alice) = (&store.workspaces, alice());
        let made = s.create_app_password(&alice, &asked(Some(Role::Reader))).await.unwrap();
        assert_eq!(
            (made.password.len(), made.info.role, made.info.last_used.as_deref()),
            (64, Role::Reader, None)
        );
        assert_eq!(made.info.expires.as_deref(), Some("2024-02-12T22:13:20Z"));
        let verified = s.verify_app_password("alice", &made.password).await.unwrap().unwrap();
        assert_eq!((verified.role, verified.owner.as_str()), (Role::Reader, "alice"));
        assert_eq!(verified.groups.unwrap().groups, ["higgs"]);
        for (user, password) in
            [("bob", made.password.as_str()), ("alice", ""), ("alice", "x"), ("", &made.password)]
        {
            assert_eq!(s.verify_app_password(user, password).await.unwrap(), None);
        }
        let listed = s.app_passwords(&alice).await.unwrap();
        assert_eq!((listed.len(), listed[0].last_used.as_deref()), (1, Some("2023-11-14T22:13:20Z")));
        assert!(s.app_passwords(&actor("bob", &[])).await.unwrap().is_empty());
        assert_eq!(code(s.delete_app_password(&actor("bob", &[]), &made.info.id).await), "not_found");
        // The newest groups count.
        s.note_groups("alice", &[]).await.unwrap();
        let verified = s.verify_app_password("alice", &made.password).await.unwrap().unwrap();
        assert!(verified.groups.unwrap().groups.is_empty());
        store.clock.set(NOW + 90 * DAY);
        assert_eq!(s.verify_app_password("alice", &made.password).await.unwrap(), None);
        store.clock.set(NOW);
        s.delete_app_password(&alice, &made.info.id).await.unwrap();
        assert_eq!(s.verify_app_password("alice", &made.password).await.unwrap(), None);
        let log = s.audit(&alice, &super::support::name("~alice"), None, 0).await.unwrap();
        let actions: Vec<_> = log.entries.iter().map(|line| line.action.as_str()).collect();
        assert_eq!(actions, ["app_password_taken_back", "app_password"]);
    }
}

#[tokio::test]
async fn groups_of_somebody_who_does_not_come_count_for_so_long() {
    for store in stores("groups_of_somebody_who_does_not_come_count_for_so_long").await {
        let (s, alice) = (&store.workspaces, alice());
        let made = s.create_app_password(&alice, &asked(None)).await.unwrap();
        let groups = async || {
            let verified = s.verify_app_password("alice", &made.password).await.unwrap().unwrap();
            verified.groups.map(|known| known.groups)
        };
        store.clock.set(NOW + 30 * DAY);
        assert_eq!(groups().await, Some(vec!["higgs".to_owned()]));
        store.clock.set(NOW + 31 * DAY);
        assert_eq!(groups().await, None);
        // She comes, and is still in it.
        s.note_groups("alice", &["higgs".to_owned()]).await.unwrap();
        assert_eq!(groups().await, Some(vec!["higgs".to_owned()]));
    }
}

#[tokio::test]
async fn app_passwords_do_not_grow_in_rights() {
    for store in stores("app_passwords_do_not_grow_in_rights").await {
        let s = &store.workspaces;
        let by_password = Actor { source: PrincipalSource::AppPassword, ..alice() };
        assert_eq!(code(s.create_app_password(&by_password, &asked(None)).await), "invalid");
        let narrow = Actor { role_ceiling: Some(Role::Reader), ..alice() };
        assert_eq!(
            s.create_app_password(&narrow, &asked(Some(Role::Admin))).await.unwrap().info.role,
            Role::Reader
        );
        assert_eq!(s.create_app_password(&alice(), &asked(None)).await.unwrap().info.role, Role::Writer);
        let long = CreateAppPassword { expires_in_seconds: Some(367 * 86_400), ..asked(None) };
        assert_eq!(code(s.create_app_password(&alice(), &long).await), "invalid");
        let label = CreateAppPassword { label: String::new(), ..asked(None) };
        assert_eq!(code(s.create_app_password(&alice(), &label).await), "invalid");
        for _ in 2..50 {
            s.create_app_password(&alice(), &asked(None)).await.unwrap();
        }
        assert_eq!(code(s.create_app_password(&alice(), &asked(None)).await), "invalid");
    }
}
