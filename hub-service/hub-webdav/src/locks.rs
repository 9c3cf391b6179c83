//! Locks, kept in the database of the storage: they outlive a restart, and hold for all processes that share it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use dav_server::{
    davpath::DavPath,
    ls::{DavLock, DavLockSystem, LsFuture},
};
use hub_api::{WorkspaceName, routes};
use workspaces::{Actor, LockRequest, NameLock, WorkspaceError, Workspaces};
use xmltree::{Element, EmitterConfig, XMLNode};

use crate::{
    asked::Asked,
    place::{Found, Place, find},
};

/// Seconds of a lock whose taker said no time.
const DEFAULT_SECONDS: u64 = 600;

/// The locks as one request sees them.
#[derive(Clone)]
pub(crate) struct Locks {
    pub(crate) workspaces: Workspaces,
    pub(crate) actor: Arc<Actor>,
    pub(crate) asked: Arc<Asked>,
    /// Decoded, without a slash at the end.
    pub(crate) mount: Arc<str>,
}

impl fmt::Debug for Locks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Locks")
    }
}

impl Locks {
    /// The locks of a workspace; none of one that the caller cannot see, for whom nothing is there.
    async fn of(&self, workspace: &WorkspaceName) -> Result<Vec<NameLock>, WorkspaceError> {
        match self.workspaces.locks(&self.actor, workspace).await {
            Err(WorkspaceError::NotFound { .. }) => Ok(Vec::new()),
            other => other,
        }
    }

    /// As the protocol library speaks of it; its address is `near` where it has none of its own.
    fn lock_of(&self, workspace: &WorkspaceName, lock: &NameLock, near: &DavPath) -> DavLock {
        let folder = routes::encode_segment(&workspace.folder_name());
        let address = format!("{}/{folder}/{}", self.encoded_mount(), routes::encode_path(&lock.path));
        let path = DavPath::new(&address).and_then(|mut path| path.set_prefix(&self.mount).map(|()| path));
        DavLock {
            token: lock.token.clone(),
            path: Box::new(path.unwrap_or_else(|_| near.clone())),
            principal: Some(lock.held_by.clone()),
            owner: lock.note.as_deref().and_then(owner_of).map(Box::new),
            timeout_at: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(lock.expires.max(0) as u64)),
            timeout: Some(Duration::from_secs(lock.seconds)),
            shared: lock.is_shared,
            deep: lock.is_deep,
        }
    }

    fn encoded_mount(&self) -> String {
        self.mount.split('/').map(routes::encode_segment).collect::<Vec<_>>().join("/")
    }

    /// The library looks only at that there is one.
    fn refusal(path: &DavPath) -> DavLock {
        let (path, token) = (Box::new(path.clone()), String::new());
        let (principal, owner, timeout_at, timeout) = (None, None, None, None);
        DavLock { token, path, principal, owner, timeout_at, timeout, shared: false, deep: false }
    }

    async fn take(&self, path: DavPath, asked: LockRequest) -> Result<DavLock, DavLock> {
        let Found::In(place) = find(&path) else { return Err(Self::refusal(&path)) };
        match self.workspaces.lock(&self.actor, &place.workspace, &place.path, asked).await {
            Ok(lock) => Ok(self.lock_of(&place.workspace, &lock, &path)),
            Err(error) => {
                self.asked.failed(error);
                Err(Self::refusal(&path))
            }
        }
    }

    /// The locks that cover a name, and those below it.
    async fn near(&self, path: &DavPath, place: &Place) -> Result<Vec<NameLock>, DavLock> {
        self.of(&place.workspace).await.map_err(|error| {
            self.asked.failed(error);
            Self::refusal(path)
        })
    }

    /// Whether a token is one of a lock on a name: what a condition of the header `If` asks. One that has ended is none
    /// (RFC 4918 section 10.4.4).
    async fn is_locked_by(&self, path: DavPath, tokens: Vec<String>) -> Result<(), DavLock> {
        let Found::In(place) = find(&path) else { return Err(Self::refusal(&path)) };
        let locks = self.near(&path, &place).await?;
        let holds =
            |token: &String| locks.iter().any(|lock| lock.token == *token && lock.covers(&place.path));
        if tokens.iter().all(holds) { Ok(()) } else { Err(Self::refusal(&path)) }
    }

    async fn look(&self, path: DavPath, held: Held, is_deep: bool) -> Result<(), DavLock> {
        let Found::In(place) = find(&path) else { return Ok(()) };
        let locks = self.near(&path, &place).await?;
        let Place { workspace, path: name } = place;
        let (mut is_held, mut shared_by_others) = (false, false);
        for lock in locks.iter().filter(|lock| lock.covers(&name)) {
            if held.holds(lock) {
                is_held = true;
            } else if lock.is_shared {
                shared_by_others = true;
            } else {
                return Err(self.lock_of(&workspace, lock, &path));
            }
        }
        // Who holds one of several shared locks may write.
        let mut below = locks.iter().filter(|lock| is_deep && lock.path.is_within(&name));
        let is_free =
            (is_held || !shared_by_others) && below.all(|lock| lock.covers(&name) || held.holds(lock));
        if is_free { Ok(()) } else { Err(Self::refusal(&path)) }
    }
}

/// The locks that a request shows to hold.
struct Held {
    tokens: Vec<String>,
    by: String,
}

impl Held {
    fn holds(&self, lock: &NameLock) -> bool {
        self.tokens.contains(&lock.token) && self.by == lock.held_by
    }
}

/// What the taker of a lock says of itself, as text.
fn note_of(owner: &Element) -> Option<String> {
    let mut xml = Vec::new();
    let config = EmitterConfig::new().write_document_declaration(false);
    owner.write_with_config(&mut xml, config).ok()?;
    String::from_utf8(xml).ok()
}

/// And back. The protocol library writes its prefix `D` without saying what it means.
fn owner_of(note: &str) -> Option<Element> {
    let whole = Element::parse(format!("<D:lock xmlns:D=\"DAV:\">{note}</D:lock>").as_bytes()).ok()?;
    whole.children.into_iter().find_map(|child| match child {
        XMLNode::Element(owner) => Some(owner),
        _ => None,
    })
}

fn lived(timeout: Option<Duration>) -> u64 {
    timeout.map_or(DEFAULT_SECONDS, |timeout| timeout.as_secs())
}

impl DavLockSystem for Locks {
    fn lock(
        &self,
        path: &DavPath,
        _principal: Option<&str>,
        owner: Option<&Element>,
        timeout: Option<Duration>,
        shared: bool,
        deep: bool,
    ) -> LsFuture<'_, Result<DavLock, DavLock>> {
        let note = owner.and_then(note_of);
        let asked = LockRequest { is_shared: shared, is_deep: deep, note, seconds: lived(timeout) };
        Box::pin(self.take(path.clone(), asked))
    }

    fn unlock(&self, path: &DavPath, token: &str) -> LsFuture<'_, Result<(), ()>> {
        let (found, token) = (find(path), token.to_owned());
        Box::pin(async move {
            let Found::In(place) = found else { return Err(()) };
            let unlocked = self.workspaces.unlock(&self.actor, &place.workspace, (&place.path, &token)).await;
            unlocked.map_err(|error| {
                self.asked.failed(error);
            })
        })
    }

    fn refresh(
        &self,
        path: &DavPath,
        token: &str,
        timeout: Option<Duration>,
    ) -> LsFuture<'_, Result<DavLock, ()>> {
        let (path, token) = (path.clone(), token.to_owned());
        Box::pin(async move {
            let Found::In(place) = find(&path) else { return Err(()) };
            let which = (&place.path, token.as_str());
            let lock =
                self.workspaces.refresh_lock(&self.actor, &place.workspace, which, lived(timeout)).await;
            match lock {
                Ok(lock) => Ok(self.lock_of(&place.workspace, &lock, &path)),
                Err(error) => {
                    self.asked.failed(error);
                    Err(())
                }
            }
        })
    }

    fn check(
        &self,
        path: &DavPath,
        principal: Option<&str>,
        ignore_principal: bool,
        deep: bool,
        submitted_tokens: &[String],
    ) -> LsFuture<'_, Result<(), DavLock>> {
        let (path, tokens) = (path.clone(), submitted_tokens.to_vec());
        // The library asks so for the conditions of `If`, and for nothing else.
        if ignore_principal {
            return Box::pin(self.is_locked_by(path, tokens));
        }
        let held = Held { tokens, by: principal.unwrap_or_default().to_owned() };
        Box::pin(self.look(path, held, deep))
    }

    /// For `PROPFIND` of the library, which is not used.
    fn discover(&self, _: &DavPath) -> LsFuture<'_, Vec<DavLock>> {
        Box::pin(std::future::ready(Vec::new()))
    }

    fn delete(&self, path: &DavPath) -> LsFuture<'_, Result<(), ()>> {
        let found = find(path);
        Box::pin(async move {
            let Found::In(place) = found else { return Err(()) };
            let ended = self.workspaces.end_locks(&self.actor, &place.workspace, &place.path).await;
            ended.map_err(|error| tracing::warn!(%error, "locks of a name that is gone end with time"))
        })
    }
}
