//! Making folders.

use hub_api::{ChangeKind, Entry, FilePath, WorkspaceName};
use serde::{Deserialize, Serialize};

use crate::{
    Action, Actor, Result, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    changes::write_change,
    database::Write,
    entries::{FOLDER, find, find_or_missing},
    quota::Ledger,
};

/// What becomes of folders above a name that are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parents {
    /// They are made.
    #[default]
    Make,
    /// It is an error, as `WebDAV` asks (RFC 4918 sections 9.3.1 and 9.7.1).
    MustExist,
}

/// A folder that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderMade {
    /// The folder.
    pub entry: Entry,
    /// Whether it was made, and not there before.
    pub is_new: bool,
}

/// Who does something when.
#[derive(Clone, Copy)]
pub(crate) struct Doer<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) now: i64,
}

impl Workspaces {
    /// Makes a folder. One that is there stays, and is no error.
    ///
    /// # Errors
    /// No right to write, a file in the way, no room for more names, a missing parent that was not to be made.
    pub async fn make_folder(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        parents: Parents,
    ) -> Result<FolderMade> {
        let seen = self.require(actor, workspace, path, Action::MakeFolder).await?;
        if path.is_root() {
            return Ok(FolderMade { entry: self.root_entry(seen.id).await?, is_new: false });
        }
        let doer = Doer { actor, now: self.now() };
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        if let Some(found) = find(&mut write, seen.id, path).await? {
            if found.is_folder() {
                return Ok(FolderMade { entry: found.entry, is_new: false });
            }
            return Err(WorkspaceError::NotAFolder { path: path.clone() });
        }
        ensure_parents(&mut write, &mut ledger, doer, path, parents).await?;
        insert_folder(&mut write, &mut ledger, doer, path).await?;
        let line = Line { action: "make_folder", subject: path.as_str(), details: None };
        write_line(&mut write, &mut ledger, actor, doer.now, line).await?;
        let made = find_or_missing(&mut write, seen.id, workspace, path).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.tell(&ledger);
        Ok(FolderMade { entry: made.entry, is_new: true })
    }
}

/// The folders above a path: found, or made.
pub(crate) async fn ensure_parents(
    write: &mut Write,
    ledger: &mut Ledger,
    doer: Doer<'_>,
    path: &FilePath,
    parents: Parents,
) -> Result<()> {
    for above in missing_above(write, ledger.id, path, parents).await?.iter().rev() {
        insert_folder(write, ledger, doer, above).await?;
    }
    Ok(())
}

/// The folders above a name that are not there, the nearest first.
///
/// # Errors
/// A file in the way; a folder that had to be there.
pub(crate) async fn missing_above(
    write: &mut Write,
    workspace: i64,
    path: &FilePath,
    parents: Parents,
) -> Result<Vec<FilePath>> {
    let mut missing = Vec::new();
    let mut folder = path.parent();
    while let Some(above) = folder.filter(|above| !above.is_root()) {
        match find(write, workspace, &above).await? {
            Some(found) if found.is_folder() => break,
            Some(_) => return Err(WorkspaceError::NotAFolder { path: above }),
            None if parents == Parents::MustExist => {
                return Err(WorkspaceError::ParentMissing { path: above });
            }
            None => missing.push(above.clone()),
        }
        folder = above.parent();
    }
    Ok(missing)
}

async fn insert_folder(
    write: &mut Write,
    ledger: &mut Ledger,
    doer: Doer<'_>,
    path: &FilePath,
) -> Result<()> {
    ledger.demand(0, 1)?;
    ledger.used_entries += 1;
    insert_entry(write, ledger.id, doer, path, (FOLDER, 0)).await?;
    write_change(write, ledger, doer, ChangeKind::Written, path).await
}

/// A new name, of a kind and a version; gives its number.
pub(crate) async fn insert_entry(
    write: &mut Write,
    workspace: i64,
    doer: Doer<'_>,
    path: &FilePath,
    (kind, version): (i64, i64),
) -> Result<i64> {
    let parent = path.parent().unwrap_or_default();
    let id = sqlx::query_scalar(
        "INSERT INTO entries (workspace, trash, parent, path, kind, version, modified, modified_by) \
         VALUES ($1, '', $2, $3, $4, $5, $6, $7) RETURNING id",
    )
    .bind(workspace)
    .bind(parent.as_str())
    .bind(path.as_str())
    .bind(kind)
    .bind(version)
    .bind(doer.now)
    .bind(&doer.actor.name)
    .fetch_one(&mut **write)
    .await?;
    Ok(id)
}
