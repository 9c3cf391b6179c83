//! What can go wrong.

use hub_api::{ApiError, Entry, FilePath, Quota, Role, WorkspaceName, bytes_text, seconds_text};

use crate::StoreError;

/// Why an operation was not done. Nothing of it has happened then.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// Not there, or not to be seen by the actor.
    #[error("{what} is not there, or you may not see it")]
    NotFound {
        /// `higgs`, `higgs/a.root`, `upload 7f...`.
        what: String,
    },
    /// A token whose capabilities do not go there.
    #[error("the token does not reach {name} for this")]
    OutOfReach {
        /// `higgs/a.root`.
        name: String,
    },
    /// Seen, but not allowed.
    #[error("this needs {} of {workspace}, and {} {}", role_word(*.needed), whose(*.is_lowered), role_word(*.has))]
    Forbidden {
        /// Where.
        workspace: String,
        /// The least role that may.
        needed: Role,
        /// What the actor has.
        has: Role,
        /// Whether the person has more, and only what they showed does not allow it.
        is_lowered: bool,
    },
    /// Only administrators of the service may.
    #[error("only administrators of the service may {what}")]
    AdminsOnly {
        /// What was asked for.
        what: &'static str,
    },
    /// The operator did not allow them.
    #[error("links for everybody are switched off here")]
    NoPublicLinks,
    /// Something of that name is there.
    #[error("{path} is there already")]
    Exists {
        /// Which.
        path: FilePath,
    },
    /// A file where a folder is needed.
    #[error("{path} is a file, not a folder")]
    NotAFolder {
        /// Which.
        path: FilePath,
    },
    /// A folder where a file is needed.
    #[error("{} is a folder, not a file", shown(.path))]
    NotAFile {
        /// Which.
        path: FilePath,
    },
    /// The folder above is missing, and was not to be made.
    #[error("the folder {path} is not there")]
    ParentMissing {
        /// The folder.
        path: FilePath,
    },
    /// The content is not the one that the caller knew (`If-Match`, `If-None-Match`).
    #[error("{path} {}", why_not(.current.as_deref(), *.only_if_new))]
    ChangedMeanwhile {
        /// Which.
        path: FilePath,
        /// What is there now; `None`: nothing.
        current: Option<Box<Entry>>,
        /// Nothing was to be there (`If-None-Match: *`).
        only_if_new: bool,
    },
    /// No room.
    #[error("{workspace} has no room for {}", no_room(.quota, *.asked_bytes, *.asked_entries))]
    QuotaExceeded {
        /// Where.
        workspace: WorkspaceName,
        /// Used and allowed.
        quota: Quota,
        /// Bytes asked for on top.
        asked_bytes: u64,
        /// Files and folders asked for on top.
        asked_entries: u64,
    },
    /// Too many uploads that were begun and not ended.
    #[error("you have {limit} unfinished uploads, and may not begin another one")]
    TooManyUploads {
        /// Most of them.
        limit: u32,
    },
    /// Larger than any file may be.
    #[error("a file may have {limit_bytes} bytes, this one has more")]
    FileTooLarge {
        /// Most bytes.
        limit_bytes: u64,
    },
    /// The bytes are not those that the writer meant.
    #[error("the SHA-256 is {found}, but {expected} was announced")]
    DigestMismatch {
        /// What was announced.
        expected: String,
        /// What came.
        found: String,
    },
    /// More or fewer bytes than announced.
    #[error("{found} bytes came, but {expected} were announced")]
    SizeMismatch {
        /// What was announced.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// A resumable upload goes on elsewhere.
    #[error("the upload stands at byte {expected}, but bytes from {found} on were sent")]
    OffsetMismatch {
        /// Where it stands.
        expected: u64,
        /// What was sent.
        found: u64,
    },
    /// Two requests write one upload at a time.
    #[error("upload {id} is being written by another request")]
    UploadBusy {
        /// Which.
        id: String,
    },
    /// Someone has locked it.
    #[error("{path} is locked by {held_by}")]
    Locked {
        /// What the lock lies on.
        path: FilePath,
        /// Who holds it.
        held_by: String,
    },
    /// Cannot be moved or copied there.
    #[error("{from} cannot go to {to}: {reason}")]
    Destination {
        /// What was to move.
        from: FilePath,
        /// Where to.
        to: FilePath,
        /// Why not.
        reason: &'static str,
    },
    /// Something in the request is out of range.
    #[error("{what} cannot be {given:?}: {allowed}")]
    Invalid {
        /// `cursor`, `expires_in_seconds`, ...
        what: &'static str,
        /// What was given.
        given: String,
        /// What would do.
        allowed: &'static str,
    },
    /// The password of a link is missing or wrong.
    #[error("this link asks for a password{}", if *.was_given { ", and this is not the one" } else { "" })]
    LinkPassword {
        /// Whether one was given.
        was_given: bool,
    },
    /// The bytes could not be stored or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database did not answer as it should.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    /// What the database holds makes no sense: see [`Workspaces::check`](crate::Workspaces::check).
    #[error("the database holds {what}, which makes no sense; run `mlaas4hep-hub check`")]
    Corrupt {
        /// What was found.
        what: String,
    },
}

/// Codes of a full disk: `SQLite`'s `SQLITE_FULL`, and `disk_full` of `PostgreSQL`.
const DISK_FULL: [&str; 2] = ["13", "53100"];

impl From<sqlx::Error> for WorkspaceError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        if code.is_some_and(|code| DISK_FULL.contains(&code.as_ref())) {
            return StoreError::DiskFull { what: "writing the database".to_owned() }.into();
        }
        Self::Database(error)
    }
}

/// A path for a sentence; the empty one is the workspace.
fn shown(path: &FilePath) -> &str {
    if path.is_root() { "the workspace itself" } else { path.as_str() }
}

fn no_room(quota: &Quota, asked_bytes: u64, asked_entries: u64) -> String {
    let taken = quota.used_bytes.saturating_add(quota.reserved_bytes);
    let free = quota.limit_bytes.saturating_sub(taken);
    let (mut asked, mut left) = (bytes_text(asked_bytes), bytes_text(free));
    if asked == left {
        (asked, left) = (format!("{asked_bytes} bytes"), format!("{free} bytes"));
    }
    let promised = bytes_text(quota.reserved_bytes);
    let promised = match quota.reserved_bytes {
        0 => String::new(),
        _ => format!(" ({promised} are promised to unfinished uploads)"),
    };
    let (n, most) = (quota.used_entries, quota.limit_entries);
    let more = if asked_entries == 1 { "name" } else { "names" };
    let names = format!("{asked_entries} {more} more: {n} of {most} files and folders are there");
    let names = match (n.saturating_add(asked_entries) > most, asked_bytes > free) {
        (true, false) => return names,
        (true, true) => format!("; {names}"),
        (false, _) => String::new(),
    };
    format!("{asked} more: {left} of {} are free{promised}{names}", bytes_text(quota.limit_bytes))
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Reader => "a reader",
        Role::Writer => "a writer",
        Role::Admin => "an administrator",
    }
}

fn whose(is_lowered: bool) -> &'static str {
    if is_lowered { "the app password or token is that of" } else { "you are" }
}

fn why_not(current: Option<&Entry>, only_if_new: bool) -> String {
    let Some(entry) = current else { return "was changed meanwhile: it is not there".to_owned() };
    let Entry { modified_by, version, .. } = entry;
    let modified = seconds_text(&entry.modified);
    if only_if_new {
        format!("is there already: {modified_by} wrote version {version} at {modified}")
    } else {
        format!("was changed meanwhile by {modified_by} at {modified}: it is version {version}")
    }
}

impl WorkspaceError {
    pub(crate) fn missing(what: impl std::fmt::Display) -> Self {
        Self::NotFound { what: what.to_string() }
    }

    /// A word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Forbidden { .. } | Self::AdminsOnly { .. } | Self::OutOfReach { .. } => "forbidden",
            Self::NoPublicLinks => "no_public_links",
            Self::Exists { .. } => "exists",
            Self::NotAFolder { .. } => "not_a_folder",
            Self::NotAFile { .. } => "not_a_file",
            Self::ParentMissing { .. } => "parent_missing",
            Self::ChangedMeanwhile { .. } => "changed_meanwhile",
            Self::QuotaExceeded { .. } => "quota_exceeded",
            Self::TooManyUploads { .. } => "too_many_uploads",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::DigestMismatch { .. } => "digest_mismatch",
            Self::SizeMismatch { .. } => "size_mismatch",
            Self::OffsetMismatch { .. } => "offset_mismatch",
            Self::UploadBusy { .. } => "upload_busy",
            Self::Locked { .. } => "locked",
            Self::Destination { .. } => "destination",
            Self::Invalid { .. } => "invalid",
            Self::LinkPassword { .. } => "link_password",
            Self::Store(StoreError::DiskFull { .. }) => "disk_full",
            Self::Store(StoreError::Stalled { .. }) => "store_stalled",
            Self::Store(_) => "store_failed",
            Self::Database(_) => "database_failed",
            Self::Corrupt { .. } => "corrupt",
        }
    }

    /// The HTTP status that says the same (RFC 9110 section 15, RFC 4918 section 11).
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound { .. } => 404,
            Self::Forbidden { .. }
            | Self::AdminsOnly { .. }
            | Self::OutOfReach { .. }
            | Self::NoPublicLinks => 403,
            Self::Exists { .. }
            | Self::NotAFolder { .. }
            | Self::NotAFile { .. }
            | Self::ParentMissing { .. }
            | Self::OffsetMismatch { .. }
            | Self::Destination { .. } => 409,
            Self::ChangedMeanwhile { .. } => 412,
            Self::FileTooLarge { .. } => 413,
            // RFC 6585 section 4.
            Self::TooManyUploads { .. } => 429,
            Self::QuotaExceeded { .. } | Self::Store(StoreError::DiskFull { .. }) => 507,
            Self::DigestMismatch { .. } | Self::SizeMismatch { .. } | Self::Invalid { .. } => 400,
            Self::UploadBusy { .. } | Self::Locked { .. } => 423,
            Self::LinkPassword { .. } => 401,
            Self::Store(StoreError::Stalled { .. }) => 504,
            Self::Store(_) => 502,
            Self::Database(_) | Self::Corrupt { .. } => 500,
        }
    }

    /// What to do next, where something can be done.
    #[must_use]
    pub fn next_step(&self) -> Option<&'static str> {
        Some(match self {
            Self::QuotaExceeded { .. } => {
                "delete for good what lies in the trash, delete old files, or ask an administrator of the service for a larger quota of this workspace"
            }
            Self::Forbidden { is_lowered: true, .. } => {
                "log in yourself, or make an app password that may more"
            }
            Self::Forbidden { .. } => "ask an administrator of the workspace for a grant",
            Self::NoPublicLinks => {
                "give the person a right in the workspace, or ask the operator to switch links on (workspaces.public_links)"
            }
            Self::OutOfReach { .. } => "ask the issuer for a token with a storage scope for this path",
            Self::ChangedMeanwhile { only_if_new: true, .. } => {
                "choose another name, or write without the condition that nothing is there (If-None-Match: *)"
            }
            Self::ChangedMeanwhile { .. } => "read it again, and write with its new entity tag",
            Self::ParentMissing { .. } => "make the folder first",
            Self::Exists { .. } => "choose another name, or ask to overwrite",
            Self::DigestMismatch { .. } | Self::SizeMismatch { .. } => "send the file again",
            Self::OffsetMismatch { .. } => {
                "ask where the upload stands (HEAD of the upload, or PUT of the file with Content-Range: bytes */SIZE and no body), and go on from there"
            }
            Self::TooManyUploads { .. } => {
                "end some of them on the page \"Space and access\" of their workspace, or wait until they end by themselves"
            }
            Self::UploadBusy { .. } => "wait until the other request has ended",
            Self::Locked { .. } => "ask who holds the lock to give it back, or wait until it ends",
            Self::Store(StoreError::DiskFull { .. }) => "tell the operator that the disk is full",
            Self::Store(StoreError::Stalled { .. }) => "try again in a minute",
            Self::LinkPassword { .. } => "ask who sent the link for its password",
            _ => return None,
        })
    }

    /// As the service answers it. Failures of the database and the store keep their details for the log.
    #[must_use]
    pub fn to_api_error(&self) -> ApiError {
        let message = match self {
            Self::Database(_) | Self::Corrupt { .. } => "the database failed".to_owned(),
            Self::Store(error) => error.public_message().to_owned(),
            other => other.to_string(),
        };
        ApiError {
            status: self.status(),
            code: self.code().to_owned(),
            message,
            next_step: self.next_step().map(str::to_owned),
            request_id: None,
        }
    }
}
