//! Links for anyone.

use futures_util::TryStreamExt;
use hub_api::{CreateLink, MoveOrCopy};
use workspaces::{Parents, Preconditions, Result, Settings, Workspaces};

use super::support::{DAY, NOW, chief, code, name, path, put, sqlite, stores};

fn asked(file: &str) -> CreateLink {
    CreateLink { path: path(file), expires_in_seconds: None, password: None }
}

async fn follow(s: &Workspaces, token: &str, password: Option<&str>) -> Result<Vec<u8>> {
    let opened = s.open_link(token, password).await?;
    s.note_link_read(&opened, true).await?;
    let blocks: Vec<_> = opened.file.stream(0..u64::MAX).try_collect().await?;
    Ok(blocks.concat())
}

#[tokio::test]
async fn links_are_made_and_followed_only_where_they_are_switched_on() {
    let mut store = sqlite().await;
    let (chief, higgs) = (chief(), name("higgs"));
    put(&store.workspaces, &chief, "higgs", "a", b"1").await;
    let made = store.workspaces.create_link(&chief, &higgs, &asked("a")).await.unwrap();
    let off = Settings { public_links: false, ..store.settings.settings().clone() };
    assert!(!Settings::default().public_links);
    store.settings = off.check().unwrap().with_clock(store.clock.clone());
    store.reopen().await;
    assert_eq!(code(follow(&store.workspaces, &made.token, None).await), "not_found");
    assert_eq!(code(store.workspaces.create_link(&chief, &higgs, &asked("a")).await), "no_public_links");
    store.workspaces.delete_link(&chief, &higgs, &made.link.id).await.unwrap();
}

#[tokio::test]
async fn a_link_reads_its_file_and_no_other() {
    for store in stores("a_link_reads_its_file_and_no_other").await {
        let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
        put(s, &chief, "higgs", "a", b"1").await;
        let made = s.create_link(&chief, &higgs, &asked("a")).await.unwrap();
        assert_eq!((made.token.len(), made.link.expires.as_str()), (64, "2023-11-21T22:13:20Z"));
        assert_eq!(follow(s, &made.token, None).await.unwrap(), b"1");
        put(s, &chief, "higgs", "a", b"22").await;
        assert_eq!(follow(s, &made.token, None).await.unwrap(), b"22");
        // It follows the file; another one under the old name is not shown.
        let request =
            MoveOrCopy { copy: false, to_workspace: None, to_path: path("d/moved"), overwrite: false };
        s.move_or_copy(&chief, &higgs, &path("a"), &request, Parents::Make).await.unwrap();
        put(s, &chief, "higgs", "a", b"other").await;
        assert_eq!(follow(s, &made.token, None).await.unwrap(), b"22");
        let opened = s.open_link(&made.token, None).await.unwrap();
        s.note_link_read(&opened, false).await.unwrap();
        let links = s.links(&chief, &higgs).await.unwrap();
        assert_eq!((links.len(), links[0].n_reads, links[0].path.as_str()), (1, 3, "d/moved"));
        let log = s.audit(&chief, &higgs, None, 0).await.unwrap();
        assert_eq!(
            log.entries
                .iter()
                .filter(|line| line.action == "link_read" && line.who == "link of chief")
                .map(|line| (line.source, line.subject.as_str()))
                .collect::<Vec<_>>(),
            [(hub_api::PrincipalSource::Link, "a")],
            "a line a minute"
        );
        store.clock.set(NOW + 60_000);
        follow(s, &made.token, None).await.unwrap();
        let log = s.audit(&chief, &higgs, None, 0).await.unwrap();
        assert_eq!(log.entries.iter().filter(|line| line.action == "link_read").count(), 2);
        let deleted = s.delete(&chief, &higgs, &path("d"), &Preconditions::default()).await.unwrap();
        assert_eq!(code(follow(s, &made.token, None).await), "not_found");
        s.restore_from_trash(&chief, &higgs, &deleted.id, None).await.unwrap();
        assert!(follow(s, &made.token, None).await.is_ok());
        s.delete_link(&chief, &higgs, &made.link.id).await.unwrap();
        assert_eq!(code(follow(s, &made.token, None).await), "not_found");
        for bad in ["", "x", &made.link.id, "' OR 1=1"] {
            assert_eq!(code(follow(s, bad, None).await), "not_found");
        }
        assert_eq!(code(s.create_link(&chief, &higgs, &asked("d")).await), "not_a_file");
        assert_eq!(code(s.create_link(&chief, &higgs, &asked("none")).await), "not_found");
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn a_link_ends_with_its_time_and_with_its_makers_right() {
    for store in stores("a_link_ends_with_its_time_and_with_its_makers_right").await {
        let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
        put(s, &chief, "higgs", "a", b"1").await;
        let month = 30 * 86_400;
        for bad in [0, month + 1] {
            let asked = CreateLink { expires_in_seconds: Some(bad), ..asked("a") };
            assert_eq!(code(s.create_link(&chief, &higgs, &asked).await), "invalid");
        }
        let asked = CreateLink { expires_in_seconds: Some(month), ..asked("a") };
        let made = s.create_link(&chief, &higgs, &asked).await.unwrap();
        let groups = |groups: &[&str]| groups.iter().map(|&group| group.to_owned()).collect::<Vec<_>>();
        for (now, expected) in [(&["higgs"][..], false), (&[], false), (&["higgs/admins"], true)] {
            s.note_groups("chief", &groups(now)).await.unwrap();
            assert_eq!(follow(s, &made.token, None).await.is_ok(), expected, "{now:?}");
        }
        store.clock.set(NOW + 30 * DAY - 1);
        assert!(follow(s, &made.token, None).await.is_ok());
        store.clock.set(NOW + 30 * DAY);
        assert_eq!(code(follow(s, &made.token, None).await), "not_found");
        assert!(s.links(&chief, &higgs).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_link_can_ask_for_a_password() {
    for store in stores("a_link_can_ask_for_a_password").await {
        let (s, chief, higgs) = (&store.workspaces, chief(), name("higgs"));
        put(s, &chief, "higgs", "a", b"1").await;
        let with = |password: &str| CreateLink { password: Some(password.to_owned()), ..asked("a") };
        let made = s.create_link(&chief, &higgs, &with("boson")).await.unwrap();
        assert!(made.link.has_password);
        assert_eq!(follow(s, &made.token, Some("boson")).await.unwrap(), b"1");
        for wrong in [None, Some(""), Some("Boson"), Some(&*"x".repeat(5000))] {
            assert_eq!(code(follow(s, &made.token, wrong).await), "link_password");
        }
        for bad in ["", &"x".repeat(1025)] {
            assert_eq!(code(s.create_link(&chief, &higgs, &with(bad)).await), "invalid");
        }
        assert_eq!(s.links(&chief, &higgs).await.unwrap()[0].n_reads, 1);
    }
}
