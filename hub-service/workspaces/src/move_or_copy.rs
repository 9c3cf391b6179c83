//! Moving and copying: names only, whatever the size of what is behind them.

use hub_api::{ChangeKind, Entry, FilePath, MoveOrCopy, WorkspaceName};
use sqlx::Row;

use crate::{
    Action, Actor, Parents, Preconditions, Result, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    changes::write_change,
    database::Write,
    entries::{EntryRow, below, find, find_or_missing, full_name, weigh},
    folders::{Doer, ensure_parents},
    quota::Ledger,
};

const MAX_PATH_BYTES: i64 = 4096;
const MAX_DEPTH: i64 = 32;

/// What was moved or copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// At its new place.
    pub entry: Entry,
    /// Whether something was there before; it is in the trash now.
    pub has_replaced: bool,
}

/// Where names lie: in a workspace, live (`""`) or in a deletion of it.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) workspace: i64,
    pub(crate) trash: &'a str,
    pub(crate) path: &'a FilePath,
}

/// A request whose rights are checked.
struct Request<'a> {
    from_name: &'a WorkspaceName,
    to_name: &'a WorkspaceName,
    from: Place<'a>,
    to: Place<'a>,
    is_copy: bool,
    /// A copy of it goes, and it stays in the trash: only who administers a workspace makes things vanish from it.
    stays_in_trash: bool,
    overwrite: bool,
    parents: Parents,
    /// Of what is moved or copied.
    preconditions: &'a Preconditions,
}

impl Workspaces {
    /// Moves or copies a file, or a folder with all that is in it; also into another workspace. A copy has the newest version
    /// only; what is moved keeps its versions. Links go with a file within its workspace. Who moves something out of a
    /// workspace that they do not administer moves a copy: the file itself is in the trash there, with its versions.
    ///
    /// # Errors
    /// No right to write there, or to write (to read, for a copy) here; something there without `overwrite`; into itself,
    /// or over a folder that it lies in; no room; paths that would be too long or too deep.
    pub async fn move_or_copy(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        request: &MoveOrCopy,
        parents: Parents,
    ) -> Result<Moved> {
        self.move_or_copy_if(actor, workspace, path, request, (parents, &Preconditions::default())).await
    }

    /// The same, while the preconditions hold for what is moved or copied.
    ///
    /// # Errors
    /// As [`Self::move_or_copy`], and preconditions that do not hold.
    pub async fn move_or_copy_if(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        request: &MoveOrCopy,
        (parents, preconditions): (Parents, &Preconditions),
    ) -> Result<Moved> {
        let action = if request.copy { Action::Read } else { Action::Write };
        let from = self.require(actor, workspace, path, action).await?;
        let to_name = request.to_workspace.as_ref().unwrap_or(workspace);
        let to = self.require(actor, to_name, &request.to_path, Action::Create).await?;
        let request = Request {
            from_name: workspace,
            to_name,
            from: Place { workspace: from.id, trash: "", path },
            to: Place { workspace: to.id, trash: "", path: &request.to_path },
            is_copy: request.copy,
            stays_in_trash: !request.copy
                && from.id != to.id
                && !(from.role.allows(Action::Administer)
                    && actor.reaches(workspace, path, Action::Administer)),
            overwrite: request.overwrite && actor.reaches(to_name, &request.to_path, Action::Write),
            parents,
            preconditions,
        };
        check_places(&request)?;
        let doer = Doer { actor, now: self.now() };
        let mut write = self.database().write().await?;
        let moved = if from.id == to.id {
            let mut ledger = Ledger::lock(&mut write, from.id).await?;
            let moved = self.relocate_within(&mut write, &mut ledger, doer, &request).await?;
            ledger.save(&mut write).await?;
            write.commit().await?;
            self.tell(&ledger);
            moved
        } else {
            // Always in one order: two that move things to each other do not wait for each other for ever.
            let first = Ledger::lock(&mut write, from.id.min(to.id)).await?;
            let second = Ledger::lock(&mut write, from.id.max(to.id)).await?;
            let (mut here, mut there) = if from.id < to.id { (first, second) } else { (second, first) };
            let moved = self.relocate_across(&mut write, (&mut here, &mut there), doer, &request).await?;
            here.save(&mut write).await?;
            there.save(&mut write).await?;
            write.commit().await?;
            self.tell(&here);
            self.tell(&there);
            moved
        };
        Ok(moved)
    }

    async fn relocate_within(
        &self,
        write: &mut Write,
        ledger: &mut Ledger,
        doer: Doer<'_>,
        request: &Request<'_>,
    ) -> Result<Moved> {
        let row = self.source(write, request).await?;
        let has_replaced = self.clear_the_way(write, ledger, doer, request).await?;
        if request.is_copy {
            copy_names(write, ledger, doer, request, &row).await?;
        } else {
            relocate(write, request.from, request.to).await?;
            write_change(write, ledger, doer, ChangeKind::Deleted, request.from.path).await?;
        }
        write_change(write, ledger, doer, ChangeKind::Written, request.to.path).await?;
        tell_audit(write, ledger, doer, request).await?;
        self.moved(write, request, has_replaced).await
    }

    async fn relocate_across(
        &self,
        write: &mut Write,
        (here, there): (&mut Ledger, &mut Ledger),
        doer: Doer<'_>,
        request: &Request<'_>,
    ) -> Result<Moved> {
        let row = self.source(write, request).await?;
        let has_replaced = self.clear_the_way(write, there, doer, request).await?;
        if request.is_copy {
            copy_names(write, there, doer, request, &row).await?;
        } else if request.stays_in_trash {
            copy_names(write, there, doer, request, &row).await?;
            self.put_into_trash(write, here, doer, &row).await?;
        } else {
            let (bytes, n) = weigh(write, here.id, "", request.from.path).await?;
            there.demand(bytes, n)?;
            relocate(write, request.from, request.to).await?;
            (here.used_bytes, here.used_entries) = (here.used_bytes - bytes, here.used_entries - n);
            (there.used_bytes, there.used_entries) = (there.used_bytes + bytes, there.used_entries + n);
            write_change(write, here, doer, ChangeKind::Deleted, request.from.path).await?;
        }
        write_change(write, there, doer, ChangeKind::Written, request.to.path).await?;
        tell_audit(write, here, doer, request).await?;
        tell_audit(write, there, doer, request).await?;
        self.moved(write, request, has_replaced).await
    }

    async fn source(&self, write: &mut Write, request: &Request<'_>) -> Result<EntryRow> {
        let row =
            find_or_missing(write, request.from.workspace, request.from_name, request.from.path).await?;
        request.preconditions.check(request.from.path, Some(&row))?;
        if row.is_folder() {
            check_paths_below(write, request.from, request.to.path).await?;
        }
        Ok(row)
    }

    /// What is at the new place goes into the trash, where that was asked for; folders above it are made.
    async fn clear_the_way(
        &self,
        write: &mut Write,
        ledger: &mut Ledger,
        doer: Doer<'_>,
        request: &Request<'_>,
    ) -> Result<bool> {
        let there = find(write, request.to.workspace, request.to.path).await?;
        if let Some(row) = &there {
            if !request.overwrite {
                return Err(WorkspaceError::Exists { path: request.to.path.clone() });
            }
            if request.from.workspace == request.to.workspace && request.from.path.is_within(request.to.path)
            {
                return Err(destination(request, "it lies in the folder that would be replaced"));
            }
            self.put_into_trash(write, ledger, doer, row).await?;
        }
        ensure_parents(write, ledger, doer, request.to.path, request.parents).await?;
        Ok(there.is_some())
    }

    async fn moved(&self, write: &mut Write, request: &Request<'_>, has_replaced: bool) -> Result<Moved> {
        let row = find_or_missing(write, request.to.workspace, request.to_name, request.to.path).await?;
        Ok(Moved { entry: row.entry, has_replaced })
    }
}

fn destination(request: &Request<'_>, reason: &'static str) -> WorkspaceError {
    WorkspaceError::Destination { from: request.from.path.clone(), to: request.to.path.clone(), reason }
}

fn check_places(request: &Request<'_>) -> Result<()> {
    let is_same_workspace = request.from.workspace == request.to.workspace;
    match () {
        () if request.from.path.is_root() || request.to.path.is_root() => {
            Err(destination(request, "a workspace itself cannot be moved, copied or replaced"))
        }
        () if is_same_workspace && request.from.path == request.to.path => {
            Err(destination(request, "it is there already"))
        }
        () if is_same_workspace && request.to.path.is_within(request.from.path) => {
            Err(destination(request, "a folder cannot go into itself"))
        }
        () => Ok(()),
    }
}

/// Paths below a folder must be paths at the new place too.
pub(crate) async fn check_paths_below(write: &mut Write, place: Place<'_>, to: &FilePath) -> Result<()> {
    let from = place.path;
    let (first, before) = below(from);
    let row = sqlx::query(
        "SELECT CAST(COALESCE(MAX(OCTET_LENGTH(path)), 0) AS BIGINT) AS n_bytes, \
         CAST(COALESCE(MAX(LENGTH(path) - LENGTH(REPLACE(path, '/', ''))), 0) AS BIGINT) AS n_slashes \
         FROM entries WHERE workspace = $1 AND trash = $2 AND path >= $3 AND path < $4",
    )
    .bind(place.workspace)
    .bind(place.trash)
    .bind(first)
    .bind(before)
    .fetch_one(&mut **write)
    .await?;
    let (n_bytes, n_slashes): (i64, i64) = (row.try_get("n_bytes")?, row.try_get("n_slashes")?);
    let depth = |path: &FilePath| path.parts().count() as i64;
    let longest = n_bytes - from.as_str().len() as i64 + to.as_str().len() as i64;
    let deepest = n_slashes + 1 - depth(from) + depth(to);
    if n_bytes > 0 && (longest > MAX_PATH_BYTES || deepest > MAX_DEPTH) {
        let reason = "what lies in it would be too deep, or its paths too long";
        return Err(WorkspaceError::Destination { from: from.clone(), to: to.clone(), reason });
    }
    Ok(())
}

async fn tell_audit(
    write: &mut Write,
    ledger: &mut Ledger,
    doer: Doer<'_>,
    request: &Request<'_>,
) -> Result<()> {
    let action = if request.is_copy { "copy" } else { "move" };
    let (from, to) =
        (full_name(request.from_name, request.from.path), full_name(request.to_name, request.to.path));
    let stays = if request.stays_in_trash { ", and into the trash" } else { "" };
    let line = Line { action, subject: &from, details: Some(&format!("to {to}{stays}")) };
    write_line(write, ledger, doer.actor, doer.now, line).await
}

/// Renames a name and all below it. Nothing may be at the new place.
pub(crate) async fn relocate(write: &mut Write, from: Place<'_>, to: Place<'_>) -> Result<()> {
    let parent = to.path.parent().unwrap_or_default();
    sqlx::query(
        "UPDATE entries SET workspace = $1, trash = $2, parent = $3, path = $4 \
         WHERE workspace = $5 AND trash = $6 AND path = $7",
    )
    .bind(to.workspace)
    .bind(to.trash)
    .bind(parent.as_str())
    .bind(to.path.as_str())
    .bind(from.workspace)
    .bind(from.trash)
    .bind(from.path.as_str())
    .execute(&mut **write)
    .await?;
    let (first, before) = below(from.path);
    sqlx::query(
        "UPDATE entries SET workspace = $1, trash = $2, parent = $3 || SUBSTR(parent, $4), \
         path = $3 || SUBSTR(path, $4) WHERE workspace = $5 AND trash = $6 AND path >= $7 AND path < $8",
    )
    .bind(to.workspace)
    .bind(to.trash)
    .bind(to.path.as_str())
    .bind(after_path(from.path))
    .bind(from.workspace)
    .bind(from.trash)
    .bind(first)
    .bind(before)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// The character of a path below where what comes after the folder starts, counted from 1.
fn after_path(path: &FilePath) -> i32 {
    path.as_str().chars().count() as i32 + 1
}

/// New names for the newest versions of a name and all below it.
async fn copy_names(
    write: &mut Write,
    ledger: &mut Ledger,
    doer: Doer<'_>,
    request: &Request<'_>,
    row: &EntryRow,
) -> Result<()> {
    let (from, to) = (request.from, request.to);
    let (first, before) = below(from.path);
    let row_of_sums = sqlx::query(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(COALESCE(v.size_bytes, 0) + COALESCE(OCTET_LENGTH(e.properties), 0)), 0) \
         AS BIGINT) AS bytes FROM entries e \
         LEFT JOIN versions v ON v.entry = e.id AND v.number = e.version \
         WHERE e.workspace = $1 AND e.trash = '' AND (e.path = $2 OR (e.path >= $3 AND e.path < $4))",
    )
    .bind(from.workspace)
    .bind(from.path.as_str())
    .bind(first)
    .bind(before)
    .fetch_one(&mut **write)
    .await?;
    let (bytes, n): (i64, i64) = (row_of_sums.try_get("bytes")?, row_of_sums.try_get("n")?);
    ledger.demand(bytes, n)?;
    copy_rows(write, doer, from, to, row.is_folder()).await?;
    (ledger.used_bytes, ledger.used_entries) = (ledger.used_bytes + bytes, ledger.used_entries + n);
    Ok(())
}

async fn copy_rows(
    write: &mut Write,
    doer: Doer<'_>,
    from: Place<'_>,
    to: Place<'_>,
    is_folder: bool,
) -> Result<()> {
    let parent = to.path.parent().unwrap_or_default();
    sqlx::query(
        "INSERT INTO entries (workspace, trash, parent, path, kind, version, modified, modified_by, properties) \
         SELECT $1, '', $2, $3, kind, kind, $4, $5, properties FROM entries WHERE workspace = $6 AND trash = '' AND path = $7",
    )
    .bind(to.workspace)
    .bind(parent.as_str())
    .bind(to.path.as_str())
    .bind(doer.now)
    .bind(&doer.actor.name)
    .bind(from.workspace)
    .bind(from.path.as_str())
    .execute(&mut **write)
    .await?;
    let (first, before) = below(from.path);
    if is_folder {
        sqlx::query(
            "INSERT INTO entries (workspace, trash, parent, path, kind, version, modified, modified_by, properties) \
             SELECT $1, '', $2 || SUBSTR(parent, $3), $2 || SUBSTR(path, $3), kind, kind, $4, $5, properties \
             FROM entries WHERE workspace = $6 AND trash = '' AND path >= $7 AND path < $8",
        )
        .bind(to.workspace)
        .bind(to.path.as_str())
        .bind(after_path(from.path))
        .bind(doer.now)
        .bind(&doer.actor.name)
        .bind(from.workspace)
        .bind(&first)
        .bind(&before)
        .execute(&mut **write)
        .await?;
    }
    // Files have version 1 (their kind), folders 0.
    sqlx::query(
        "INSERT INTO versions (entry, number, blob, size_bytes, sha256, modified, modified_by, made_by, media_type) \
         SELECT n.id, 1, v.blob, v.size_bytes, v.sha256, $1, $2, v.made_by, v.media_type FROM entries o \
         JOIN versions v ON v.entry = o.id AND v.number = o.version \
         JOIN entries n ON n.workspace = $3 AND n.trash = '' AND n.path = $4 || SUBSTR(o.path, $5) \
         WHERE o.workspace = $6 AND o.trash = '' AND (o.path = $7 OR (o.path >= $8 AND o.path < $9))",
    )
    .bind(doer.now)
    .bind(&doer.actor.name)
    .bind(to.workspace)
    .bind(to.path.as_str())
    .bind(after_path(from.path))
    .bind(from.workspace)
    .bind(from.path.as_str())
    .bind(first)
    .bind(before)
    .execute(&mut **write)
    .await?;
    Ok(())
}
