//! Writing a file: room is taken first, bytes gather, and one transaction makes them visible.

use bytes::Bytes;
use hub_api::{Entry, FilePath, WorkspaceName};
use serde::{Deserialize, Serialize};

use crate::{
    Action, Actor, Parents, Result, WorkspaceError, Workspaces,
    blobs::PartFile,
    clock::seconds,
    database::Write,
    entries::{EntryRow, find},
    folders::missing_above,
    publish::Target,
    quota::Ledger,
};

/// Bytes promised to an upload of unknown size at its start.
const FIRST_PROMISE: i64 = 1 << 20;
/// Most bytes by which such a promise grows at a time.
const MOST_GROWTH: i64 = 1 << 30;
/// Seconds after which an upload that no request works on has gone, where it cannot be resumed.
const PLAIN_UPLOAD_SECONDS: u64 = 24 * 3600;

/// What must hold of the file that is there (RFC 9110 section 13.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preconditions {
    /// `If-Match`: one of these entity tags, with their quotes, or `*` for any file. `None`: no matter.
    pub if_match: Option<Vec<String>>,
    /// `If-None-Match: *`: nothing is there.
    pub if_none_match_any: bool,
    /// `If-None-Match`: what is there is none of these, with their quotes; weak ones count too. Empty: no matter.
    #[serde(default)]
    pub if_none_match: Vec<String>,
    /// `If-Unmodified-Since`: what is there is not newer than this, in seconds since 1970. Does not count beside `if_match`,
    /// nor where nothing is there.
    #[serde(default)]
    pub if_unmodified_since: Option<i64>,
}

/// The entity tags of a list (RFC 9110 section 8.8.3), quotes and the `W/` of weak ones included. The list is split at quotes,
/// since a tag may have a comma in it; what is no tag is passed over.
pub fn entity_tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let open = rest.find('"')?;
        let close = open + 1 + rest[open + 1..].find('"')?;
        let start = if rest[..open].ends_with("W/") { open - 2 } else { open };
        let tag = &rest[start..=close];
        rest = &rest[close + 1..];
        Some(tag)
    })
}

/// What a writer says beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteOptions {
    /// Looked at when the upload begins, and when it is published.
    pub preconditions: Preconditions,
    /// Folders above that are not there.
    pub parents: Parents,
    /// Bytes that will come, where that is known.
    pub size_bytes: Option<u64>,
    /// SHA-256 that they will have, in hexadecimal digits, where that is known.
    pub sha256: Option<String>,
    /// What makes the file: a notebook, a job, a program with its version.
    pub made_by: Option<String>,
    /// Media type.
    pub media_type: Option<String>,
}

/// Bytes on their way into a file. Nothing is visible before [`finish`](Upload::finish); dropped, it is as
/// [aborted](Upload::abort), unless it is a resumable one, which keeps what came.
pub struct Upload {
    pub(crate) workspaces: Workspaces,
    pub(crate) actor: Actor,
    pub(crate) target: Target,
    pub(crate) part: PartFile,
    pub(crate) reserved: i64,
    pub(crate) is_resumable: bool,
    pub(crate) is_settled: bool,
}

impl Preconditions {
    /// The same, with what `If-None-Match` says.
    #[must_use]
    pub fn unless(self, if_none_match: Option<&str>) -> Self {
        let Some(list) = if_none_match else { return self };
        let if_none_match = entity_tags(list).map(str::to_owned).collect();
        Self { if_none_match_any: list.trim() == "*", if_none_match, ..self }
    }

    /// A token that may only create writes over nothing.
    pub(crate) fn keep_within(&mut self, actor: &Actor, workspace: &WorkspaceName, path: &FilePath) {
        self.if_none_match_any |= !actor.reaches(workspace, path, Action::Write);
    }

    /// Whether they hold for what is there.
    pub(crate) fn check(&self, path: &FilePath, found: Option<&EntryRow>) -> Result<()> {
        let changed = || WorkspaceError::ChangedMeanwhile {
            path: path.clone(),
            current: found.map(|row| Box::new(row.entry.clone())),
            only_if_new: self.if_none_match_any,
        };
        if self.if_none_match_any && found.is_some() {
            return Err(changed());
        }
        let bare = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        let present = found.and_then(|row| row.entry.etag.as_deref()).map(bare);
        if present.is_some_and(|present| self.if_none_match.iter().any(|tag| bare(tag) == present)) {
            return Err(changed());
        }
        let Some(tags) = &self.if_match else {
            let modified = found.and_then(|row| row.entry.modified.parse::<jiff::Timestamp>().ok());
            let is_newer = |since| modified.is_some_and(|modified| modified.as_second() > since);
            return if self.if_unmodified_since.is_some_and(is_newer) { Err(changed()) } else { Ok(()) };
        };
        let Some(found) = found else { return Err(changed()) };
        let matches = |tag: &String| tag == "*" || found.entry.etag.as_ref() == Some(tag);
        if tags.iter().any(matches) { Ok(()) } else { Err(changed()) }
    }
}

impl Workspaces {
    /// Begins to write a file, and takes room for it: of the size that is announced, or in growing steps.
    ///
    /// # Errors
    /// No right to write; a folder of that name; preconditions that do not hold; no room; larger than any file may be.
    pub async fn begin_write(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        options: WriteOptions,
    ) -> Result<Upload> {
        let (target, reserved) = self.promise(actor, workspace, path, options, false).await?;
        let part = match self.blobs().create_part(&target.id, target.options.size_bytes).await {
            Ok(part) => part,
            Err(error) => {
                self.drop_upload(&target.id).await?;
                return Err(error.into());
            }
        };
        let (workspaces, actor) = (self.clone(), actor.clone());
        Ok(Upload { workspaces, actor, target, part, reserved, is_resumable: false, is_settled: false })
    }

    /// Takes room, and notes the upload.
    pub(crate) async fn promise(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        mut options: WriteOptions,
        is_resumable: bool,
    ) -> Result<(Target, i64)> {
        let seen = self.require(actor, workspace, path, Action::Create).await?;
        options.preconditions.keep_within(actor, workspace, path);
        if path.is_root() {
            return Err(WorkspaceError::NotAFile { path: path.clone() });
        }
        check_options(&options, self.settings().max_file_bytes)?;
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        if is_resumable {
            self.check_number(&mut write, actor).await?;
        }
        let found = find(&mut write, seen.id, path).await?;
        check_target(path, found.as_ref(), &options)?;
        if found.is_none() {
            missing_above(&mut write, seen.id, path, Parents::Make).await?;
        }
        let n_new = i64::from(found.is_none());
        let reserved = match options.size_bytes {
            Some(size) => size as i64,
            None => FIRST_PROMISE.min(ledger.room()),
        };
        ledger.demand(reserved, n_new)?;
        ledger.reserved_bytes += reserved;
        let target = Target {
            id: uuid::Uuid::new_v4().simple().to_string(),
            workspace: seen.id,
            name: workspace.clone(),
            path: path.clone(),
            options,
        };
        let expires = self.now() + self.upload_lifetime(is_resumable);
        insert_upload(&mut write, &target, actor, (is_resumable, reserved, expires)).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        Ok((target, reserved))
    }

    /// Only of those that stay when their connection breaks.
    async fn check_number(&self, write: &mut Write, actor: &Actor) -> Result<()> {
        let sql = "SELECT COUNT(*) FROM uploads WHERE created_by = $1 AND is_resumable = 1";
        let n: i64 = sqlx::query_scalar(sql).bind(&actor.name).fetch_one(&mut **write).await?;
        let limit = self.settings().max_unfinished_uploads;
        if n >= i64::from(limit) { Err(WorkspaceError::TooManyUploads { limit }) } else { Ok(()) }
    }

    /// Milliseconds that an upload without a sign of life stays.
    pub(crate) fn upload_lifetime(&self, is_resumable: bool) -> i64 {
        let hours = u64::from(self.settings().keep_uploads_hours);
        seconds(if is_resumable { hours * 3600 } else { PLAIN_UPLOAD_SECONDS })
    }

    /// Gives back the room of an upload, and removes its bytes. It may be gone already.
    pub(crate) async fn drop_upload(&self, id: &str) -> Result<()> {
        let workspace: Option<i64> = sqlx::query_scalar("SELECT workspace FROM uploads WHERE id = $1")
            .bind(id)
            .fetch_optional(self.database().read())
            .await?;
        // First the bytes: on a full disk the database needs their room to note this.
        self.blobs().remove_part(id).await?;
        self.running().forget_sums(id);
        if let Some(workspace) = workspace {
            let mut write = self.database().write().await?;
            let mut ledger = Ledger::lock(&mut write, workspace).await?;
            ledger.reserved_bytes -= take_upload(&mut write, id).await?.unwrap_or(0);
            ledger.save(&mut write).await?;
            write.commit().await?;
        }
        Ok(())
    }
}

pub(crate) fn check_options(options: &WriteOptions, limit_bytes: u64) -> Result<()> {
    if options.size_bytes.is_some_and(|size| size > limit_bytes) {
        return Err(WorkspaceError::FileTooLarge { limit_bytes });
    }
    let is_digest = |text: &String| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(given) = options.sha256.as_ref().filter(|text| !is_digest(text)) {
        let given = given.chars().take(80).collect();
        return Err(WorkspaceError::Invalid {
            what: "sha256",
            given,
            allowed: "it must have 64 hexadecimal digits",
        });
    }
    let is_short =
        |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= 1024 && !text.contains('\0'));
    if !is_short(&options.made_by) || !is_short(&options.media_type) {
        let allowed = "made_by and the media type may have 1024 bytes";
        return Err(WorkspaceError::Invalid {
            what: "made_by or the media type",
            given: "so long".to_owned(),
            allowed,
        });
    }
    Ok(())
}

/// Whether a file may go there.
pub(crate) fn check_target(path: &FilePath, found: Option<&EntryRow>, options: &WriteOptions) -> Result<()> {
    if found.is_some_and(EntryRow::is_folder) {
        return Err(WorkspaceError::NotAFile { path: path.clone() });
    }
    options.preconditions.check(path, found)
}

/// As the database keeps them.
pub(crate) fn options_text(options: &WriteOptions) -> Result<String> {
    serde_json::to_string(options)
        .map_err(|error| WorkspaceError::Corrupt { what: format!("options of an upload ({error})") })
}

async fn insert_upload(
    write: &mut Write,
    target: &Target,
    actor: &Actor,
    (is_resumable, reserved, expires): (bool, i64, i64),
) -> Result<()> {
    let options = options_text(&target.options)?;
    sqlx::query(
        "INSERT INTO uploads (id, workspace, path, is_resumable, size_bytes, reserved_bytes, options, created_by, expires) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&target.id)
    .bind(target.workspace)
    .bind(target.path.as_str())
    .bind(i64::from(is_resumable))
    .bind(target.options.size_bytes.map(|size| size as i64))
    .bind(reserved)
    .bind(options)
    .bind(&actor.name)
    .bind(expires)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Takes an upload out of the table; gives what was promised to it, `None` if it is gone.
pub(crate) async fn take_upload(write: &mut Write, id: &str) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar("DELETE FROM uploads WHERE id = $1 RETURNING reserved_bytes")
        .bind(id)
        .fetch_optional(&mut **write)
        .await?)
}

impl Upload {
    /// The actor as they are now: what is taken at the end is taken with these rights.
    pub fn act_as(&mut self, actor: Actor) {
        self.actor = actor;
    }

    /// The bytes that came so far.
    #[must_use]
    pub fn n_bytes(&self) -> u64 {
        self.part.n_bytes()
    }

    /// Takes bytes. They are hashed and written while the next ones come; about half a MiB is held.
    ///
    /// # Errors
    /// More than announced, no room, larger than any file may be, a full disk.
    pub async fn append(&mut self, bytes: Bytes) -> Result<()> {
        let n_bytes = self.part.n_bytes() + bytes.len() as u64;
        if let Some(expected) = self.target.options.size_bytes.filter(|&size| n_bytes > size) {
            return Err(WorkspaceError::SizeMismatch { expected, found: n_bytes });
        }
        let limit_bytes = self.workspaces.settings().max_file_bytes;
        if n_bytes > limit_bytes {
            return Err(WorkspaceError::FileTooLarge { limit_bytes });
        }
        if n_bytes as i64 > self.reserved {
            self.grow(n_bytes as i64).await?;
        }
        Ok(self.part.append(bytes).await?)
    }

    /// Makes the bytes the newest version of the file. The digest, if one is given, must be theirs.
    ///
    /// # Errors
    /// Fewer bytes than announced, another digest, preconditions that no longer hold, a right that was taken back,
    /// no room. The upload is gone then, unless it is resumable and the disk has kept its bytes.
    pub async fn finish(mut self, sha256: Option<&str>) -> Result<Entry> {
        let entry = self.publish(sha256).await;
        if entry.is_err() && (!self.is_resumable || self.part.is_lost()) {
            self.give_up().await?;
        }
        self.is_settled = true;
        entry
    }

    async fn publish(&mut self, sha256: Option<&str>) -> Result<Entry> {
        let sums = self.part.sync().await?.finish();
        if let Some(expected) = self.target.options.size_bytes.filter(|&size| size != sums.n_bytes) {
            return Err(WorkspaceError::SizeMismatch { expected, found: sums.n_bytes });
        }
        for expected in [sha256, self.target.options.sha256.as_deref()].into_iter().flatten() {
            if !expected.eq_ignore_ascii_case(&sums.sha256) {
                return Err(WorkspaceError::DigestMismatch {
                    expected: expected.to_owned(),
                    found: sums.sha256,
                });
            }
        }
        self.workspaces.publish(&self.actor, &self.target, &sums).await
    }

    /// Forgets the bytes, and gives the room back.
    ///
    /// # Errors
    /// The database; the sweep does it then.
    pub async fn abort(mut self) -> Result<()> {
        self.give_up().await
    }

    async fn give_up(&mut self) -> Result<()> {
        self.is_settled = true;
        self.part.close().await;
        self.workspaces.drop_upload(&self.target.id).await
    }

    /// Takes more room: twice what there was, if that fits, and what is needed at least.
    async fn grow(&mut self, needed: i64) -> Result<()> {
        let mut write = self.workspaces.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, self.target.workspace).await?;
        let most = self.reserved + ledger.room();
        let wanted = (self.reserved * 2).min(self.reserved + MOST_GROWTH).min(most).max(needed);
        let more = wanted - self.reserved;
        ledger.demand(more, 0)?;
        ledger.reserved_bytes += more;
        let done = sqlx::query("UPDATE uploads SET reserved_bytes = $2 WHERE id = $1")
            .bind(&self.target.id)
            .bind(wanted)
            .execute(&mut *write)
            .await?;
        if done.rows_affected() == 0 {
            return Err(WorkspaceError::missing(format!("upload {}", self.target.id)));
        }
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.reserved = wanted;
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.is_settled || self.is_resumable {
            return;
        }
        let (workspaces, id) = (self.workspaces.clone(), self.target.id.clone());
        // Without a runtime, at the end of the program, the next start clears it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = workspaces.drop_upload(&id).await {
                    tracing::warn!(%error, upload = id, "an upload that was given up waits for the sweep");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_must_not_be_there() {
        let none = |list| Preconditions::default().unless(Some(list));
        assert_eq!(none(" * "), Preconditions { if_none_match_any: true, ..Preconditions::default() });
        assert_eq!(none("\"a\", W/\"b\"").if_none_match, ["\"a\"", "W/\"b\""]);
        assert_eq!(Preconditions::default().unless(None), Preconditions::default());
    }
}
