//! `PROPFIND` (RFC 4918 section 9.1): our own, for every property that is asked for is answered, found or not, and a folder
//! of a million names costs a page of memory.

use std::{collections::HashMap, io, sync::Arc};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use hub_api::{Entry, EntryKind, FilePath, Quota, WorkspaceName, routes};
use workspaces::{Actor, ListOptions, NameLock, Properties, WorkspaceError, Workspaces};

use crate::{
    place::{Found, Place},
    wanted::Wanted,
};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\">";
const TAIL: &str = "</D:multistatus>\n";
/// Names that are read at a time.
const PAGE: u32 = 1000;
/// The same where each may have 64 KiB of properties.
const PAGE_WITH_PROPERTIES: u32 = 100;

/// What is asked, by whom.
pub(crate) struct PropFind {
    pub(crate) workspaces: Workspaces,
    pub(crate) actor: Actor,
    /// As addresses have it, without a slash at the end.
    pub(crate) mount: String,
    pub(crate) target: Found,
    pub(crate) wanted: Wanted,
    /// What lies in the folder as well.
    pub(crate) is_deep: bool,
}

/// One name, and what is known of it.
pub(crate) struct Described<'a> {
    pub(crate) href: &'a str,
    pub(crate) name: &'a str,
    pub(crate) entry: &'a Entry,
    pub(crate) quota: Option<Quota>,
    pub(crate) properties: &'a Properties,
    /// Those that cover it, with the addresses that they lie on.
    pub(crate) locks: Vec<(&'a NameLock, String)>,
}

/// A folder of a workspace, page by page.
struct Folder {
    asked: PropFind,
    place: Place,
    quota: Option<Quota>,
    locks: Arc<Vec<NameLock>>,
    cursor: Option<String>,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Listing,
    Closing,
    Done,
}

impl PropFind {
    /// The answer in blocks: what can go wrong at the beginning has gone wrong before the first of them.
    pub(crate) async fn answer(self) -> Result<impl Stream<Item = io::Result<Bytes>> + Send, WorkspaceError> {
        let (first, folder) = match self.target.clone() {
            Found::Nowhere(_) => return Err(WorkspaceError::NotFound { what: "the address".to_owned() }),
            Found::Top => (self.top().await? + TAIL, None),
            Found::In(place) => self.begin(place).await?,
        };
        let pages = stream::unfold(folder, |folder| async move {
            let mut folder = folder?;
            match folder.next().await {
                Ok(None) => None,
                Ok(Some(text)) => Some((Ok(Bytes::from(text)), Some(folder))),
                Err(error) => {
                    tracing::error!(%error, "a listing cannot go on");
                    Some((Err(io::Error::other("the listing failed")), None))
                }
            }
        });
        Ok(stream::once(std::future::ready(Ok(Bytes::from(first)))).chain(pages))
    }

    /// The folder of all workspaces.
    async fn top(&self) -> Result<String, WorkspaceError> {
        let mut text = HEAD.to_owned();
        let none = Properties::new();
        let folder = |path: FilePath, modified: String| Entry {
            path,
            kind: EntryKind::Folder,
            size_bytes: 0,
            etag: None,
            sha256: None,
            version: 1,
            modified,
            modified_by: String::new(),
            made_by: None,
            media_type: None,
        };
        let (href, entry) = (format!("{}/", self.mount), folder(FilePath::root(), String::new()));
        let (name, quota, locks) = ("", None, Vec::new());
        let top = Described { href: &href, name, entry: &entry, quota, properties: &none, locks };
        self.wanted.write(&mut text, &top);
        let infos = if self.is_deep { self.workspaces.workspaces_of(&self.actor).await? } else { Vec::new() };
        for info in infos {
            let entry = self.workspaces.stat(&self.actor, &info.name, &FilePath::root()).await?;
            let (href, name) = (self.href(&info.name, &entry), info.name.folder_name());
            let (quota, locks) = (Some(info.quota), Vec::new());
            let one = Described { href: &href, name: &name, entry: &entry, quota, properties: &none, locks };
            self.wanted.write(&mut text, &one);
        }
        Ok(text)
    }

    /// What was asked for itself; and its folder, if that is to be listed.
    async fn begin(self, place: Place) -> Result<(String, Option<Folder>), WorkspaceError> {
        let entry = self.workspaces.stat(&self.actor, &place.workspace, &place.path).await?;
        let properties = self.workspaces.properties(&self.actor, &place.workspace, &place.path).await?;
        let quota = if self.wanted.asks_quota() {
            Some(self.workspaces.quota(&self.actor, &place.workspace).await?)
        } else {
            None
        };
        let locks = Arc::new(self.workspaces.locks(&self.actor, &place.workspace).await?);
        let mut text = HEAD.to_owned();
        self.write(&mut text, &place.workspace, (&entry, &properties), (quota, &locks));
        if !self.is_deep || entry.kind == EntryKind::File {
            return Ok((text + TAIL, None));
        }
        let mut folder = Folder { asked: self, place, quota, locks, cursor: None, state: State::Listing };
        // Who may not list is told so now, not in the middle of an answer.
        text.push_str(&folder.page().await?);
        Ok((text, Some(folder)))
    }

    fn write(
        &self,
        text: &mut String,
        workspace: &WorkspaceName,
        (entry, properties): (&Entry, &Properties),
        (quota, locks): (Option<Quota>, &[NameLock]),
    ) {
        let folder = workspace.folder_name();
        let covering = locks.iter().filter(|lock| lock.covers(&entry.path));
        let locks = covering.map(|lock| (lock, self.address(workspace, &lock.path))).collect();
        let described = Described {
            href: &self.href(workspace, entry),
            name: entry.path.name().unwrap_or(&folder),
            entry,
            quota: quota.filter(|_| entry.kind == EntryKind::Folder),
            properties,
            locks,
        };
        self.wanted.write(text, &described);
    }

    fn address(&self, workspace: &WorkspaceName, path: &FilePath) -> String {
        let folder = routes::encode_segment(&workspace.folder_name());
        format!("{}/{folder}/{}", self.mount, routes::encode_path(path))
    }

    /// The address; of a folder with a slash at the end.
    fn href(&self, workspace: &WorkspaceName, entry: &Entry) -> String {
        let address = self.address(workspace, &entry.path);
        let is_open = entry.kind == EntryKind::Folder && !address.ends_with('/');
        if is_open { address + "/" } else { address }
    }
}

impl Folder {
    async fn next(&mut self) -> Result<Option<String>, WorkspaceError> {
        match self.state {
            State::Done => Ok(None),
            State::Closing => {
                self.state = State::Done;
                Ok(Some(TAIL.to_owned()))
            }
            State::Listing => self.page().await.map(Some),
        }
    }

    async fn page(&mut self) -> Result<String, WorkspaceError> {
        let (storage, actor, place) = (&self.asked.workspaces, &self.asked.actor, &self.place);
        let limit = if self.asked.wanted.asks_dead() { PAGE_WITH_PROPERTIES } else { PAGE };
        let options = ListOptions { recursive: false, limit, cursor: self.cursor.take() };
        let page = storage.list(actor, &place.workspace, &place.path, &options).await?;
        let between = page.entries.first().zip(page.entries.last()).filter(|_| self.asked.wanted.asks_dead());
        let kept = match between {
            Some((first, last)) => {
                let between = (&first.path, &last.path);
                storage.properties_in(actor, &place.workspace, &place.path, between).await?
            }
            None => HashMap::new(),
        };
        let (mut text, none) = (String::new(), Properties::new());
        for entry in &page.entries {
            let properties = kept.get(&entry.path).unwrap_or(&none);
            self.asked.write(&mut text, &place.workspace, (entry, properties), (self.quota, &self.locks));
        }
        if page.next_cursor.is_none() {
            self.state = State::Closing;
        }
        self.cursor = page.next_cursor;
        Ok(text)
    }
}
