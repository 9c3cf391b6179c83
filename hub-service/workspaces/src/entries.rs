//! Names as the database holds them.

use hub_api::{Entry, EntryKind, FilePath, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{Action, Actor, Result, WorkspaceError, Workspaces, clock::time_text, database::Write};

/// The columns that [`EntryRow`] reads, of names in or out of the trash.
macro_rules! select_entries {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.path, e.kind, e.version, COALESCE(v.modified, e.modified) AS modified, ",
            "COALESCE(v.modified_by, e.modified_by) AS modified_by, v.size_bytes, v.sha256, v.made_by, ",
            "v.media_type, v.blob FROM entries e ",
            "LEFT JOIN versions v ON v.entry = e.id AND v.number = e.version ",
            $rest
        )
    };
}
pub(crate) use select_entries;

pub(crate) const FOLDER: i64 = 0;
pub(crate) const FILE: i64 = 1;

/// A name with its newest version.
#[derive(Clone, Debug)]
pub(crate) struct EntryRow {
    pub(crate) id: i64,
    pub(crate) entry: Entry,
    /// Of a file.
    pub(crate) blob: Option<String>,
}

impl EntryRow {
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self> {
        let kind = kind_of(row.try_get("kind")?);
        let sha256: Option<String> = row.try_get("sha256")?;
        let version: i64 = row.try_get("version")?;
        let entry = Entry {
            path: path_of(row.try_get("path")?)?,
            kind,
            size_bytes: row.try_get::<Option<i64>, _>("size_bytes")?.unwrap_or(0) as u64,
            etag: sha256.as_deref().map(etag),
            sha256,
            version: version.max(1) as u64,
            modified: time_text(row.try_get("modified")?),
            modified_by: row.try_get("modified_by")?,
            made_by: row.try_get("made_by")?,
            media_type: row.try_get("media_type")?,
        };
        Ok(Self { id: row.try_get("id")?, entry, blob: row.try_get("blob")? })
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.entry.kind == EntryKind::Folder
    }
}

/// The entity tag of content: equal content, equal tag (RFC 9110 section 8.8.3).
pub(crate) fn etag(sha256: &str) -> String {
    format!("\"{}\"", sha256.get(..32).unwrap_or(sha256))
}

pub(crate) fn kind_of(number: i64) -> EntryKind {
    if number == FILE { EntryKind::File } else { EntryKind::Folder }
}

pub(crate) fn kind_number(kind: EntryKind) -> i64 {
    if kind == EntryKind::File { FILE } else { FOLDER }
}

/// A path as the database holds it.
pub(crate) fn path_of(text: String) -> Result<FilePath> {
    FilePath::new(&text).map_err(|_| WorkspaceError::Corrupt { what: format!("the path {text:?}") })
}

/// What lies below a folder: paths from the first text on, before the second. `0` comes after `/`.
pub(crate) fn below(folder: &FilePath) -> (String, String) {
    (format!("{folder}/"), format!("{folder}0"))
}

/// How `higgs/a.root` is spoken of.
pub(crate) fn full_name(workspace: &WorkspaceName, path: &FilePath) -> String {
    if path.is_root() { workspace.to_string() } else { format!("{workspace}/{path}") }
}

/// A name, inside a transaction.
pub(crate) async fn find(write: &mut Write, workspace: i64, path: &FilePath) -> Result<Option<EntryRow>> {
    let row = sqlx::query(select_entries!("WHERE e.workspace = $1 AND e.trash = '' AND e.path = $2"))
        .bind(workspace)
        .bind(path.as_str())
        .fetch_optional(&mut **write)
        .await?;
    row.as_ref().map(EntryRow::from_row).transpose()
}

/// A name that must be there, inside a transaction.
pub(crate) async fn find_or_missing(
    write: &mut Write,
    workspace: i64,
    name: &WorkspaceName,
    path: &FilePath,
) -> Result<EntryRow> {
    find(write, workspace, path).await?.ok_or_else(|| WorkspaceError::missing(full_name(name, path)))
}

/// Bytes of all versions, and number of names, of a name and what is below it.
pub(crate) async fn weigh(
    write: &mut Write,
    workspace: i64,
    trash: &str,
    path: &FilePath,
) -> Result<(i64, i64)> {
    let (from, before) = below(path);
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(COALESCE((SELECT SUM(v.size_bytes) FROM versions v WHERE v.entry = e.id), 0) \
         + COALESCE(OCTET_LENGTH(e.properties), 0)), 0) AS BIGINT) AS bytes FROM entries e \
         WHERE e.workspace = $1 AND e.trash = $2 AND (e.path = $3 OR (e.path >= $4 AND e.path < $5))",
    )
    .bind(workspace)
    .bind(trash)
    .bind(path.as_str())
    .bind(from)
    .bind(before)
    .fetch_one(&mut **write)
    .await?;
    Ok((row.try_get("bytes")?, row.try_get("n")?))
}

impl Workspaces {
    /// A file or folder; the empty path is the workspace itself.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn stat(&self, actor: &Actor, workspace: &WorkspaceName, path: &FilePath) -> Result<Entry> {
        let seen = self.require(actor, workspace, path, Action::Look).await?;
        if path.is_root() {
            return self.root_entry(seen.id).await;
        }
        Ok(self.find_entry(seen.id, workspace, path).await?.entry)
    }

    pub(crate) async fn find_entry(
        &self,
        id: i64,
        workspace: &WorkspaceName,
        path: &FilePath,
    ) -> Result<EntryRow> {
        let row = sqlx::query(select_entries!("WHERE e.workspace = $1 AND e.trash = '' AND e.path = $2"))
            .bind(id)
            .bind(path.as_str())
            .fetch_optional(self.database().read())
            .await?;
        match row {
            Some(row) => EntryRow::from_row(&row),
            None => Err(WorkspaceError::missing(full_name(workspace, path))),
        }
    }

    pub(crate) async fn root_entry(&self, workspace: i64) -> Result<Entry> {
        let created: i64 = sqlx::query_scalar("SELECT created FROM workspaces WHERE id = $1")
            .bind(workspace)
            .fetch_one(self.database().read())
            .await?;
        Ok(Entry {
            path: FilePath::root(),
            kind: EntryKind::Folder,
            size_bytes: 0,
            etag: None,
            sha256: None,
            version: 1,
            modified: time_text(created),
            modified_by: String::new(),
            made_by: None,
            media_type: None,
        })
    }
}
