//! Older versions of files.

use hub_api::{Entry, FilePath, Version, Versions, WorkspaceName};
use sqlx::Row;

use crate::{
    Action, Actor, Preconditions, Result, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    clock::time_text,
    entries::{find_or_missing, full_name},
    folders::Doer,
    publish::Content,
    quota::Ledger,
};

impl Workspaces {
    /// All versions of a file that are kept, newest first.
    ///
    /// # Errors
    /// `NotFound`; a folder.
    pub async fn versions(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
    ) -> Result<Versions> {
        let seen = self.require(actor, workspace, path, Action::Read).await?;
        let row = self.find_version(seen.id, workspace, path, None).await?.0;
        let rows = sqlx::query(
            "SELECT number, size_bytes, sha256, modified, modified_by FROM versions WHERE entry = $1 ORDER BY number DESC",
        )
        .bind(row.id)
        .fetch_all(self.database().read())
        .await?;
        let versions = rows.iter().enumerate().map(|(i, row)| {
            Ok(Version {
                version: row.try_get::<i64, _>("number")? as u64,
                size_bytes: row.try_get::<i64, _>("size_bytes")? as u64,
                sha256: row.try_get("sha256")?,
                modified: time_text(row.try_get("modified")?),
                modified_by: row.try_get("modified_by")?,
                current: i == 0,
            })
        });
        Ok(Versions { versions: versions.collect::<Result<_>>()? })
    }

    /// Makes the content of an old version the newest version.
    ///
    /// # Errors
    /// No right to write; `NotFound`; preconditions that do not hold; no room.
    pub async fn restore_version(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        version: u64,
        preconditions: &Preconditions,
    ) -> Result<Entry> {
        let seen = self.require(actor, workspace, path, Action::Write).await?;
        let doer = Doer { actor, now: self.now() };
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let found = find_or_missing(&mut write, seen.id, workspace, path).await?;
        preconditions.check(path, Some(&found))?;
        let row = sqlx::query(
            "SELECT blob, size_bytes, sha256, made_by, media_type FROM versions WHERE entry = $1 AND number = $2",
        )
        .bind(found.id)
        .bind(i64::try_from(version).unwrap_or(i64::MAX))
        .fetch_optional(&mut *write)
        .await?;
        let missing =
            || WorkspaceError::missing(format!("version {version} of {}", full_name(workspace, path)));
        let row = row.ok_or_else(missing)?;
        let (blob, sha256): (String, String) = (row.try_get("blob")?, row.try_get("sha256")?);
        let (made_by, media_type): (Option<String>, Option<String>) =
            (row.try_get("made_by")?, row.try_get("media_type")?);
        let content = Content {
            blob: &blob,
            size_bytes: row.try_get("size_bytes")?,
            sha256: &sha256,
            made_by: made_by.as_deref(),
            media_type: media_type.as_deref(),
        };
        self.write_version(&mut write, &mut ledger, doer, (path, Some(&found)), &content).await?;
        let details = format!("version {version}");
        let line = Line { action: "restore", subject: path.as_str(), details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, doer.now, line).await?;
        let entry = find_or_missing(&mut write, seen.id, workspace, path).await?.entry;
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.tell(&ledger);
        Ok(entry)
    }
}
