//! Deleting: into the trash.

use hub_api::{ChangeKind, FilePath, TrashEntry, WorkspaceName};

use crate::{
    Action, Actor, Preconditions, Result, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    changes::write_change,
    clock::{days, time_text},
    database::Write,
    entries::{EntryRow, find_or_missing, kind_number, weigh},
    folders::Doer,
    move_or_copy::{Place, relocate},
    quota::Ledger,
};

impl Workspaces {
    /// Puts a file, or a folder with all that is in it, into the trash. The room stays taken until the trash goes.
    ///
    /// # Errors
    /// No right to write; `NotFound`; preconditions that do not hold; the workspace itself.
    pub async fn delete(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        preconditions: &Preconditions,
    ) -> Result<TrashEntry> {
        let seen = self.require(actor, workspace, path, Action::Write).await?;
        if path.is_root() {
            let allowed = "a workspace itself cannot be deleted";
            return Err(WorkspaceError::Invalid { what: "the path", given: "/".to_owned(), allowed });
        }
        let doer = Doer { actor, now: self.now() };
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let row = find_or_missing(&mut write, seen.id, workspace, path).await?;
        preconditions.check(path, Some(&row))?;
        let trashed = self.put_into_trash(&mut write, &mut ledger, doer, &row).await?;
        let details = format!("{} bytes", trashed.size_bytes);
        let line = Line { action: "delete", subject: path.as_str(), details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, doer.now, line).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.tell(&ledger);
        Ok(trashed)
    }

    /// Moves a name and what is below it into the trash, with its event.
    pub(crate) async fn put_into_trash(
        &self,
        write: &mut Write,
        ledger: &mut Ledger,
        doer: Doer<'_>,
        row: &EntryRow,
    ) -> Result<TrashEntry> {
        let path = &row.entry.path;
        let (size_bytes, _) = weigh(write, ledger.id, "", path).await?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let expires = doer.now + days(self.settings().keep_trash_days);
        sqlx::query(
            "INSERT INTO trash (id, workspace, number, path, kind, size_bytes, deleted, deleted_by, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&id)
        .bind(ledger.id)
        .bind(ledger.next_number())
        .bind(path.as_str())
        .bind(kind_number(row.entry.kind))
        .bind(size_bytes)
        .bind(doer.now)
        .bind(&doer.actor.name)
        .bind(expires)
        .execute(&mut **write)
        .await?;
        let from = Place { workspace: ledger.id, trash: "", path };
        relocate(write, from, Place { trash: &id, ..from }).await?;
        write_change(write, ledger, doer, ChangeKind::Deleted, path).await?;
        Ok(TrashEntry {
            id,
            path: path.clone(),
            kind: row.entry.kind,
            size_bytes: size_bytes as u64,
            deleted: time_text(doer.now),
            deleted_by: doer.actor.name.clone(),
            expires: time_text(expires),
        })
    }
}
