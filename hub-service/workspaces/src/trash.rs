//! The trash: what was deleted and can come back.

use hub_api::{ChangeKind, Entry, FilePath, TrashEntry, TrashPage, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{
    Action, Actor, Parents, Result, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    changes::write_change,
    clock::time_text,
    cursor,
    database::Write,
    entries::{find, find_or_missing, kind_of, path_of},
    folders::{Doer, ensure_parents},
    move_or_copy::{Place, check_paths_below, relocate},
    quota::Ledger,
};

impl Workspaces {
    /// What was deleted, newest first, at most 1000 of them.
    ///
    /// # Errors
    /// No right to write, since names of the trash are those that writers chose to remove.
    pub async fn trash(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<TrashPage> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Write).await?;
        let limit = cursor::page(limit);
        let rows = sqlx::query(
            "SELECT id, number, path, kind, size_bytes, deleted, deleted_by, expires FROM trash \
             WHERE workspace = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        )
        .bind(seen.id)
        .bind(cursor::number(cursor)?)
        .bind(limit + 1)
        .fetch_all(self.database().read())
        .await?;
        let entries = rows.iter().take(limit as usize).map(trash_entry).collect::<Result<Vec<_>>>()?;
        let shown = &rows[..entries.len()];
        let next_cursor =
            cursor::next(rows.len(), shown, |last| Ok(last.try_get::<i64, _>("number")?.to_string()))?;
        Ok(TrashPage { entries, next_cursor })
    }

    /// Brings something back: to where it lay, or to another path. Folders above it that are gone are made.
    ///
    /// # Errors
    /// No right to write; `NotFound`; something is there by now.
    pub async fn restore_from_trash(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        id: &str,
        to: Option<&FilePath>,
    ) -> Result<Entry> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Write).await?;
        let doer = Doer { actor, now: self.now() };
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let from = trashed_path(&mut write, seen.id, id).await?;
        let path = to.unwrap_or(&from);
        if path.is_root() || find(&mut write, seen.id, path).await?.is_some() {
            return Err(WorkspaceError::Exists { path: path.clone() });
        }
        ensure_parents(&mut write, &mut ledger, doer, path, Parents::Make).await?;
        let place = Place { workspace: seen.id, trash: id, path: &from };
        check_paths_below(&mut write, place, path).await?;
        relocate(&mut write, place, Place { trash: "", path, ..place }).await?;
        sqlx::query("DELETE FROM trash WHERE id = $1").bind(id).execute(&mut *write).await?;
        write_change(&mut write, &mut ledger, doer, ChangeKind::Written, path).await?;
        let details = format!("from the trash, was {from}");
        let line = Line { action: "restore", subject: path.as_str(), details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, doer.now, line).await?;
        let row = find_or_missing(&mut write, seen.id, workspace, path).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.tell(&ledger);
        Ok(row.entry)
    }

    /// Deletes something in the trash for good, and gives its room back.
    ///
    /// # Errors
    /// Actors that do not administer the workspace; `NotFound`.
    pub async fn delete_for_good(&self, actor: &Actor, workspace: &WorkspaceName, id: &str) -> Result<()> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        let doer = Doer { actor, now: self.now() };
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let path = trashed_path(&mut write, seen.id, id).await?;
        forget(&mut write, &mut ledger, doer, id, &path).await?;
        ledger.save(&mut write).await?;
        Ok(write.commit().await?)
    }

    /// Empties the trash; gives how many deletions were in it.
    ///
    /// # Errors
    /// Actors that do not administer the workspace.
    pub async fn empty_trash(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<u64> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        let doer = Doer { actor, now: self.now() };
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let rows = sqlx::query("SELECT id, path FROM trash WHERE workspace = $1 ORDER BY number")
            .bind(seen.id)
            .fetch_all(&mut *write)
            .await?;
        for row in &rows {
            let (id, path): (String, String) = (row.try_get("id")?, row.try_get("path")?);
            forget(&mut write, &mut ledger, doer, &id, &path_of(path)?).await?;
        }
        ledger.save(&mut write).await?;
        write.commit().await?;
        Ok(rows.len() as u64)
    }
}

/// Takes a deletion out of the trash for good. Its blobs are left to the sweep.
pub(crate) async fn forget(
    write: &mut Write,
    ledger: &mut Ledger,
    doer: Doer<'_>,
    id: &str,
    path: &FilePath,
) -> Result<()> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(COALESCE((SELECT SUM(v.size_bytes) FROM versions v WHERE v.entry = e.id), 0) \
         + COALESCE(OCTET_LENGTH(e.properties), 0)), 0) AS BIGINT) AS bytes FROM entries e WHERE e.workspace = $1 AND e.trash = $2",
    )
    .bind(ledger.id)
    .bind(id)
    .fetch_one(&mut **write)
    .await?;
    let (bytes, n): (i64, i64) = (row.try_get("bytes")?, row.try_get("n")?);
    sqlx::query("DELETE FROM entries WHERE workspace = $1 AND trash = $2")
        .bind(ledger.id)
        .bind(id)
        .execute(&mut **write)
        .await?;
    sqlx::query("DELETE FROM trash WHERE id = $1").bind(id).execute(&mut **write).await?;
    (ledger.used_bytes, ledger.used_entries) = (ledger.used_bytes - bytes, ledger.used_entries - n);
    let details = format!("{bytes} bytes, {n} files and folders");
    let line = Line { action: "delete_for_good", subject: path.as_str(), details: Some(&details) };
    write_line(write, ledger, doer.actor, doer.now, line).await
}

async fn trashed_path(write: &mut Write, workspace: i64, id: &str) -> Result<FilePath> {
    let path: Option<String> = sqlx::query_scalar("SELECT path FROM trash WHERE workspace = $1 AND id = $2")
        .bind(workspace)
        .bind(id)
        .fetch_optional(&mut **write)
        .await?;
    let missing =
        || WorkspaceError::missing(format!("{} in the trash", id.chars().take(40).collect::<String>()));
    path_of(path.ok_or_else(missing)?)
}

fn trash_entry(row: &AnyRow) -> Result<TrashEntry> {
    Ok(TrashEntry {
        id: row.try_get("id")?,
        path: path_of(row.try_get("path")?)?,
        kind: kind_of(row.try_get("kind")?),
        size_bytes: row.try_get::<i64, _>("size_bytes")? as u64,
        deleted: time_text(row.try_get("deleted")?),
        deleted_by: row.try_get("deleted_by")?,
        expires: time_text(row.try_get("expires")?),
    })
}
