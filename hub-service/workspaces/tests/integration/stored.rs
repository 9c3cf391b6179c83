//! A database that the first version of the service left: what is in it is right after all migrations.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use hub_api::Role;
use sqlx::{AnyConnection, Connection, any::install_default_drivers, raw_sql};
use workspaces::{CheckedSettings, Clock, Secret, Settings, Workspaces};

use super::{
    postgres,
    support::{NOW, actor, alice, chief, code, get, mallory, name, names, path, put, skipped},
};

const LINK: &str = "a link of the first version";
const APP_PASSWORD: &str = "an app password of the first version";
const UPLOAD: &str = "0d000000000000000000000000000001";
const BLOBS: [(&str, &str); 4] = [
    ("0a000000000000000000000000000001", "first"),
    ("0a000000000000000000000000000002", "second, and longer"),
    ("0b000000000000000000000000000003", "thrown away"),
    ("0b000000000000000000000000000004", "of ann"),
];

/// Tables and rows. The digest is that of the first migration as it was released: one that is changed later is refused.
const SQLITE: [&str; 3] = [
    include_str!("../../migrations/sqlite/0001_start.sql"),
    "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
     installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, \
     execution_time BIGINT NOT NULL); \
     INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (1, 'start', TRUE, \
     X'11e4488c3c06e7bcac8568415b6f46871a4115a25e319b7c84060eb156db0b1567177ae7be1cedadd5c82bd11d0dae54', 1)",
    include_str!("../stored/first.sql"),
];
const POSTGRES: [&str; 4] = [
    include_str!("../../migrations/postgres/0001_start.sql"),
    "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
     installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, \
     execution_time BIGINT NOT NULL); \
     INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (1, 'start', TRUE, \
     '\\x285a526c87e5a7322524e0a17b1280aae56a65b11726dd38771953b2cfd96a15457d9db509cc76ab903ae85715de766a', 1)",
    include_str!("../stored/first.sql"),
    "SELECT setval(pg_get_serial_sequence('workspaces', 'id'), 3); \
     SELECT setval(pg_get_serial_sequence('entries', 'id'), 5)",
];

#[tokio::test]
async fn a_database_of_the_first_version_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    std::fs::create_dir(&store).unwrap();
    let url = format!("sqlite://{}?mode=rwc", store.join("names.sqlite").display());
    check(&url, &SQLITE, Settings { folder: store, public_links: true, ..Settings::default() }).await;
}

#[tokio::test]
async fn a_database_of_the_first_version_on_postgres() {
    let url = match postgres::new_database() {
        Ok(url) => url,
        Err(why) => return skipped("a_database_of_the_first_version_on_postgres", &why),
    };
    let folder = tempfile::tempdir().unwrap();
    let database = Some(Secret::new(&url));
    let folder = folder.path().join("store");
    let settings = Settings { folder, database, public_links: true, ..Settings::default() };
    check(&url, &POSTGRES, settings).await;
}

async fn check(url: &str, statements: &[&'static str], settings: Settings) {
    fill(url, statements).await;
    bytes_of(&settings.folder);
    let settings = settings.check().unwrap().with_clock(Clock::standing_at(NOW));
    let s = Workspaces::open(&settings).await.unwrap();
    quotas(&s).await;
    files(&s).await;
    rights(&s).await;
    s.close().await;
    drop(s);
    // What is up to date is left as it is.
    let s = Workspaces::open(&settings).await.unwrap();
    quotas(&s).await;
    work_goes_on(&s).await;
    s.close().await;
    drop(s);
    of_a_later_version(url, &settings).await;
}

async fn fill(url: &str, statements: &[&'static str]) {
    install_default_drivers();
    let mut database = AnyConnection::connect(url).await.unwrap();
    for statement in statements {
        raw_sql(*statement).execute(&mut database).await.unwrap();
    }
    database.close().await.unwrap();
}

fn bytes_of(folder: &Path) {
    let write = |file: PathBuf, bytes: &str| {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    for (id, bytes) in BLOBS {
        write(folder.join("blobs").join(&id[..2]).join(id), bytes);
    }
    write(folder.join("parts").join(UPLOAD), "half");
}

/// Bytes used and promised, names used, and what they may be at most.
async fn quotas(s: &Workspaces) {
    for (who, workspace, expected) in [
        // Versions of 39 bytes, as the first version counted, and properties of 37.
        (&chief(), "higgs", [76, 8, 4, 1000, 50]),
        (&actor("ann", &[]), "~ann", [6, 0, 1, 500, 20]),
        (&mallory(), "susy", [0, 0, 0, 700, 30]),
    ] {
        let quota = s.quota(who, &name(workspace)).await.unwrap();
        let found = [
            quota.used_bytes,
            quota.reserved_bytes,
            quota.used_entries,
            quota.limit_bytes,
            quota.limit_entries,
        ];
        assert_eq!(found, expected, "{workspace}");
    }
    let report = s.check(true).await.unwrap();
    assert_eq!(
        (report.problems, report.n_entries, report.n_versions, report.n_garbage),
        (Vec::new(), 5, 5, 0)
    );
}

async fn files(s: &Workspaces) {
    let (alice, higgs) = (alice(), name("higgs"));
    assert_eq!(names(s, &alice, "higgs").await, ["caf\u{e9}", "d", "d/a"]);
    assert_eq!(get(s, &alice, "higgs", "d/a").await.unwrap(), b"second, and longer");
    assert_eq!(get(s, &alice, "higgs", "caf\u{e9}").await.unwrap(), b"first");
    let old = s.read(&alice, &higgs, &path("d/a"), Some(1)).await.unwrap();
    let bytes: Vec<Bytes> = old.stream(0..u64::MAX).try_collect().await.unwrap();
    assert_eq!((bytes.concat().as_slice(), old.adler32), (&b"first"[..], 106_365_481));
    let said = [&old.entry.modified_by, &old.entry.modified, old.entry.made_by.as_ref().unwrap()];
    assert_eq!(said, ["alice", "2023-07-22T04:26:41Z", "notebook 1"]);
    assert_eq!(old.entry.media_type.as_deref(), Some("text/plain"));
    let properties = s.properties(&alice, &higgs, &path("d/a")).await.unwrap();
    assert_eq!(properties["{urn:x}cut"], "pt > 20 \u{b5}m");
}

async fn rights(s: &Workspaces) {
    assert_eq!(
        get(s, &actor("ann", &[]), "higgs", "d/a").await.unwrap(),
        b"second, and longer",
        "by a grant"
    );
    assert_eq!(code(get(s, &mallory(), "higgs", "d/a").await), "not_found", "a grant that is over");
    let found = s.verify_app_password("alice", APP_PASSWORD).await.unwrap().unwrap();
    assert_eq!((found.role, found.groups.unwrap().groups), (Role::Writer, vec!["higgs".to_owned()]));
    assert_eq!(s.verify_app_password("alice", LINK).await.unwrap(), None);
    let linked = s.open_link(LINK, None).await.unwrap();
    assert_eq!(linked.file.size_bytes(), 18);
}

/// Uploads, the trash and new versions.
async fn work_goes_on(s: &Workspaces) {
    let (alice, higgs) = (alice(), name("higgs"));
    assert_eq!(s.upload_status(&alice, UPLOAD).await.unwrap().offset, 4);
    let rest = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"done"))]);
    s.append_upload(&alice, UPLOAD, 4, rest).await.unwrap();
    s.finish_upload(&alice, UPLOAD, None).await.unwrap();
    assert_eq!(get(s, &alice, "higgs", "half").await.unwrap(), b"halfdone");
    let trash = s.trash(&alice, &higgs, None, 0).await.unwrap().entries;
    assert_eq!(trash.len(), 1);
    s.restore_from_trash(&alice, &higgs, &trash[0].id, None).await.unwrap();
    assert_eq!(get(s, &alice, "higgs", "gone").await.unwrap(), b"thrown away");
    assert_eq!(put(s, &alice, "higgs", "d/a", b"third").await.version, 3);
    put(s, &mallory(), "susy", "new", b"new").await;
    put(s, &actor("new", &["new"]), "new", "new", b"new").await;
    let quota = s.quota(&chief(), &higgs).await.unwrap();
    assert_eq!((quota.used_bytes, quota.reserved_bytes, quota.used_entries), (76 + 8 + 5, 0, 5));
    assert_eq!(s.check(true).await.unwrap().problems, Vec::<String>::new());
}

/// A service that is older than the database leaves it alone.
async fn of_a_later_version(url: &str, settings: &CheckedSettings) {
    fill(
        url,
        &["INSERT INTO _sqlx_migrations SELECT 9999, 'later', installed_on, success, checksum, 1 \
                 FROM _sqlx_migrations WHERE version = 1"],
    )
    .await;
    let Err(error) = Workspaces::open(settings).await else { panic!("it opens") };
    assert!(error.to_string().contains("9999"), "{error}");
}
