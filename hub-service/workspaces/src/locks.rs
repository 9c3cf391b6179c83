//! Locks that clients of `WebDAV` take on names (RFC 4918 section 6). They keep other clients of `WebDAV` away; who writes by
//! another way says with an entity tag what must still be there.

use hub_api::{FilePath, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{
    Action, Actor, Result, WorkspaceError, Workspaces, clock::seconds, database::Write, entries::path_of,
    quota::Ledger,
};

/// Seconds that a lock lives at most; its holder refreshes it.
const MOST_SECONDS: u64 = 86_400;
/// Locks of one workspace at a time.
const MOST_LOCKS: usize = 1000;
/// Bytes of what a holder writes beside it.
const MOST_NOTE_BYTES: usize = 4096;

/// A lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameLock {
    /// `urn:uuid:...`: who sends it may write.
    pub token: String,
    /// What it lies on. The name need not be there any more.
    pub path: FilePath,
    /// Who holds it.
    pub held_by: String,
    /// What the holder wrote beside it.
    pub note: Option<String>,
    /// Others may hold shared ones beside it.
    pub is_shared: bool,
    /// It covers all that is below, too.
    pub is_deep: bool,
    /// Seconds that it was taken for.
    pub seconds: u64,
    /// When it ends; milliseconds since 1970.
    pub expires: i64,
}

/// What lock is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockRequest {
    /// Others may hold shared ones beside it.
    pub is_shared: bool,
    /// It covers all that is below, too.
    pub is_deep: bool,
    /// Written beside it, 4 KiB at most.
    pub note: Option<String>,
    /// Seconds, a day at most.
    pub seconds: u64,
}

impl NameLock {
    /// Whether the lock covers a name.
    #[must_use]
    pub fn covers(&self, path: &FilePath) -> bool {
        self.path == *path || (self.is_deep && path.is_within(&self.path))
    }
}

impl Workspaces {
    /// The locks of a workspace that have not ended, at most 1000.
    ///
    /// # Errors
    /// A workspace that the actor cannot see.
    pub async fn locks(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<Vec<NameLock>> {
        let seen = self.see(actor, workspace).await?;
        let rows = sqlx::query(
            "SELECT token, path, held_by, note, is_shared, is_deep, seconds, expires FROM locks \
             WHERE workspace = $1 AND expires > $2 ORDER BY path, token",
        )
        .bind(seen.id)
        .bind(self.now())
        .fetch_all(self.database().read())
        .await?;
        let locks = rows.iter().map(lock_of).collect::<Result<Vec<_>>>()?;
        let is_near = |lock: &NameLock| actor.reaches(workspace, &lock.path, Action::Read);
        Ok(locks.into_iter().filter(|lock| lock.held_by == actor.name || is_near(lock)).collect())
    }

    /// Takes a lock on a name, which need not be there.
    ///
    /// # Errors
    /// No right to write; `Locked` by another; a long note; 1000 locks in the workspace.
    pub async fn lock(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        asked: LockRequest,
    ) -> Result<NameLock> {
        let seen = self.require(actor, workspace, path, Action::Create).await?;
        let invalid = |given: String, allowed| WorkspaceError::Invalid { what: "the lock", given, allowed };
        let note_bytes = asked.note.as_ref().map_or(0, String::len);
        if note_bytes > MOST_NOTE_BYTES {
            return Err(invalid(format!("{note_bytes} bytes long"), "its owner may have 4 KiB"));
        }
        let mut write = self.database().write().await?;
        // Takes the row of the workspace: two that want one lock wait for each other.
        let ledger = Ledger::lock(&mut write, seen.id).await?;
        let locks = self.live_locks(&mut write, ledger.id).await?;
        if locks.len() >= MOST_LOCKS {
            return Err(invalid(
                format!("number {}", locks.len() + 1),
                "a workspace has at most 1000 locks: give some back",
            ));
        }
        let conflicts = |lock: &&NameLock| {
            let meets = lock.covers(path) || (asked.is_deep && lock.path.is_within(path));
            meets && !(lock.is_shared && asked.is_shared)
        };
        if let Some(lock) = locks.iter().find(conflicts) {
            return Err(WorkspaceError::Locked { path: lock.path.clone(), held_by: lock.held_by.clone() });
        }
        let lived = asked.seconds.clamp(1, MOST_SECONDS);
        let lock = NameLock {
            token: uuid::Uuid::new_v4().urn().to_string(),
            path: path.clone(),
            held_by: actor.name.clone(),
            note: asked.note,
            is_shared: asked.is_shared,
            is_deep: asked.is_deep,
            seconds: lived,
            expires: self.now() + seconds(lived),
        };
        insert(&mut write, ledger.id, &lock).await?;
        write.commit().await?;
        Ok(lock)
    }

    /// Lets a lock live on from now.
    ///
    /// # Errors
    /// `NotFound` for a lock that ended, that does not cover the name, or that another holds.
    pub async fn refresh_lock(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        (path, token): (&FilePath, &str),
        lived: u64,
    ) -> Result<NameLock> {
        self.require(actor, workspace, path, Action::Create).await?;
        let mut lock = self.find_lock(actor, workspace, path, token).await?;
        if lock.held_by != actor.name {
            return Err(missing(token));
        }
        lock.seconds = lived.clamp(1, MOST_SECONDS);
        lock.expires = self.now() + seconds(lock.seconds);
        sqlx::query("UPDATE locks SET seconds = $2, expires = $3 WHERE token = $1")
            .bind(token)
            .bind(lock.seconds as i64)
            .bind(lock.expires)
            .execute(&mut *self.database().write_one().await?)
            .await?;
        Ok(lock)
    }

    /// Gives a lock back: its holder, or an administrator of the workspace.
    ///
    /// # Errors
    /// `NotFound` for a lock that ended, or that does not cover the name; one of another.
    pub async fn unlock(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        (path, token): (&FilePath, &str),
    ) -> Result<()> {
        let lock = self.find_lock(actor, workspace, path, token).await?;
        let action = if lock.held_by == actor.name { Action::Create } else { Action::Administer };
        self.require(actor, workspace, path, action).await?;
        sqlx::query("DELETE FROM locks WHERE token = $1")
            .bind(token)
            .execute(&mut *self.database().write_one().await?)
            .await?;
        Ok(())
    }

    /// Ends the locks of a name that is gone, and of what was below it.
    ///
    /// # Errors
    /// No right to write.
    pub async fn end_locks(&self, actor: &Actor, workspace: &WorkspaceName, path: &FilePath) -> Result<()> {
        self.require(actor, workspace, path, Action::Write).await?;
        let locks = self.locks(actor, workspace).await?;
        for lock in locks.iter().filter(|lock| lock.path.is_within(path)) {
            sqlx::query("DELETE FROM locks WHERE token = $1")
                .bind(&lock.token)
                .execute(&mut *self.database().write_one().await?)
                .await?;
        }
        Ok(())
    }

    async fn find_lock(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        token: &str,
    ) -> Result<NameLock> {
        let locks = self.locks(actor, workspace).await?;
        let found = locks.into_iter().find(|lock| lock.token == token && lock.covers(path));
        found.ok_or_else(|| missing(token))
    }

    async fn live_locks(&self, write: &mut Write, workspace: i64) -> Result<Vec<NameLock>> {
        let rows = sqlx::query(
            "SELECT token, path, held_by, note, is_shared, is_deep, seconds, expires FROM locks \
             WHERE workspace = $1 AND expires > $2",
        )
        .bind(workspace)
        .bind(self.now())
        .fetch_all(&mut **write)
        .await?;
        rows.iter().map(lock_of).collect()
    }
}

async fn insert(write: &mut Write, workspace: i64, lock: &NameLock) -> Result<()> {
    sqlx::query(
        "INSERT INTO locks (token, workspace, path, held_by, note, is_shared, is_deep, seconds, expires) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&lock.token)
    .bind(workspace)
    .bind(lock.path.as_str())
    .bind(&lock.held_by)
    .bind(&lock.note)
    .bind(i64::from(lock.is_shared))
    .bind(i64::from(lock.is_deep))
    .bind(lock.seconds as i64)
    .bind(lock.expires)
    .execute(&mut **write)
    .await?;
    Ok(())
}

fn missing(token: &str) -> WorkspaceError {
    WorkspaceError::missing(format!("lock {}", token.chars().take(60).collect::<String>()))
}

fn lock_of(row: &AnyRow) -> Result<NameLock> {
    Ok(NameLock {
        token: row.try_get("token")?,
        path: path_of(row.try_get("path")?)?,
        held_by: row.try_get("held_by")?,
        note: row.try_get("note")?,
        is_shared: row.try_get::<i64, _>("is_shared")? != 0,
        is_deep: row.try_get::<i64, _>("is_deep")? != 0,
        seconds: row.try_get::<i64, _>("seconds")?.max(0) as u64,
        expires: row.try_get("expires")?,
    })
}
