//! Uploads that were begun and not ended, for who began them and for who administers the workspace.

use hub_api::{FilePath, UnfinishedUpload, WorkspaceName};
use sqlx::Row;

use crate::{
    Action, Actor, Result, Workspaces,
    access::Seen,
    audit::{Line, write_line},
    clock::time_text,
    entries::path_of,
    quota::Ledger,
    resumable::missing,
};

/// Most of them that are listed.
const MOST_LISTED: i64 = 1000;

impl Workspaces {
    /// The resumable uploads of a workspace that the actor may end, those that go first first, at most 1000: the own ones; all of
    /// them for who administers it.
    ///
    /// # Errors
    /// Actors that may not write anywhere in it.
    pub async fn unfinished_uploads(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
    ) -> Result<Vec<UnfinishedUpload>> {
        let seen = self.require_writer(actor, workspace).await?;
        let rows = sqlx::query(
            "SELECT id, path, size_bytes, reserved_bytes, created_by, expires FROM uploads WHERE workspace = $1 \
             AND is_resumable = 1 AND expires > $2 AND ($3 = 1 OR created_by = $4) ORDER BY expires, id LIMIT $5",
        )
        .bind(seen.id)
        .bind(self.now())
        .bind(i64::from(may_end_all(actor, workspace, &seen)))
        .bind(&actor.name)
        .bind(MOST_LISTED)
        .fetch_all(self.database().read())
        .await?;
        let mut uploads = Vec::with_capacity(rows.len());
        for row in &rows {
            let (id, path): (String, FilePath) = (row.try_get("id")?, path_of(row.try_get("path")?)?);
            if !actor.reaches(workspace, &path, Action::Create) {
                continue;
            }
            uploads.push(UnfinishedUpload {
                n_bytes: self.blobs().part_length(&id).await?.unwrap_or(0),
                id,
                path,
                size_bytes: row.try_get::<Option<i64>, _>("size_bytes")?.map(|size| size as u64),
                reserved_bytes: row.try_get::<i64, _>("reserved_bytes")?.max(0) as u64,
                begun_by: row.try_get("created_by")?,
                expires: time_text(row.try_get("expires")?),
            });
        }
        Ok(uploads)
    }

    /// Ends an upload, and gives its room back: an own one, or anybody's for who administers the workspace.
    ///
    /// # Errors
    /// `NotFound` for those that the actor may not end; a request that is at it.
    pub async fn end_upload(&self, actor: &Actor, workspace: &WorkspaceName, id: &str) -> Result<()> {
        let seen = self.require_writer(actor, workspace).await?;
        let _busy = self.running().begin(id)?;
        let row = sqlx::query(
            "SELECT path, created_by FROM uploads WHERE id = $1 AND workspace = $2 AND is_resumable = 1 \
             AND ($3 = 1 OR created_by = $4)",
        )
        .bind(id)
        .bind(seen.id)
        .bind(i64::from(may_end_all(actor, workspace, &seen)))
        .bind(&actor.name)
        .fetch_optional(self.database().read())
        .await?;
        let row = row.ok_or_else(|| missing(id))?;
        let (path, begun_by): (FilePath, String) =
            (path_of(row.try_get("path")?)?, row.try_get("created_by")?);
        if !actor.reaches(workspace, &path, Action::Create) {
            return Err(missing(id));
        }
        self.drop_upload(id).await?;
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let details = format!("begun by {begun_by}");
        let line = Line { action: "upload_ended", subject: path.as_str(), details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, self.now(), line).await?;
        ledger.save(&mut write).await?;
        Ok(write.commit().await?)
    }

    /// Of a token that names its paths, each upload is looked at for itself.
    async fn require_writer(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<Seen> {
        if actor.capabilities.is_some() {
            return self.see(actor, workspace).await;
        }
        self.require(actor, workspace, &FilePath::root(), Action::Create).await
    }
}

fn may_end_all(actor: &Actor, workspace: &WorkspaceName, seen: &Seen) -> bool {
    seen.role.allows(Action::Administer) && actor.reaches(workspace, &FilePath::root(), Action::Administer)
}
