//! The change feed: numbered events of a workspace, kept in the database, and a wake-up for those who wait.

use std::time::Duration;

use hub_api::{ChangeEvent, ChangeKind, FilePath, WorkspaceName};
use sqlx::Row;
use tokio::sync::broadcast;

use crate::{
    Action, Actor, Result, Workspaces, clock::time_text, cursor, database::Write, entries::path_of,
    folders::Doer, quota::Ledger,
};

/// How long a watcher waits before it looks by itself: another process may have written.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The workspace in which something happened.
pub(crate) type Signal = i64;

/// Events after a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// In order of their numbers, at most 1000.
    pub events: Vec<ChangeEvent>,
    /// Events between the number asked for and the first one here may be gone: list the folder anew.
    pub is_gap: bool,
    /// Where the workspace stood.
    pub last_number: i64,
}

/// Waits for what happens in a workspace.
pub struct ChangeWatch {
    workspaces: Workspaces,
    actor: Actor,
    workspace: WorkspaceName,
    id: i64,
    since: i64,
    signals: broadcast::Receiver<Signal>,
}

/// Writes an event in the transaction that does what it tells of.
pub(crate) async fn write_change(
    write: &mut Write,
    ledger: &mut Ledger,
    doer: Doer<'_>,
    kind: ChangeKind,
    path: &FilePath,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO changes (workspace, number, kind, path, who, time) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(ledger.id)
    .bind(ledger.next_number())
    .bind(i64::from(kind == ChangeKind::Deleted))
    .bind(path.as_str())
    .bind(&doer.actor.name)
    .bind(doer.now)
    .execute(&mut **write)
    .await?;
    Ok(())
}

impl Workspaces {
    /// Events with numbers above `since`, oldest first. Numbers grow, with gaps; a folder that was moved, copied, deleted
    /// or restored is one event for all that is below it.
    ///
    /// # Errors
    /// A workspace that the actor cannot see.
    pub async fn changes_since(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        since: i64,
        limit: u32,
    ) -> Result<Changes> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Read).await?;
        let mut read = self.database().snapshot().await?;
        let rows = sqlx::query(
            "SELECT number, kind, path, who, time FROM changes WHERE workspace = $1 AND number > $2 \
             ORDER BY number LIMIT $3",
        )
        .bind(seen.id)
        .bind(since)
        .bind(cursor::page(limit))
        .fetch_all(&mut *read)
        .await?;
        let (last_number, gone_up_to): (i64, i64) =
            sqlx::query_as("SELECT last_number, changes_gone FROM workspaces WHERE id = $1")
                .bind(seen.id)
                .fetch_one(&mut *read)
                .await?;
        let events = rows.iter().map(event).collect::<Result<Vec<_>>>()?;
        Ok(Changes { events, is_gap: since < gone_up_to || since > last_number, last_number })
    }

    /// Watches a workspace from a number on; 0 is the beginning.
    ///
    /// # Errors
    /// A workspace that the actor cannot see.
    pub async fn watch(&self, actor: &Actor, workspace: &WorkspaceName, since: i64) -> Result<ChangeWatch> {
        // First the ear, then the look: nothing is missed in between.
        let signals = self.signals().subscribe();
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Read).await?;
        let (workspaces, actor, workspace) = (self.clone(), actor.clone(), workspace.clone());
        Ok(ChangeWatch { workspaces, actor, workspace, id: seen.id, since, signals })
    }

    /// Wakes those who watch, after the transaction.
    pub(crate) fn tell(&self, ledger: &Ledger) {
        // Nobody may be listening.
        let _ = self.signals().send(ledger.id);
    }
}

impl ChangeWatch {
    /// The next events, as soon as there are some. The right to read is looked at each time. Can be dropped while it
    /// waits without losing any.
    ///
    /// # Errors
    /// `NotFound` when the actor may no longer read.
    pub async fn next(&mut self) -> Result<Changes> {
        loop {
            let changes = self.workspaces.changes_since(&self.actor, &self.workspace, self.since, 0).await?;
            if changes.is_gap && changes.events.is_empty() {
                self.since = changes.last_number;
                return Ok(changes);
            }
            if let Some(last) = changes.events.last() {
                self.since = last.number;
                return Ok(changes);
            }
            self.wait().await;
        }
    }

    /// For the next check of rights, give the watch the actor as it is now known.
    pub fn set_actor(&mut self, actor: Actor) {
        self.actor = actor;
    }

    async fn wait(&mut self) {
        let signalled = async {
            loop {
                match self.signals.recv().await {
                    Ok(workspace) if workspace != self.id => {}
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                    // Too many to keep: one of them may have been meant.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                }
            }
        };
        // The time out is as good as a signal.
        let _ = tokio::time::timeout(LOOK_AGAIN, signalled).await;
    }
}

fn event(row: &sqlx::any::AnyRow) -> Result<ChangeEvent> {
    Ok(ChangeEvent {
        number: row.try_get("number")?,
        kind: if row.try_get::<i64, _>("kind")? == 0 { ChangeKind::Written } else { ChangeKind::Deleted },
        path: path_of(row.try_get("path")?)?,
        who: row.try_get("who")?,
        time: time_text(row.try_get("time")?),
    })
}
