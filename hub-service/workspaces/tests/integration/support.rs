//! A storage of its own for each test, on each database that is here.

use std::io::Write;

use bytes::Bytes;
use futures_util::TryStreamExt;
use hub_api::{Entry, FilePath, PrincipalSource, SetQuota, WorkspaceName};
use tempfile::TempDir;
use workspaces::{
    Actor, CheckedSettings, Clock, ListOptions, Preconditions, Secret, Settings, WorkspaceError, Workspaces,
    WriteOptions,
};

use super::postgres;

/// 2023-11-14.
pub(crate) const NOW: i64 = 1_700_000_000_000;
pub(crate) const DAY: i64 = 86_400_000;

/// A storage, and what it stands on.
pub(crate) struct Store {
    pub(crate) workspaces: Workspaces,
    pub(crate) clock: Clock,
    pub(crate) settings: CheckedSettings,
    pub(crate) folder: TempDir,
    pub(crate) database: &'static str,
}

/// Says why a test was not run, past what the test harness captures.
pub(crate) fn skipped(test: &str, why: &str) {
    let _said = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
}

/// A storage on `SQLite`.
pub(crate) async fn sqlite() -> Store {
    sqlite_with(|_| {}).await
}

/// A storage on `SQLite` with other settings.
pub(crate) async fn sqlite_with(change: impl Fn(&mut Settings)) -> Store {
    open("sqlite", None, change).await
}

/// A storage on each database: `SQLite`, and `PostgreSQL` where it is installed.
pub(crate) async fn stores(test: &str) -> Vec<Store> {
    stores_with(test, |_| {}).await
}

pub(crate) async fn stores_with(test: &str, change: impl Fn(&mut Settings)) -> Vec<Store> {
    let mut stores = vec![sqlite_with(&change).await];
    match postgres::new_database() {
        Ok(url) => stores.push(open("postgres", Some(url), &change).await),
        Err(why) => skipped(&format!("{test} on PostgreSQL"), &why),
    }
    stores
}

async fn open(database: &'static str, url: Option<String>, change: impl Fn(&mut Settings)) -> Store {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings {
        public_links: true,
        folder: folder.path().join("store"),
        database: url.map(|url| Secret::new(&url)),
        ..Settings::default()
    };
    change(&mut settings);
    let clock = Clock::standing_at(NOW);
    let settings = settings.check().unwrap().with_clock(clock.clone());
    let workspaces = Workspaces::open(&settings).await.unwrap();
    Store { workspaces, clock, settings, folder, database }
}

impl Store {
    /// As after a restart of the service.
    pub(crate) async fn reopen(&mut self) {
        self.workspaces.close().await;
        // The lock of the folder goes with the last clone.
        let settings = self.settings.clone();
        let elsewhere = Settings { folder: self.folder.path().join("aside"), ..Settings::default() };
        self.workspaces = Workspaces::open(&elsewhere.check().unwrap()).await.unwrap();
        self.workspaces = Workspaces::open(&settings).await.unwrap();
    }

    /// Nothing lost, nothing miscounted.
    pub(crate) async fn assert_sound(&self) {
        let report = self.workspaces.check(true).await.unwrap();
        assert_eq!(report.problems, Vec::<String>::new(), "{}", self.database);
    }

    /// Waits until uploads that were dropped are cleared.
    pub(crate) async fn assert_nothing_reserved(&self, actor: &Actor, workspace: &str) {
        for _ in 0..200 {
            if self.workspaces.quota(actor, &name(workspace)).await.unwrap().reserved_bytes == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("bytes stay promised");
    }
}

pub(crate) fn name(text: &str) -> WorkspaceName {
    WorkspaceName::new(text).unwrap()
}

pub(crate) fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

/// A person in groups.
pub(crate) fn actor(person: &str, groups: &[&str]) -> Actor {
    Actor {
        name: person.to_owned(),
        source: PrincipalSource::Hub,
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        is_admin: false,
        role_ceiling: None,
        capabilities: None,
    }
}

/// A writer of `higgs`.
pub(crate) fn alice() -> Actor {
    actor("alice", &["higgs"])
}

/// An administrator of `higgs`.
pub(crate) fn chief() -> Actor {
    actor("chief", &["higgs", "higgs/admins"])
}

/// In another group.
pub(crate) fn mallory() -> Actor {
    actor("mallory", &["susy"])
}

pub(crate) async fn put(
    store: &Workspaces,
    actor: &Actor,
    workspace: &str,
    file: &str,
    bytes: &[u8],
) -> Entry {
    try_put(store, actor, workspace, file, bytes, Preconditions::default()).await.unwrap()
}

pub(crate) async fn try_put(
    store: &Workspaces,
    actor: &Actor,
    workspace: &str,
    file: &str,
    bytes: &[u8],
    preconditions: Preconditions,
) -> Result<Entry, WorkspaceError> {
    let options =
        WriteOptions { preconditions, size_bytes: Some(bytes.len() as u64), ..WriteOptions::default() };
    let mut upload = store.begin_write(actor, &name(workspace), &path(file), options).await?;
    upload.append(Bytes::copy_from_slice(bytes)).await?;
    upload.finish(None).await
}

pub(crate) async fn get(
    store: &Workspaces,
    actor: &Actor,
    workspace: &str,
    file: &str,
) -> Result<Vec<u8>, WorkspaceError> {
    let file = store.read(actor, &name(workspace), &path(file), None).await?;
    let blocks: Vec<Bytes> = file.stream(0..u64::MAX).try_collect().await?;
    Ok(blocks.concat())
}

/// All names of a workspace.
pub(crate) async fn names(store: &Workspaces, actor: &Actor, workspace: &str) -> Vec<String> {
    let options = ListOptions { recursive: true, ..ListOptions::default() };
    let listing = store.list(actor, &name(workspace), &FilePath::root(), &options).await.unwrap();
    listing.entries.iter().map(|entry| entry.path.to_string()).collect()
}

/// The word of an error.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, WorkspaceError>) -> &'static str {
    result.unwrap_err().code()
}

pub(crate) async fn set_limits(store: &Workspaces, workspace: &str, limit_bytes: u64, limit_entries: u64) {
    let operator = Actor { is_admin: true, ..actor("operator", &[]) };
    store.set_quota(&operator, &name(workspace), SetQuota { limit_bytes, limit_entries }).await.unwrap();
}
