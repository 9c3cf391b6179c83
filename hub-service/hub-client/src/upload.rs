//! A file of this machine becomes a file of a workspace: all of it at once, or nothing.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hub_api::{Entry, EntryKind, SharedUri};
use reqwest::Method;
use reqwest::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

use crate::progress::{OnProgress, Progress, Step};
use crate::request::Call;
use crate::{HubClient, HubError, Transfer};

/// Up to here a file is sent by one request; larger ones can be resumed.
const MOST_BYTES_AT_ONCE: u64 = 8 << 20;
/// `Repr-Digest` (RFC 9530): the service compares it with what came.
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// Under which condition a file is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Whatever is there becomes an older version.
    #[default]
    Any,
    /// Only where nothing is.
    IfAbsent,
    /// Only over the content with this entity tag.
    IfMatch(String),
}

/// How an upload is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadOptions {
    /// When it is refused.
    pub condition: Condition,
    /// What made the file: a notebook, a program with its version.
    pub made_by: Option<String>,
    /// Where the same bytes are there already, nothing is sent, whatever the condition. Default: they become a version.
    pub keeps_equal: bool,
}

/// A file that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// As it is at the service.
    pub entry: Entry,
    /// The same bytes were there, and stayed.
    pub was_there: bool,
}

/// What is known of the local file before it is sent.
pub(crate) struct Local<'a> {
    pub(crate) path: &'a Path,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: [u8; 32],
    /// When it was written last, as it was looked at.
    pub(crate) modified: Option<SystemTime>,
}

impl Sent {
    /// What was sent where, in a line.
    #[must_use]
    pub fn line(&self, Transfer { here, afar }: &Transfer) -> String {
        let note = if self.was_there { ", there already" } else { "" };
        format!("{} -> {afar}, version {}{note}", here.display(), self.entry.version)
    }
}

impl Local<'_> {
    pub(crate) fn sha256_text(&self) -> String {
        hex::encode(self.sha256)
    }

    /// Whether a file of the service has these bytes.
    pub(crate) fn is(&self, entry: &Entry) -> bool {
        entry.sha256.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(&self.sha256_text()))
    }

    /// Whether somebody wrote into it since it was looked at, or removed it.
    pub(crate) fn has_changed(&self) -> bool {
        let is_as_before =
            |now: Metadata| now.len() == self.size_bytes && now.modified().ok() == self.modified;
        !std::fs::metadata(self.path).is_ok_and(is_as_before)
    }

    pub(crate) fn failed(&self, cause: std::io::Error) -> HubError {
        HubError::File { action: "read", path: self.path.to_path_buf(), cause }
    }
}

impl HubClient {
    /// Uploads a file. The new content has its name only when all of it is there and its checksum is right; a broken
    /// connection is taken up where it broke.
    ///
    /// # Errors
    /// [`HubError::ChangedMeanwhile`] or [`HubError::Conflict`] where the condition does not hold, [`HubError::NoRoom`],
    /// [`HubError::Stopped`].
    pub async fn upload(
        &self,
        from: &Path,
        to: &SharedUri,
        options: &UploadOptions,
        on_progress: OnProgress<'_>,
    ) -> Result<Sent, HubError> {
        let may_stay = options.keeps_equal || options.condition == Condition::IfAbsent;
        let there = if may_stay { self.stat(to).await.ok() } else { None };
        let is_barred = options.condition == Condition::IfAbsent && there.is_some();
        if is_barred && !options.keeps_equal {
            return Err(taken(to, there));
        }
        let local = look_at(from, on_progress)?;
        if options.keeps_equal
            && let Some(entry) = there.clone().filter(|entry| local.is(entry))
        {
            return Ok(Sent { entry, was_there: true });
        }
        if is_barred {
            return Err(taken(to, there));
        }
        let sent = if local.size_bytes <= MOST_BYTES_AT_ONCE {
            self.put(&local, to, options, on_progress).await
        } else {
            self.send_in_pieces(&local, to, options, on_progress).await
        };
        match sent {
            Err(HubError::Stopped) => return Err(HubError::Stopped),
            Err(_) if local.has_changed() => {
                let cause = "it was changed while it was sent; send it again when nobody writes into it";
                return Err(local.failed(std::io::Error::other(cause)));
            }
            sent => sent?,
        }
        Ok(Sent { entry: self.stat(to).await?, was_there: false })
    }

    async fn put(
        &self,
        local: &Local<'_>,
        to: &SharedUri,
        options: &UploadOptions,
        on_progress: OnProgress<'_>,
    ) -> Result<(), HubError> {
        let bytes = std::fs::read(local.path).map_err(|cause| local.failed(cause))?;
        let mut call = Call::of_file(Method::PUT, "write", to)
            .header(REPR_DIGEST, &format!("sha-256=:{}:", STANDARD.encode(local.sha256)));
        call = match &options.condition {
            Condition::Any => call,
            Condition::IfAbsent => call.header(IF_NONE_MATCH, "*"),
            Condition::IfMatch(etag) => call.header(IF_MATCH, etag),
        };
        if let Some(made_by) = &options.made_by {
            call = call.header(HeaderName::from_static(hub_api::routes::MADE_BY), made_by);
        }
        call.body = Some(Bytes::from(bytes));
        let sent = self.send(&call).await.map(drop);
        self.or_there_already(sent, local, to).await?;
        let (done_bytes, total_bytes) = (local.size_bytes, local.size_bytes);
        // What is written is written: an answer of stop has nothing left to stop.
        let _ = on_progress(Progress { step: Step::Transfer, done_bytes, total_bytes });
        Ok(())
    }

    /// An answer that got lost on the way is asked for again, and then the condition no longer holds because of our own
    /// bytes: that is a success.
    pub(crate) async fn or_there_already(
        &self,
        sent: Result<(), HubError>,
        local: &Local<'_>,
        to: &SharedUri,
    ) -> Result<(), HubError> {
        let refused = match sent {
            Err(error @ (HubError::ChangedMeanwhile { .. } | HubError::Conflict { .. })) => error,
            sent => return sent,
        };
        let is_ours = self.is_there(local, to).await;
        if is_ours { Ok(()) } else { Err(refused) }
    }

    /// Whether the file at the service is the local one.
    pub(crate) async fn is_there(&self, local: &Local<'_>, to: &SharedUri) -> bool {
        self.stat(to).await.is_ok_and(|entry| local.is(&entry))
    }
}

/// Something has the name already.
fn taken(to: &SharedUri, there: Option<Entry>) -> HubError {
    let is_folder = there.as_ref().is_some_and(|there| there.kind == EntryKind::Folder);
    HubError::Conflict {
        action: format!("write {to}"),
        message: format!("there is a {} of that name", if is_folder { "folder" } else { "file" }),
        current: there.filter(|_| !is_folder).map(Box::new),
        cure: "take another name, or allow to overwrite it: what is there becomes an older version"
            .to_owned(),
    }
}

/// Size and checksum; the service gets both before the bytes.
pub(crate) fn look_at<'a>(path: &'a Path, on_progress: OnProgress<'_>) -> Result<Local<'a>, HubError> {
    let failed = |cause| HubError::File { action: "read", path: path.to_path_buf(), cause };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(std::io::Error::other("it is no file but a folder, a pipe or a device")));
    }
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut size_bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 4 << 20];
    loop {
        let n_read = file.read(&mut buffer).map_err(failed)?;
        hasher.update(&buffer[..n_read]);
        size_bytes += n_read as u64;
        let total_bytes = metadata.len().max(size_bytes);
        if on_progress(Progress { step: Step::Checksum, done_bytes: size_bytes, total_bytes }).is_break() {
            return Err(HubError::Stopped);
        }
        if n_read == 0 {
            break;
        }
    }
    Ok(Local { path, size_bytes, sha256: hasher.finalize().into(), modified: metadata.modified().ok() })
}
