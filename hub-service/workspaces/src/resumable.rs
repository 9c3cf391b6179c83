//! Uploads that go on after a broken connection or a restart of the service. The length of the part file is where one
//! stands; sums are kept in memory, and taken anew from the file after a restart.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hub_api::{Entry, FilePath, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{
    Action, Actor, Result, Upload, WorkspaceError, Workspaces, WriteOptions, checksum::Checksums,
    clock::time_text, entries::path_of, publish::Target, quota::workspace_name,
};

/// Where an upload stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadStatus {
    /// To go on by; 32 hexadecimal digits.
    pub id: String,
    /// Where the file goes.
    pub workspace: WorkspaceName,
    /// Where the file goes.
    pub path: FilePath,
    /// Bytes that are there.
    pub offset: u64,
    /// Bytes that were announced.
    pub size_bytes: Option<u64>,
    /// When it goes if nothing more comes; RFC 3339.
    pub expires: String,
}

/// Uploads that a request is at, and sums of those that wait.
#[derive(Default)]
pub(crate) struct Running {
    busy: Arc<Mutex<HashSet<String>>>,
    sums: Mutex<HashMap<String, Checksums>>,
}

/// Keeps other requests from an upload.
pub(crate) struct Busy {
    busy: Arc<Mutex<HashSet<String>>>,
    id: String,
}

impl Running {
    pub(crate) fn begin(&self, id: &str) -> Result<Busy> {
        let is_free = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        if is_free {
            Ok(Busy { busy: self.busy.clone(), id: id.to_owned() })
        } else {
            Err(WorkspaceError::UploadBusy { id: id.to_owned() })
        }
    }

    fn take_sums(&self, id: &str) -> Option<Checksums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }

    /// Of an upload that has ended.
    pub(crate) fn forget_sums(&self, id: &str) {
        self.take_sums(id);
    }

    fn keep_sums(&self, id: &str, sums: Checksums) {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), sums);
    }

    /// Whether a request is at it.
    pub(crate) fn is_busy(&self, id: &str) -> bool {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// An upload as the database holds it.
pub(crate) struct UploadRow {
    pub(crate) target: Target,
    reserved: i64,
    expires: i64,
}

impl Workspaces {
    /// Begins an upload that can be resumed.
    ///
    /// # Errors
    /// As [`Workspaces::begin_write`].
    pub async fn create_upload(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        options: WriteOptions,
    ) -> Result<UploadStatus> {
        let (target, _) = self.promise(actor, workspace, path, options, true).await?;
        if let Err(error) = self.blobs().create_part(&target.id, target.options.size_bytes).await {
            self.drop_upload(&target.id).await?;
            return Err(error.into());
        }
        self.upload_status(actor, &target.id).await
    }

    /// Where an upload stands.
    ///
    /// # Errors
    /// `NotFound` for uploads of others too, and for those that are finished or have expired.
    pub async fn upload_status(&self, actor: &Actor, id: &str) -> Result<UploadStatus> {
        let row = self.upload_row(actor, id).await?;
        let offset = self.blobs().part_length(id).await?.ok_or_else(|| missing(id))?;
        Ok(UploadStatus {
            id: id.to_owned(),
            size_bytes: row.target.options.size_bytes,
            workspace: row.target.name,
            path: row.target.path,
            offset,
            expires: time_text(row.expires),
        })
    }

    /// The actor's newest resumable upload to a path, for clients that know no number of it (`Content-Range`).
    ///
    /// # Errors
    /// A workspace that the actor cannot see.
    pub async fn find_upload(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
    ) -> Result<Option<UploadStatus>> {
        let seen = self.require(actor, workspace, path, Action::Create).await?;
        let id: Option<String> = sqlx::query_scalar(
            "SELECT id FROM uploads WHERE workspace = $1 AND path = $2 AND created_by = $3 AND is_resumable = 1 \
             ORDER BY expires DESC LIMIT 1",
        )
        .bind(seen.id)
        .bind(path.as_str())
        .bind(&actor.name)
        .fetch_optional(self.database().read())
        .await?;
        match id {
            Some(id) => match self.upload_status(actor, &id).await {
                // It has ended meanwhile, or lost its bytes: the sweep takes what is left of it.
                Err(WorkspaceError::NotFound { .. }) => Ok(None),
                other => other.map(Some),
            },
            None => Ok(None),
        }
    }

    /// The actor's newest unfinished upload of the very bytes that are announced now, by their size and SHA-256, to the same
    /// path and under the same conditions: a client that was killed goes on with it.
    ///
    /// # Errors
    /// A workspace that the actor cannot see.
    pub async fn begun_upload(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        options: &WriteOptions,
    ) -> Result<Option<UploadStatus>> {
        let Some(sha256) = &options.sha256 else { return Ok(None) };
        let Some(begun) = self.find_upload(actor, workspace, path).await? else { return Ok(None) };
        let kept = match self.upload_row(actor, &begun.id).await {
            Ok(row) => row.target.options,
            // It has ended meanwhile.
            Err(WorkspaceError::NotFound { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let is_same = kept.sha256.as_ref().is_some_and(|kept| kept.eq_ignore_ascii_case(sha256))
            && kept.size_bytes == options.size_bytes
            && kept.preconditions.if_match == options.preconditions.if_match
            && kept.preconditions.if_none_match == options.preconditions.if_none_match
            && (kept.preconditions.if_none_match_any || !options.preconditions.if_none_match_any);
        Ok(is_same.then_some(begun))
    }

    /// Takes bytes from an offset on, which must be where the upload stands. When the stream breaks, what came stays:
    /// the answer says how far it got.
    ///
    /// # Errors
    /// Another offset, another request at the same upload, more bytes than announced, no room, a full disk. A disk that fails to
    /// keep what it has taken ends the upload.
    pub async fn append_upload<S, E>(
        &self,
        actor: &Actor,
        id: &str,
        offset: u64,
        mut bytes: S,
    ) -> Result<UploadStatus>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Send + Unpin,
    {
        let mut upload = self.resume(actor, id).await?;
        if upload.n_bytes() != offset {
            return Err(WorkspaceError::OffsetMismatch { expected: upload.n_bytes(), found: offset });
        }
        let mut appended = Ok(());
        while let Some(Ok(block)) = bytes.next().await {
            appended = upload.append(block).await;
            if appended.is_err() {
                break;
            }
        }
        let synced = upload.part.sync().await;
        let is_lost = upload.part.is_lost();
        drop(upload);
        if is_lost {
            self.drop_upload(id).await?;
        }
        let (appended, sums) = match (appended, synced) {
            (appended, Ok(sums)) => (appended, sums),
            // Why the first write failed, and not that one did.
            (Err(first), Err(_)) => return Err(first),
            (Ok(()), Err(error)) => return Err(error.into()),
        };
        self.running().keep_sums(id, sums);
        sqlx::query("UPDATE uploads SET expires = $2 WHERE id = $1")
            .bind(id)
            .bind(self.now() + self.upload_lifetime(true))
            .execute(&mut *self.database().write_one().await?)
            .await?;
        appended?;
        self.upload_status(actor, id).await
    }

    /// Makes the bytes the newest version of the file. If that fails, the upload stays, except for a wrong digest.
    ///
    /// # Errors
    /// As [`Upload::finish`].
    pub async fn finish_upload(&self, actor: &Actor, id: &str, sha256: Option<&str>) -> Result<Entry> {
        let upload = self.resume(actor, id).await?;
        let entry = upload.finish(sha256).await;
        if matches!(entry, Err(WorkspaceError::DigestMismatch { .. })) {
            self.drop_upload(id).await?;
        }
        entry
    }

    /// Forgets an upload.
    ///
    /// # Errors
    /// As [`Workspaces::upload_status`]; another request at it.
    pub async fn abort_upload(&self, actor: &Actor, id: &str) -> Result<()> {
        let _busy = self.running().begin(id)?;
        self.upload_row(actor, id).await?;
        self.drop_upload(id).await
    }

    async fn resume(&self, actor: &Actor, id: &str) -> Result<Upload> {
        let busy = self.running().begin(id)?;
        let row = self.upload_row(actor, id).await?;
        self.require(actor, &row.target.name, &row.target.path, Action::Create).await?;
        if self.blobs().part_length(id).await?.is_none() {
            return Err(missing(id));
        }
        let part = self.blobs().resume_part(id, self.running().take_sums(id), busy).await?;
        Ok(Upload {
            workspaces: self.clone(),
            actor: actor.clone(),
            target: row.target,
            part,
            reserved: row.reserved,
            is_resumable: true,
            is_settled: false,
        })
    }

    pub(crate) async fn upload_row(&self, actor: &Actor, id: &str) -> Result<UploadRow> {
        let row = sqlx::query(
            "SELECT u.workspace, w.name, u.path, u.reserved_bytes, u.options, u.expires FROM uploads u \
             JOIN workspaces w ON w.id = u.workspace WHERE u.id = $1 AND u.created_by = $2 AND u.is_resumable = 1",
        )
        .bind(id)
        .bind(&actor.name)
        .fetch_optional(self.database().read())
        .await?;
        let row = upload_row(&row.ok_or_else(|| missing(id))?, id)?;
        // A narrow token does not end what was begun with another.
        let is_in_reach = actor.reaches(&row.target.name, &row.target.path, Action::Create);
        if row.expires <= self.now() || !is_in_reach {
            return Err(missing(id));
        }
        Ok(row)
    }

    /// What uploads of a process that is gone had taken.
    pub(crate) async fn drop_plain_uploads(&self) -> Result<()> {
        self.drop_uploads("SELECT id FROM uploads WHERE is_resumable = 0").await
    }

    /// Of a backup, which has no bytes of them.
    pub(crate) async fn drop_all_uploads(&self) -> Result<()> {
        self.drop_uploads("SELECT id FROM uploads").await
    }

    async fn drop_uploads(&self, which: &'static str) -> Result<()> {
        let ids: Vec<String> = sqlx::query_scalar(which).fetch_all(self.database().read()).await?;
        for id in ids {
            self.drop_upload(&id).await?;
        }
        Ok(())
    }
}

fn upload_row(row: &AnyRow, id: &str) -> Result<UploadRow> {
    let options: String = row.try_get("options")?;
    let options = serde_json::from_str(&options)
        .map_err(|error| WorkspaceError::Corrupt { what: format!("options of upload {id} ({error})") })?;
    let target = Target {
        id: id.to_owned(),
        workspace: row.try_get("workspace")?,
        name: workspace_name(row.try_get("name")?)?,
        path: path_of(row.try_get("path")?)?,
        options,
    };
    Ok(UploadRow { target, reserved: row.try_get("reserved_bytes")?, expires: row.try_get("expires")? })
}

pub(crate) fn missing(id: &str) -> WorkspaceError {
    WorkspaceError::missing(format!("upload {}", id.chars().take(40).collect::<String>()))
}
