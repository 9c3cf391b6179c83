//! Every operation for every kind of caller.

use hub_api::{CreateGrant, CreateLink, FilePath, Grantee, MoveOrCopy, PrincipalSource, Role, SetQuota};
use workspaces::{Actor, ListOptions, Parents, Preconditions, WorkspaceError, Workspaces, WriteOptions};

use super::support::{
    DAY, NOW, actor, alice, chief, code, mallory, name, names, path, put, sqlite, sqlite_with, stores,
    try_put,
};

/// What an operation answered: `ok`, or the word of its error.
fn word<T>(result: Result<T, WorkspaceError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "ok")
}

/// All operations, each on things that are there for it.
async fn all_operations(s: &Workspaces, who: &Actor, id: usize) -> Vec<(&'static str, &'static str)> {
    let (higgs, root, chief) = (name("higgs"), FilePath::root(), chief());
    let own = format!("of{id}");
    put(s, &chief, "higgs", &format!("{own}/a"), b"a").await;
    put(s, &chief, "higgs", &format!("{own}/b"), b"b").await;
    put(s, &chief, "higgs", &format!("{own}/b"), b"b2").await;
    put(s, &chief, "higgs", &format!("{own}/gone"), b"c").await;
    put(s, &chief, "higgs", &format!("{own}/gone2"), b"c").await;
    let nothing = Preconditions::default();
    let gone = s.delete(&chief, &higgs, &path(&format!("{own}/gone")), &nothing).await.unwrap();
    let gone2 = s.delete(&chief, &higgs, &path(&format!("{own}/gone2")), &nothing).await.unwrap();
    let grant = CreateGrant {
        grantee: Grantee::User("zoe".to_owned()),
        role: Role::Reader,
        expires_in_seconds: None,
    };
    let to_another = CreateGrant { grantee: Grantee::User("yve".to_owned()), ..grant.clone() };
    let given = s.create_grant(&chief, &higgs, &to_another).await.unwrap();
    let link = CreateLink { path: path(&format!("{own}/a")), expires_in_seconds: None, password: None };
    let linked = s.create_link(&chief, &higgs, &link).await.unwrap().link;
    let at = |file: &str| path(&format!("{own}/{file}"));
    let to = |copy, file: &str| MoveOrCopy { copy, to_workspace: None, to_path: at(file), overwrite: false };
    let away = MoveOrCopy {
        copy: true,
        to_workspace: Some(name(&format!("~{}", who.name))),
        to_path: at("x"),
        overwrite: true,
    };
    let limits = SetQuota { limit_bytes: 1 << 40, limit_entries: 1 << 20 };
    vec![
        ("info", word(s.info(who, &higgs).await)),
        ("quota", word(s.quota(who, &higgs).await)),
        ("list", word(s.list(who, &higgs, &root, &ListOptions::default()).await)),
        ("stat", word(s.stat(who, &higgs, &at("a")).await)),
        ("stat root", word(s.stat(who, &higgs, &root).await)),
        ("read", word(s.read(who, &higgs, &at("a"), None).await)),
        ("read old", word(s.read(who, &higgs, &at("b"), Some(1)).await)),
        ("versions", word(s.versions(who, &higgs, &at("b")).await)),
        ("changes", word(s.changes_since(who, &higgs, 0, 1).await)),
        ("watch", word(s.watch(who, &higgs, 0).await)),
        ("copy away", word(s.move_or_copy(who, &higgs, &at("a"), &away, Parents::Make).await)),
        ("write", word(try_put(s, who, "higgs", &format!("{own}/new"), b"n", nothing.clone()).await)),
        ("create upload", word(s.create_upload(who, &higgs, &at("u"), WriteOptions::default()).await)),
        ("make folder", word(s.make_folder(who, &higgs, &at("folder"), Parents::Make).await)),
        ("move", word(s.move_or_copy(who, &higgs, &at("a"), &to(false, "moved"), Parents::Make).await)),
        ("copy", word(s.move_or_copy(who, &higgs, &at("b"), &to(true, "copied"), Parents::Make).await)),
        ("restore version", word(s.restore_version(who, &higgs, &at("b"), 1, &nothing).await)),
        ("delete", word(s.delete(who, &higgs, &at("b"), &nothing).await)),
        ("trash", word(s.trash(who, &higgs, None, 0).await)),
        ("restore", word(s.restore_from_trash(who, &higgs, &gone.id, None).await)),
        ("delete for good", word(s.delete_for_good(who, &higgs, &gone2.id).await)),
        ("empty trash", word(s.empty_trash(who, &higgs).await)),
        ("grants", word(s.grants(who, &higgs).await)),
        ("create grant", word(s.create_grant(who, &higgs, &grant).await)),
        ("delete grant", word(s.delete_grant(who, &higgs, &given.id).await)),
        ("links", word(s.links(who, &higgs).await)),
        ("create link", {
            put(s, &chief, "higgs", &format!("{own}/l"), b"l").await;
            word(s.create_link(who, &higgs, &CreateLink { path: at("l"), ..link.clone() }).await)
        }),
        ("delete link", word(s.delete_link(who, &higgs, &linked.id).await)),
        ("audit", word(s.audit(who, &higgs, None, 0).await)),
        ("set quota", word(s.set_quota(who, &higgs, limits).await)),
    ]
}

const N_READ: usize = 11;
const N_WRITE: usize = 9;
const N_ADMINISTER: usize = 9;

#[tokio::test]
async fn every_operation_for_every_caller() {
    for store in stores("every_operation_for_every_caller").await {
        let s = &store.workspaces;
        let with_ceiling = |role, actor: Actor| Actor { role_ceiling: Some(role), ..actor };
        let operator = Actor { is_admin: true, ..actor("operator", &[]) };
        let callers = [
            // reads, writes, administers, sets quotas
            (mallory(), ["not_found", "not_found", "not_found", "forbidden"]),
            (actor("nobody", &[]), ["not_found", "not_found", "not_found", "forbidden"]),
            (actor("sub", &["higgs/top"]), ["not_found", "not_found", "not_found", "forbidden"]),
            (operator, ["not_found", "not_found", "not_found", "ok"]),
            (actor("reader", &["higgs", "higgs/readers"]), ["ok", "forbidden", "forbidden", "forbidden"]),
            (with_ceiling(Role::Reader, chief()), ["ok", "forbidden", "forbidden", "forbidden"]),
            (alice(), ["ok", "ok", "forbidden", "forbidden"]),
            (actor("writer", &["higgs/writers"]), ["ok", "ok", "forbidden", "forbidden"]),
            (with_ceiling(Role::Writer, chief()), ["ok", "ok", "forbidden", "forbidden"]),
            (chief(), ["ok", "ok", "ok", "forbidden"]),
        ];
        for (i, (who, [reads, writes, administers, sets_quotas])) in callers.into_iter().enumerate() {
            let answers = all_operations(s, &who, i).await;
            let is_narrow = who.role_ceiling == Some(Role::Reader);
            for (n, (operation, answer)) in answers.into_iter().enumerate() {
                let mut expected = match n {
                    n if n < N_READ => reads,
                    n if n < N_READ + N_WRITE => writes,
                    n if n < N_READ + N_WRITE + N_ADMINISTER => administers,
                    _ => sets_quotas,
                };
                // With a ceiling of reader nothing is written anywhere, not at home either.
                if operation == "copy away" && is_narrow {
                    expected = "forbidden";
                }
                assert_eq!(answer, expected, "{operation} by {}", who.name);
            }
        }
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn what_cannot_be_seen_is_as_what_is_not() {
    let store = sqlite().await;
    let (s, mallory) = (&store.workspaces, mallory());
    put(s, &alice(), "higgs", "secret/a.root", b"1").await;
    for (workspace, file) in [("higgs", "secret/a.root"), ("higgs", "none"), ("none", "a"), ("~alice", "a")] {
        let error = s.stat(&mallory, &name(workspace), &path(file)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{workspace} is not there, or you may not see it"));
    }
    let seen: Vec<_> =
        s.workspaces_of(&mallory).await.unwrap().into_iter().map(|info| info.name.to_string()).collect();
    assert_eq!(seen, ["susy", "~mallory"]);
    // A look by someone without a right makes no workspace.
    assert_eq!(code(s.stat(&mallory, &name("none"), &path("a")).await), "not_found");
    let infos = s.workspaces_of(&actor("x", &["none"])).await.unwrap();
    assert_eq!((infos[0].role, infos[0].quota.used_entries), (Role::Writer, 0));
}

#[tokio::test]
async fn the_role_of_members_is_a_setting() {
    let store = sqlite_with(|settings| settings.group_member_role = Role::Reader).await;
    let s = &store.workspaces;
    assert_eq!(s.role_of(&alice(), &name("higgs")).await.unwrap(), Role::Reader);
    assert_eq!(code(try_put(s, &alice(), "higgs", "a", b"", Preconditions::default()).await), "forbidden");
}

#[tokio::test]
async fn grants_act_at_once_and_end() {
    for mut store in stores("grants_act_at_once_and_end").await {
        let (higgs, bob, by_group) = (name("higgs"), actor("bob", &[]), actor("carl", &["cms/top"]));
        let s = store.workspaces.clone();
        let grant = |grantee, role, seconds| CreateGrant { grantee, role, expires_in_seconds: seconds };
        put(&s, &alice(), "higgs", "a", b"1").await;
        assert_eq!(code(s.role_of(&bob, &higgs).await), "not_found");
        let for_bob = grant(Grantee::User("bob".to_owned()), Role::Reader, Some(3600));
        let given = s.create_grant(&chief(), &higgs, &for_bob).await.unwrap();
        assert_eq!(
            (given.granted_by.as_str(), given.expires.as_deref()),
            ("chief", Some("2023-11-14T23:13:20Z"))
        );
        assert_eq!(s.role_of(&bob, &higgs).await.unwrap(), Role::Reader);
        assert_eq!(s.workspaces_of(&bob).await.unwrap().len(), 2);
        s.create_grant(&chief(), &higgs, &grant(Grantee::Group("cms/top".to_owned()), Role::Admin, None))
            .await
            .unwrap();
        assert_eq!(s.role_of(&by_group, &higgs).await.unwrap(), Role::Admin);
        // A person is not a group of the same name.
        assert_eq!(code(s.role_of(&actor("cms/top", &[]), &higgs).await), "not_found");
        // One right for each: another takes its place.
        let again = s.create_grant(&chief(), &higgs, &for_bob).await.unwrap();
        assert_eq!(code(s.delete_grant(&chief(), &higgs, &given.id).await), "not_found");
        s.delete_grant(&chief(), &higgs, &again.id).await.unwrap();
        assert_eq!(code(s.quota(&actor("bob", &[]), &higgs).await), "not_found", "nothing is left");
        s.create_grant(&chief(), &higgs, &for_bob).await.unwrap();
        // A grant raises the role of a member, and does not lower it.
        s.create_grant(&chief(), &higgs, &grant(Grantee::User("alice".to_owned()), Role::Reader, None))
            .await
            .unwrap();
        assert_eq!(s.role_of(&alice(), &higgs).await.unwrap(), Role::Writer);
        store.clock.set(NOW + 3_600_000);
        assert_eq!(code(s.role_of(&bob, &higgs).await), "not_found");
        assert_eq!(s.grants(&chief(), &higgs).await.unwrap().len(), 2);
        let of_group =
            s.grants(&chief(), &higgs).await.unwrap().into_iter().find(|grant| grant.role == Role::Admin);
        s.delete_grant(&chief(), &higgs, &of_group.unwrap().id).await.unwrap();
        assert_eq!(code(s.role_of(&by_group, &higgs).await), "not_found");
        assert_eq!(code(s.delete_grant(&chief(), &higgs, "none").await), "not_found");
        let bad = grant(Grantee::User("a\nb".to_owned()), Role::Reader, None);
        assert_eq!(code(s.create_grant(&chief(), &higgs, &bad).await), "invalid");
        drop(s);
        store.reopen().await;
        assert_eq!(store.workspaces.grants(&chief(), &higgs).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_password_that_allows_less_is_not_taken_for_the_person() {
    let store = sqlite().await;
    let higgs = name("higgs");
    let said = async |actor: &Actor| {
        let error = store.workspaces.grants(actor, &higgs).await.unwrap_err();
        (error.to_string(), error.next_step().unwrap())
    };
    let (by_password, cure) = said(&Actor { role_ceiling: Some(Role::Writer), ..chief() }).await;
    let expected = "this needs an administrator of higgs, and the app password or token is that of a writer";
    assert_eq!(
        (by_password.as_str(), cure),
        (expected, "log in yourself, or make an app password that may more")
    );
    let with_password = Actor { role_ceiling: Some(Role::Reader), ..alice() };
    for member in [alice(), with_password] {
        let (as_member, cure) = said(&member).await;
        assert_eq!(as_member, "this needs an administrator of higgs, and you are a writer");
        assert_eq!(cure, "ask an administrator of the workspace for a grant");
    }
}

#[tokio::test]
async fn a_right_that_ends_ends_open_uploads() {
    for store in stores("a_right_that_ends_ends_open_uploads").await {
        let (s, chief, guest, higgs) = (&store.workspaces, chief(), actor("guest", &[]), name("higgs"));
        let asked = CreateGrant {
            grantee: Grantee::User("guest".to_owned()),
            role: Role::Writer,
            expires_in_seconds: None,
        };
        let grant = s.create_grant(&chief, &higgs, &asked).await.unwrap();
        let options = || WriteOptions { size_bytes: Some(3), ..Default::default() };
        let mut plain = s.begin_write(&guest, &higgs, &path("plain"), options()).await.unwrap();
        plain.append(bytes::Bytes::from_static(b"abc")).await.unwrap();
        let resumable = s.create_upload(&guest, &higgs, &path("resumable"), options()).await.unwrap();
        s.delete_grant(&chief, &higgs, &grant.id).await.unwrap();
        assert_eq!(code(plain.finish(None).await), "not_found");
        let bytes = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"abc"))]);
        assert_eq!(code(s.append_upload(&guest, &resumable.id, 0, bytes).await), "not_found");
        assert_eq!(code(s.finish_upload(&guest, &resumable.id, None).await), "not_found");
        assert!(names(s, &chief, "higgs").await.is_empty());
        // The unfinished one can still be given up, and gives its room back.
        s.abort_upload(&guest, &resumable.id).await.unwrap();
        assert_eq!(s.quota(&chief, &higgs).await.unwrap().reserved_bytes, 0);
        store.assert_sound().await;
    }
}

#[tokio::test]
async fn a_person_shares_the_own_space() {
    let store = sqlite().await;
    let (s, home) = (&store.workspaces, name("~alice"));
    put(s, &alice(), "~alice", "notes", b"1").await;
    assert_eq!(code(s.stat(&chief(), &home, &path("notes")).await), "not_found");
    let grant = CreateGrant {
        grantee: Grantee::User("chief".to_owned()),
        role: Role::Reader,
        expires_in_seconds: None,
    };
    let made = s.create_grant(&alice(), &home, &grant).await.unwrap();
    assert_eq!(made.is_known, None, "everybody could ask here who uses the service");
    assert_eq!(names(s, &chief(), "~alice").await, ["notes"]);
    assert_eq!(code(try_put(s, &chief(), "~alice", "x", b"", Preconditions::default()).await), "forbidden");
}

#[tokio::test]
async fn the_audit_log_says_who_did_what() {
    for store in stores("the_audit_log_says_who_did_what").await {
        let (s, higgs) = (&store.workspaces, name("higgs"));
        put(s, &alice(), "higgs", "a", b"abc").await;
        let iam = Actor { source: PrincipalSource::Iam, ..chief() };
        s.delete(&iam, &higgs, &path("a"), &Preconditions::default()).await.unwrap();
        store.clock.set(NOW - DAY);
        put(s, &alice(), "higgs", "b", b"").await;
        let page = s.audit(&chief(), &higgs, None, 2).await.unwrap();
        let said: Vec<_> = page
            .entries
            .iter()
            .map(|line| (line.who.as_str(), line.action.as_str(), line.subject.as_str()))
            .collect();
        // By number: the clock went back meanwhile.
        assert_eq!(said, [("alice", "write", "b"), ("chief", "delete", "a")]);
        assert_eq!(page.entries[1].source, PrincipalSource::Iam);
        let last = s.audit(&chief(), &higgs, page.next_cursor.as_deref(), 2).await.unwrap();
        assert_eq!((last.entries.len(), last.next_cursor), (1, None));
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(last.entries[0].details, Some(format!("3 bytes, version 1, sha256 {digest}")));
        assert_eq!(code(s.audit(&chief(), &higgs, Some("x"), 0).await), "invalid");
    }
}

#[tokio::test]
async fn who_administers_a_group_learns_of_names_that_nobody_has() {
    let store = sqlite().await;
    let (s, higgs) = (&store.workspaces, name("higgs"));
    put(s, &alice(), "~alice", "notes", b"1").await;
    s.note_groups("bob", &["cms/top".to_owned()]).await.unwrap();
    for (grantee, expected) in [
        (Grantee::User("alice".to_owned()), Some(true)),
        (Grantee::User("bob".to_owned()), Some(true)),
        (Grantee::User("bobb".to_owned()), Some(false)),
        (Grantee::User("..".to_owned()), Some(false)),
        (Grantee::said_user(" ~bob"), Some(true)),
        (Grantee::Group("atlas".to_owned()), Some(false)),
        (Grantee::said_group("cms%2Ftop"), Some(true)),
    ] {
        let grant = CreateGrant { grantee, role: Role::Reader, expires_in_seconds: None };
        let made = s.create_grant(&chief(), &higgs, &grant).await.unwrap();
        assert_eq!(made.is_known, expected, "{:?}", grant.grantee);
        assert_eq!(made.sentence(&higgs).contains("knows nobody"), expected == Some(false));
        let listed = s.grants(&chief(), &higgs).await.unwrap();
        assert!(listed.iter().any(|one| one.grantee == grant.grantee && one.is_known.is_none()));
    }
}
