//! One transaction that makes new content visible.

use hub_api::{ChangeKind, Entry, FilePath, WorkspaceName};
use sqlx::Row;

use crate::{
    Action, Actor, Result, WorkspaceError, Workspaces, WriteOptions,
    audit::{Line, write_line},
    changes::write_change,
    checksum::Sums,
    database::Write,
    entries::{EntryRow, FILE, find, find_or_missing},
    folders::{Doer, ensure_parents, insert_entry},
    quota::Ledger,
    upload::{check_target, take_upload},
};

/// Where an upload goes. Its id becomes the name of the blob.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) workspace: i64,
    pub(crate) name: WorkspaceName,
    pub(crate) path: FilePath,
    pub(crate) options: WriteOptions,
}

/// The content of a new version.
pub(crate) struct Content<'a> {
    pub(crate) blob: &'a str,
    pub(crate) size_bytes: i64,
    pub(crate) sha256: &'a str,
    pub(crate) made_by: Option<&'a str>,
    pub(crate) media_type: Option<&'a str>,
}

impl Workspaces {
    /// Makes the bytes of an upload, which are on the disk, the newest version of its file.
    pub(crate) async fn publish(&self, actor: &Actor, target: &Target, sums: &Sums) -> Result<Entry> {
        self.require(actor, &target.name, &target.path, Action::Create).await?;
        loop {
            // Content that is stored already is not stored a second time.
            let known = self.known_content(sums).await?;
            match &known {
                Some(blob) => self.blobs().renew(blob, &target.id, sums.n_bytes).await?,
                None => self.blobs().keep(&target.id).await?,
            }
            match self.publish_kept(actor, target, sums, known.is_some()).await {
                Ok(Some(entry)) => {
                    self.clear_unused_blob(&target.id).await;
                    // A part file that stays is left to the sweep.
                    let _ = self.blobs().remove_part(&target.id).await;
                    return Ok(entry);
                }
                // The known content was garbage, and is gone.
                Ok(None) => {}
                Err(error) => {
                    self.clear_unused_blob(&target.id).await;
                    return Err(error);
                }
            }
        }
    }

    /// The blob with these bytes.
    async fn known_content(&self, sums: &Sums) -> Result<Option<String>> {
        let known: Option<Option<String>> =
            sqlx::query_scalar("SELECT MIN(id) FROM blobs WHERE sha256 = $1 AND size_bytes = $2")
                .bind(&sums.sha256)
                .bind(sums.n_bytes as i64)
                .fetch_optional(self.database().read())
                .await?;
        Ok(known.flatten())
    }

    /// `None`: the content that was known is not any more, and nothing was done.
    async fn publish_kept(
        &self,
        actor: &Actor,
        target: &Target,
        sums: &Sums,
        is_known: bool,
    ) -> Result<Option<Entry>> {
        let doer = Doer { actor, now: self.now() };
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, target.workspace).await?;
        let promised = take_upload(&mut write, &target.id).await?;
        ledger.reserved_bytes -=
            promised.ok_or_else(|| WorkspaceError::missing(format!("upload {}", target.id)))?;
        let found = find(&mut write, target.workspace, &target.path).await?;
        check_target(&target.path, found.as_ref(), &target.options)?;
        let Some(blob) = blob_of(&mut write, target, sums, is_known).await? else { return Ok(None) };
        ensure_parents(&mut write, &mut ledger, doer, &target.path, target.options.parents).await?;
        let content = Content {
            blob: &blob,
            size_bytes: sums.n_bytes as i64,
            sha256: &sums.sha256,
            made_by: target.options.made_by.as_deref(),
            media_type: target.options.media_type.as_deref(),
        };
        self.write_version(&mut write, &mut ledger, doer, (&target.path, found.as_ref()), &content).await?;
        let entry = find_or_missing(&mut write, target.workspace, &target.name, &target.path).await?.entry;
        let details = format!("{} bytes, version {}, sha256 {}", sums.n_bytes, entry.version, sums.sha256);
        let line = Line { action: "write", subject: target.path.as_str(), details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, doer.now, line).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.tell(&ledger);
        Ok(Some(entry))
    }

    /// A new version of a file, or a new file; and its event. Versions past those that are kept go.
    pub(crate) async fn write_version(
        &self,
        write: &mut Write,
        ledger: &mut Ledger,
        doer: Doer<'_>,
        (path, found): (&FilePath, Option<&EntryRow>),
        content: &Content<'_>,
    ) -> Result<()> {
        let (entry, number) = match found {
            Some(row) => (row.id, row.entry.version as i64 + 1),
            None => (insert_entry(write, ledger.id, doer, path, (FILE, 1)).await?, 1),
        };
        if found.is_some() {
            sqlx::query("UPDATE entries SET version = $2, modified = $3, modified_by = $4 WHERE id = $1")
                .bind(entry)
                .bind(number)
                .bind(doer.now)
                .bind(&doer.actor.name)
                .execute(&mut **write)
                .await?;
            let oldest_kept = number - i64::from(self.settings().keep_versions) + 1;
            ledger.used_bytes -= drop_versions(write, entry, oldest_kept, &doer.actor.name).await?;
        }
        let n_new = i64::from(found.is_none());
        ledger.demand(content.size_bytes, n_new)?;
        ledger.used_bytes += content.size_bytes;
        ledger.used_entries += n_new;
        insert_version(write, doer, (entry, number), content).await?;
        write_change(write, ledger, doer, ChangeKind::Written, path).await
    }

    /// Removes the blob of an upload that no transaction named. Where that is not certain, it is left to the sweep.
    async fn clear_unused_blob(&self, id: &str) {
        let named: std::result::Result<Option<String>, _> =
            sqlx::query_scalar("SELECT id FROM blobs WHERE id = $1")
                .bind(id)
                .fetch_optional(self.database().read())
                .await;
        if matches!(named, Ok(None)) {
            let _ = self.blobs().remove_blob(id).await;
        }
    }
}

/// The blob of the content: one that is there, or the new one. `None`: neither.
async fn blob_of(write: &mut Write, target: &Target, sums: &Sums, is_known: bool) -> Result<Option<String>> {
    let known: Option<String> = sqlx::query_scalar(
        "UPDATE blobs SET garbage_since = NULL \
         WHERE id = (SELECT MIN(id) FROM blobs WHERE sha256 = $1 AND size_bytes = $2) RETURNING id",
    )
    .bind(&sums.sha256)
    .bind(sums.n_bytes as i64)
    .fetch_optional(&mut **write)
    .await?;
    if known.is_some() || is_known {
        return Ok(known);
    }
    sqlx::query("INSERT INTO blobs (id, size_bytes, sha256, adler32) VALUES ($1, $2, $3, $4)")
        .bind(&target.id)
        .bind(sums.n_bytes as i64)
        .bind(&sums.sha256)
        .bind(i64::from(sums.adler32))
        .execute(&mut **write)
        .await?;
    Ok(Some(target.id.clone()))
}

async fn insert_version(
    write: &mut Write,
    doer: Doer<'_>,
    (entry, number): (i64, i64),
    content: &Content<'_>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO versions (entry, number, blob, size_bytes, sha256, modified, modified_by, made_by, media_type) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(entry)
    .bind(number)
    .bind(content.blob)
    .bind(content.size_bytes)
    .bind(content.sha256)
    .bind(doer.now)
    .bind(&doer.actor.name)
    .bind(content.made_by)
    .bind(content.media_type)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Drops versions below a number before `writer` adds one; gives their bytes. The last one of everybody else stays until its
/// days are over: nobody pushes a colleague's work out by writing often.
async fn drop_versions(write: &mut Write, entry: i64, oldest_kept: i64, writer: &str) -> Result<i64> {
    let rows = sqlx::query(
        "DELETE FROM versions WHERE entry = $1 AND number < $2 AND (modified_by = $3 OR EXISTS (SELECT 1 FROM versions l \
         WHERE l.entry = versions.entry AND l.modified_by = versions.modified_by AND l.number > versions.number)) \
         RETURNING size_bytes",
    )
    .bind(entry)
    .bind(oldest_kept)
    .bind(writer)
    .fetch_all(&mut **write)
    .await?;
    rows.iter().map(|row| Ok(row.try_get::<i64, _>("size_bytes")?)).sum()
}
