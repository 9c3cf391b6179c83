//! What goes with time: unfinished uploads, the trash, old versions, old events, and bytes that no version needs.

use std::collections::HashSet;

use hub_api::PrincipalSource;
use sqlx::Row;

use crate::{
    Actor, Result, Workspaces, clock::days, entries::path_of, folders::Doer, quota::Ledger, trash::forget,
};

/// Rows that one transaction removes, so that writers do not wait long.
const AT_ONCE: i64 = 500;

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Unfinished uploads whose time was over.
    pub uploads: u64,
    /// Deletions whose time in the trash was over.
    pub trash: u64,
    /// Old versions.
    pub versions: u64,
    /// Events of the change feed.
    pub changes: u64,
    /// Lines of the audit log.
    pub audit: u64,
    /// Blobs that no version needs.
    pub blobs: u64,
    /// Files or objects that the database does not know.
    pub orphans: u64,
}

impl Workspaces {
    /// Removes what has had its time. To be called now and then, every hour or so; also while others read and write.
    ///
    /// # Errors
    /// The database or the store; what is left, the next sweep takes.
    pub async fn sweep(&self) -> Result<SweepReport> {
        let _alone = self.upkeep().lock().await;
        Ok(SweepReport {
            uploads: self.sweep_uploads().await?,
            trash: self.sweep_trash().await?,
            versions: self.sweep_versions().await?,
            changes: self.sweep_changes().await?,
            audit: self.sweep_audit().await?,
            blobs: {
                self.sweep_expired_rights().await?;
                self.sweep_blobs().await?
            },
            orphans: self.sweep_orphans().await?,
        })
    }

    async fn sweep_uploads(&self) -> Result<u64> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM uploads WHERE expires <= $1")
            .bind(self.now())
            .fetch_all(self.database().read())
            .await?;
        let mut n = 0;
        for id in ids.iter().filter(|id| !self.running().is_busy(id)) {
            self.drop_upload(id).await?;
            n += 1;
        }
        Ok(n)
    }

    async fn sweep_trash(&self) -> Result<u64> {
        let rows = sqlx::query("SELECT id, workspace, path FROM trash WHERE expires <= $1")
            .bind(self.now())
            .fetch_all(self.database().read())
            .await?;
        let sweeper = sweeper();
        for row in &rows {
            let (id, path): (String, String) = (row.try_get("id")?, row.try_get("path")?);
            let mut write = self.database().write().await?;
            let mut ledger = Ledger::lock(&mut write, row.try_get("workspace")?).await?;
            // Someone may have restored it meanwhile.
            let is_there: Option<String> = sqlx::query_scalar("SELECT id FROM trash WHERE id = $1")
                .bind(&id)
                .fetch_optional(&mut *write)
                .await?;
            if is_there.is_some() {
                let doer = Doer { actor: &sweeper, now: self.now() };
                forget(&mut write, &mut ledger, doer, &id, &path_of(path)?).await?;
                ledger.save(&mut write).await?;
                write.commit().await?;
            }
        }
        Ok(rows.len() as u64)
    }

    async fn all_ids(&self) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar("SELECT id FROM workspaces").fetch_all(self.database().read()).await?)
    }

    async fn sweep_versions(&self) -> Result<u64> {
        let before = self.now() - days(self.settings().keep_versions_days);
        let mut n = 0;
        for workspace in self.all_ids().await? {
            loop {
                let n_gone = self.sweep_versions_of(workspace, before).await?;
                n += n_gone;
                if n_gone < AT_ONCE as u64 {
                    break;
                }
            }
        }
        Ok(n)
    }

    async fn sweep_versions_of(&self, workspace: i64, before: i64) -> Result<u64> {
        let sql = "SELECT v.entry, v.number FROM versions v JOIN entries e ON e.id = v.entry \
                   WHERE v.modified < $1 AND v.number < e.version AND e.workspace = $2 LIMIT $3";
        let old = sqlx::query(sql).bind(before).bind(workspace).bind(AT_ONCE);
        if old.fetch_optional(self.database().read()).await?.is_none() {
            return Ok(0);
        }
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, workspace).await?;
        let rows = sqlx::query(sql).bind(before).bind(workspace).bind(AT_ONCE).fetch_all(&mut *write).await?;
        for row in &rows {
            let size: i64 = sqlx::query_scalar(
                "DELETE FROM versions WHERE entry = $1 AND number = $2 RETURNING size_bytes",
            )
            .bind(row.try_get::<i64, _>("entry")?)
            .bind(row.try_get::<i64, _>("number")?)
            .fetch_one(&mut *write)
            .await?;
            ledger.used_bytes -= size;
        }
        ledger.save(&mut write).await?;
        write.commit().await?;
        Ok(rows.len() as u64)
    }

    async fn sweep_changes(&self) -> Result<u64> {
        let before = self.now() - days(self.settings().keep_changes_days);
        let rows = sqlx::query(
            "SELECT workspace, MAX(number) AS last FROM changes WHERE time < $1 GROUP BY workspace",
        )
        .bind(before)
        .fetch_all(self.database().read())
        .await?;
        let mut n = 0;
        for row in rows {
            let (workspace, last): (i64, i64) = (row.try_get("workspace")?, row.try_get("last")?);
            let mut write = self.database().write().await?;
            let gone = sqlx::query("DELETE FROM changes WHERE workspace = $1 AND number <= $2")
                .bind(workspace)
                .bind(last)
                .execute(&mut *write)
                .await?;
            sqlx::query("UPDATE workspaces SET changes_gone = $2 WHERE id = $1 AND changes_gone < $2")
                .bind(workspace)
                .bind(last)
                .execute(&mut *write)
                .await?;
            write.commit().await?;
            n += gone.rows_affected();
        }
        Ok(n)
    }

    async fn sweep_audit(&self) -> Result<u64> {
        let before = self.now() - days(self.settings().keep_audit_days);
        let mut n = 0;
        for workspace in self.all_ids().await? {
            loop {
                // By number, which the key is in order of: a clock that jumped does not matter much here.
                let gone = sqlx::query(
                    "DELETE FROM audit WHERE workspace = $1 AND time < $2 AND number IN \
                     (SELECT number FROM audit WHERE workspace = $1 ORDER BY number LIMIT $3)",
                )
                .bind(workspace)
                .bind(before)
                .bind(AT_ONCE)
                .execute(&mut *self.database().write_one().await?)
                .await?;
                n += gone.rows_affected();
                if gone.rows_affected() < AT_ONCE as u64 {
                    break;
                }
            }
        }
        Ok(n)
    }

    async fn sweep_expired_rights(&self) -> Result<()> {
        let now = self.now();
        for sql in [
            "DELETE FROM grants WHERE expires <= $1",
            "DELETE FROM links WHERE expires <= $1",
            "DELETE FROM app_passwords WHERE expires <= $1",
            "DELETE FROM locks WHERE expires <= $1",
        ] {
            sqlx::query(sql).bind(now).execute(&mut *self.database().write_one().await?).await?;
        }
        Ok(())
    }

    /// Blobs that no version names are marked first, and removed when readers have had time to end. A writer of the same
    /// content takes the mark off; one that comes too late finds no row, and brings its own bytes.
    async fn sweep_blobs(&self) -> Result<u64> {
        let now = self.now();
        sqlx::query(
            "UPDATE blobs SET garbage_since = NULL WHERE garbage_since IS NOT NULL \
             AND EXISTS (SELECT 1 FROM versions v WHERE v.blob = blobs.id)",
        )
        .execute(&mut *self.database().write_one().await?)
        .await?;
        sqlx::query(
            "UPDATE blobs SET garbage_since = $1 WHERE garbage_since IS NULL \
             AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.blob = blobs.id)",
        )
        .bind(now)
        .execute(&mut *self.database().write_one().await?)
        .await?;
        let mut n = 0;
        loop {
            let ids: Vec<String> = sqlx::query_scalar(
                // The mark is looked at twice: PostgreSQL looks again only at the row itself when a writer had it.
                "DELETE FROM blobs WHERE id IN (SELECT id FROM blobs WHERE garbage_since <= $1 LIMIT $2) \
                 AND garbage_since <= $1 AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.blob = blobs.id) RETURNING id",
            )
            .bind(now - i64::from(self.settings().keep_garbage_seconds) * 1000)
            .bind(AT_ONCE)
            .fetch_all(&mut *self.database().write_one().await?)
            .await?;
            for id in &ids {
                self.blobs().remove_blob(id).await?;
            }
            n += ids.len() as u64;
            if (ids.len() as i64) < AT_ONCE {
                return Ok(n);
            }
        }
    }

    async fn sweep_orphans(&self) -> Result<u64> {
        let (blobs, parts) = self.orphans().await?;
        for id in &blobs {
            self.blobs().remove_blob(id).await?;
        }
        for id in &parts {
            self.blobs().remove_part(id).await?;
        }
        Ok((blobs.len() + parts.len()) as u64)
    }

    /// Blobs and part files that the database does not know. The files are listed first: what is written while this runs has
    /// a row before it has a file, and keeps one.
    pub(crate) async fn orphans(&self) -> Result<(Vec<String>, Vec<String>)> {
        let (mut blobs, mut parts) = self.blobs().all_names().await?;
        let mut read = self.database().snapshot().await?;
        let known: Vec<String> = sqlx::query_scalar("SELECT id FROM blobs UNION ALL SELECT id FROM uploads")
            .fetch_all(&mut *read)
            .await?;
        let known: HashSet<String> = known.into_iter().collect();
        let uploads: Vec<String> = sqlx::query_scalar("SELECT id FROM uploads").fetch_all(&mut *read).await?;
        let uploads: HashSet<String> = uploads.into_iter().collect();
        // Only names that we give: a bucket may hold other things.
        let is_ours = |id: &String| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        blobs.retain(|id| is_ours(id) && !known.contains(id));
        parts.retain(|id| is_ours(id) && !uploads.contains(id));
        Ok((blobs, parts))
    }
}

/// Who stands in the audit log for what time removes.
fn sweeper() -> Actor {
    Actor {
        name: "mlaas4hep-hub".to_owned(),
        source: PrincipalSource::Dev,
        groups: Vec::new(),
        is_admin: false,
        role_ceiling: None,
        capabilities: None,
    }
}
