//! What a workspace uses and may use. The counters change in the transaction that changes what they count.

use hub_api::{Quota, SetQuota, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{
    Actor, Result, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    database::Write,
};

/// The counters of a workspace, locked by a transaction.
pub(crate) struct Ledger {
    pub(crate) id: i64,
    pub(crate) name: WorkspaceName,
    pub(crate) used_bytes: i64,
    pub(crate) reserved_bytes: i64,
    pub(crate) used_entries: i64,
    limit_bytes: i64,
    limit_entries: i64,
    last_number: i64,
}

impl Ledger {
    /// Takes the row of the workspace; others that write in it wait until the transaction ends.
    pub(crate) async fn lock(write: &mut Write, id: i64) -> Result<Self> {
        let row = sqlx::query(
            "UPDATE workspaces SET last_number = last_number WHERE id = $1 RETURNING name, used_bytes, \
             reserved_bytes, used_entries, limit_bytes, limit_entries, last_number",
        )
        .bind(id)
        .fetch_one(&mut **write)
        .await?;
        Ok(Self {
            id,
            name: workspace_name(row.try_get("name")?)?,
            used_bytes: row.try_get("used_bytes")?,
            reserved_bytes: row.try_get("reserved_bytes")?,
            used_entries: row.try_get("used_entries")?,
            limit_bytes: row.try_get("limit_bytes")?,
            limit_entries: row.try_get("limit_entries")?,
            last_number: row.try_get("last_number")?,
        })
    }

    /// Writes the counters back.
    pub(crate) async fn save(&self, write: &mut Write) -> Result<()> {
        sqlx::query(
            "UPDATE workspaces SET used_bytes = $2, reserved_bytes = $3, used_entries = $4, limit_bytes = $5, \
             limit_entries = $6, last_number = $7 WHERE id = $1",
        )
        .bind(self.id)
        .bind(self.used_bytes)
        .bind(self.reserved_bytes)
        .bind(self.used_entries)
        .bind(self.limit_bytes)
        .bind(self.limit_entries)
        .bind(self.last_number)
        .execute(&mut **write)
        .await?;
        Ok(())
    }

    /// The next number of this workspace.
    pub(crate) fn next_number(&mut self) -> i64 {
        self.last_number += 1;
        self.last_number
    }

    /// Whether so much more has room beside what is used and promised.
    pub(crate) fn demand(&self, bytes: i64, entries: i64) -> Result<()> {
        let taken = self.used_bytes.saturating_add(self.reserved_bytes);
        // Nothing more is asked for: what is there may stay, even past a limit that was lowered.
        let bytes_fit = bytes <= 0 || taken.saturating_add(bytes) <= self.limit_bytes;
        let entries_fit = entries <= 0 || self.used_entries.saturating_add(entries) <= self.limit_entries;
        if bytes_fit && entries_fit {
            return Ok(());
        }
        Err(WorkspaceError::QuotaExceeded {
            workspace: self.name.clone(),
            quota: self.quota(),
            asked_bytes: bytes.max(0) as u64,
            asked_entries: entries.max(0) as u64,
        })
    }

    /// Bytes neither used nor promised.
    pub(crate) fn room(&self) -> i64 {
        (self.limit_bytes - self.used_bytes.saturating_add(self.reserved_bytes)).max(0)
    }

    pub(crate) fn quota(&self) -> Quota {
        Quota {
            used_bytes: self.used_bytes.max(0) as u64,
            reserved_bytes: self.reserved_bytes.max(0) as u64,
            limit_bytes: self.limit_bytes.max(0) as u64,
            used_entries: self.used_entries.max(0) as u64,
            limit_entries: self.limit_entries.max(0) as u64,
        }
    }
}

/// A name as the database holds it.
pub(crate) fn workspace_name(text: String) -> Result<WorkspaceName> {
    WorkspaceName::new(&text).map_err(|_| WorkspaceError::Corrupt { what: format!("the workspace {text:?}") })
}

/// The counters of a workspace as the database holds them.
pub(crate) fn quota_of_row(row: &AnyRow) -> Result<Quota> {
    let number = |column: &str| row.try_get::<i64, _>(column).map(|n| n.max(0) as u64);
    Ok(Quota {
        used_bytes: number("used_bytes")?,
        reserved_bytes: number("reserved_bytes")?,
        used_entries: number("used_entries")?,
        limit_bytes: number("limit_bytes")?,
        limit_entries: number("limit_entries")?,
    })
}

impl Workspaces {
    /// Used and allowed, for those who may read.
    ///
    /// # Errors
    /// A workspace that the actor cannot see.
    pub async fn quota(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<Quota> {
        let seen = self.see(actor, workspace).await?;
        self.quota_of(seen.id).await
    }

    pub(crate) async fn quota_of(&self, id: i64) -> Result<Quota> {
        self.remembered().quotas.get_or(id, self.read_quota(id)).await
    }

    async fn read_quota(&self, id: i64) -> Result<Quota> {
        let row = sqlx::query(
            "SELECT used_bytes, reserved_bytes, used_entries, limit_bytes, limit_entries FROM workspaces WHERE id = $1",
        )
        .bind(id)
        .fetch_one(self.database().read())
        .await?;
        quota_of_row(&row)
    }

    /// What a workspace may hold; also before its first use. For the service itself, whoever asks.
    ///
    /// # Errors
    /// The database.
    pub async fn limits(&self, workspace: &WorkspaceName) -> Result<SetQuota> {
        let id = self.ensure_workspace(workspace).await?;
        let Quota { limit_bytes, limit_entries, .. } = self.quota_of(id).await?;
        Ok(SetQuota { limit_bytes, limit_entries })
    }

    /// Sets what a workspace may hold; also before its first use. What is used already stays, even if it is more.
    ///
    /// # Errors
    /// Actors that do not administer the service; limits past 2^62.
    pub async fn set_quota(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        limits: SetQuota,
    ) -> Result<Quota> {
        if !actor.administers_service() {
            return Err(WorkspaceError::AdminsOnly { what: "set quotas" });
        }
        let limit = |what: &'static str, n: u64| {
            i64::try_from(n).ok().filter(|&n| n <= i64::MAX / 2).ok_or(WorkspaceError::Invalid {
                what,
                given: n.to_string(),
                allowed: "at most 2^62 will do",
            })
        };
        let (bytes, entries) =
            (limit("limit_bytes", limits.limit_bytes)?, limit("limit_entries", limits.limit_entries)?);
        let id = self.ensure_workspace(workspace).await?;
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, id).await?;
        let details = format!(
            "{} -> {bytes} bytes, {} -> {entries} files and folders",
            ledger.limit_bytes, ledger.limit_entries
        );
        (ledger.limit_bytes, ledger.limit_entries) = (bytes, entries);
        let line = Line { action: "quota", subject: workspace.as_str(), details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, self.now(), line).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        Ok(ledger.quota())
    }
}
