//! What the service answers. Times are UTC, RFC 3339, in whole seconds or finer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{FilePath, Role, SharedUri, WorkspaceName, bytes_text, seconds_text};

/// Every error of the service: what went wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// A word for programs: `not_found`, `forbidden`, `quota_exceeded`, `changed_meanwhile`, ...
    pub code: String,
    /// A sentence for people, without secrets.
    pub message: String,
    /// What to do next, where something can be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Repeated in the log, for whoever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// `GET api/v1/info`: asked without a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Info {
    /// `mlaas4hep-hub`.
    pub service: String,
    /// Its version.
    pub version: String,
    /// Versions of the interface it speaks: `["v1"]`.
    pub api: Vec<String>,
    /// Address of the second listener, past the proxy of the hub; for data.
    pub direct_url: Option<String>,
    /// `hub`, `iam`, `dev`: how one may log in.
    pub logins: Vec<String>,
    /// Where `iam` is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<Issuer>,
    /// What a request may hold.
    pub limits: Limits,
    /// Whether the operator allows links by which anybody can read a file. A service of an earlier version does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_links: Option<bool>,
}

/// An IAM whose bearer tokens are believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Issuer {
    /// Its address, as its tokens carry it in `iss`.
    pub issuer: String,
    /// What `aud` of a token may hold; one of them suffices.
    pub audiences: Vec<String>,
    /// The public client for the device flow (RFC 8628), where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_client_id: Option<String>,
}

/// Limits that a client should know beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// Largest file in bytes.
    pub max_file_bytes: u64,
    /// Largest JSON body in bytes.
    pub max_json_bytes: u64,
    /// Requests a second of one principal, sustained.
    pub requests_per_second: u32,
    /// Uploads of one principal at a time.
    pub uploads_at_once: u32,
}

/// Person or program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A service of the hub.
    Service,
}

/// How the caller showed who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalSource {
    /// A token of `JupyterHub`, or the session that it opened.
    Hub,
    /// A bearer token of an IAM.
    Iam,
    /// An app password of this service.
    AppPassword,
    /// Headers of a proxy that the operator trusts.
    Proxy,
    /// The one user of `mlaas4hep-hub dev`.
    Dev,
    /// Nobody who is known: the secret of a link. In audit logs only.
    Link,
}

/// `GET api/v1/me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The name at the hub or the IAM.
    pub name: String,
    /// Person or program.
    pub kind: PrincipalKind,
    /// Groups, in order.
    pub groups: Vec<String>,
    /// How it was shown.
    pub source: PrincipalSource,
    /// Whether the caller administers the service.
    pub admin: bool,
    /// When the token ends, where that is known.
    #[schema(value_type = Option<String>)]
    pub expires: Option<String>,
    /// What the caller can see.
    pub workspaces: Vec<WorkspaceInfo>,
}

/// Whose a workspace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkspaceKind {
    /// A group's.
    Group,
    /// A person's.
    Personal,
}

impl WorkspaceKind {
    /// Whose the workspace of a name is.
    #[must_use]
    pub fn of(workspace: &WorkspaceName) -> Self {
        if workspace.person().is_some() { Self::Personal } else { Self::Group }
    }
}

/// What is used and what is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quota {
    /// Bytes of all files, their old versions and the trash.
    pub used_bytes: u64,
    /// Bytes promised to uploads that go on.
    pub reserved_bytes: u64,
    /// Most bytes.
    pub limit_bytes: u64,
    /// Files and folders.
    pub used_entries: u64,
    /// Limit of files and folders.
    pub limit_entries: u64,
}

/// A workspace as its caller sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkspaceInfo {
    /// Its name.
    #[schema(value_type = String)]
    pub name: WorkspaceName,
    /// Whose it is.
    pub kind: WorkspaceKind,
    /// What the caller may do.
    pub role: Role,
    /// Used and allowed.
    pub quota: Quota,
}

/// File or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Path from the workspace down.
    #[schema(value_type = String)]
    pub path: FilePath,
    /// File or folder.
    pub kind: EntryKind,
    /// Bytes; 0 for a folder.
    pub size_bytes: u64,
    /// Entity tag of the content, as `ETag` says it, quotes included; of a folder none.
    pub etag: Option<String>,
    /// SHA-256 of the content in hexadecimal digits.
    pub sha256: Option<String>,
    /// Number of the version, from 1.
    pub version: u64,
    /// When it was written.
    pub modified: String,
    /// Who wrote it.
    pub modified_by: String,
    /// What made it, where the writer said so: a notebook, a job, a program with its version.
    pub made_by: Option<String>,
    /// Media type.
    pub media_type: Option<String>,
}

impl Entry {
    /// What `ls` shows of it: the name as it stands in a `shared://` name, the size of a file, when and by whom it was written.
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        let (slash, size) = match self.kind {
            EntryKind::Folder => ("/", String::new()),
            EntryKind::File => ("", bytes_text(self.size_bytes)),
        };
        let name = format!("{}{slash}", self.path.in_uri());
        vec![name, size, seconds_text(&self.modified), self.modified_by.clone()]
    }
}

/// A page of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Listing {
    /// Entries in the order of their paths (bytes).
    pub entries: Vec<Entry>,
    /// To be sent as `cursor` for the next page; `None` on the last one.
    pub next_cursor: Option<String>,
}

/// One version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// From 1 on.
    pub version: u64,
    /// Bytes.
    pub size_bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// When it was written.
    pub modified: String,
    /// By whom.
    pub modified_by: String,
    /// Whether it is the one that reading gives.
    pub current: bool,
}

/// All versions that are kept, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Versions {
    /// Newest first.
    pub versions: Vec<Version>,
}

/// Something deleted that can come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashEntry {
    /// To restore it by.
    pub id: String,
    /// Where it lay.
    #[schema(value_type = String)]
    pub path: FilePath,
    /// File or folder.
    pub kind: EntryKind,
    /// Bytes of all that is in it.
    pub size_bytes: u64,
    /// When it was deleted.
    pub deleted: String,
    /// By whom.
    pub deleted_by: String,
    /// When it goes for good.
    pub expires: String,
}

/// A page of the trash, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashPage {
    /// Newest first.
    pub entries: Vec<TrashEntry>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

/// To whom a grant is given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase", tag = "kind", content = "name")]
pub enum Grantee {
    /// A person.
    User(String),
    /// All members of a group.
    Group(String),
}

impl Grantee {
    /// A person as people say it: the name, or that of the workspace.
    #[must_use]
    pub fn said_user(name: &str) -> Self {
        let name = name.trim();
        Self::User(name.strip_prefix('~').unwrap_or(name).to_owned())
    }

    /// A group as people say it: the name, or as it stands in a `shared://` name.
    #[must_use]
    pub fn said_group(name: &str) -> Self {
        Self::Group(name.trim().replace("%2F", "/").replace("%2f", "/"))
    }

    /// `carol`, `the group cms/higgs`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::User(name) => name.clone(),
            Self::Group(name) => format!("the group {name}"),
        }
    }
}

/// A right given by an administrator of the workspace, besides those of the groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Grant {
    /// To take it back by.
    pub id: String,
    /// To whom.
    pub grantee: Grantee,
    /// What for.
    pub role: Role,
    /// Until when; `None`: until it is taken back.
    pub expires: Option<String>,
    /// Who gave it.
    pub granted_by: String,
    /// When.
    pub granted: String,
    /// In the answer that made it, in the workspace of a group: whether the service knows somebody of this name, or in this group. A
    /// right waits for who has not come yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_known: Option<bool>,
}

impl Grant {
    /// What was given, in a sentence.
    #[must_use]
    pub fn sentence(&self, workspace: &WorkspaceName) -> String {
        let who = self.grantee.words();
        let what = match self.role {
            Role::Reader => "may read",
            Role::Writer => "may read and write in",
            Role::Admin => "administers",
        };
        let until =
            self.expires.as_deref().map_or_else(String::new, |time| format!(" until {}", seconds_text(time)));
        let unknown = match (self.is_known, &self.grantee) {
            (Some(false), Grantee::User(_)) => {
                "; the service knows nobody of this name yet: if it is misspelt, take it back"
            }
            (Some(false), Grantee::Group(_)) => {
                "; the service knows nobody in a group of this name yet: if it is misspelt, take it back"
            }
            _ => "",
        };
        let workspace = SharedUri::of_workspace(workspace.clone());
        format!("{who} {what} {workspace}{until}; --take-back ends it{unknown}")
    }
}

/// A link by which anyone can read one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// To take it back by.
    pub id: String,
    /// The file.
    #[schema(value_type = String)]
    pub path: FilePath,
    /// The address; only in the answer that made it.
    pub url: Option<String>,
    /// Until when.
    pub expires: String,
    /// Whether a password is asked for.
    pub has_password: bool,
    /// Who made it.
    pub created_by: String,
    /// How often it was read.
    pub n_reads: u64,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Growing number.
    pub number: i64,
    /// When.
    pub time: String,
    /// Who.
    pub who: String,
    /// How they showed it.
    pub source: PrincipalSource,
    /// `write`, `delete`, `grant`, `link`, `link_read`, `restore`, ...
    pub action: String,
    /// On which file or whom.
    pub subject: String,
    /// Details.
    pub details: Option<String>,
}

/// A page of the audit log, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

/// What happened to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// New content, or a new folder.
    Written,
    /// Gone from here.
    Deleted,
}

/// One event of the change feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeEvent {
    /// Growing number in the workspace; the feed goes on after `Last-Event-ID`.
    pub number: i64,
    /// What happened.
    pub kind: ChangeKind,
    /// To which name.
    #[schema(value_type = String)]
    pub path: FilePath,
    /// Who did it.
    pub who: String,
    /// When.
    pub time: String,
}

/// An upload that was begun and not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnfinishedUpload {
    /// To go on with it, or to end it.
    pub id: String,
    /// Where the file goes.
    #[schema(value_type = String)]
    pub path: FilePath,
    /// Bytes that have come.
    pub n_bytes: u64,
    /// Bytes that were announced.
    pub size_bytes: Option<u64>,
    /// Bytes that it keeps from the quota.
    pub reserved_bytes: u64,
    /// Who began it.
    pub begun_by: String,
    /// When it goes if nothing more comes.
    pub expires: String,
}

/// A workspace as who administers the service sees it: nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkspaceSummary {
    /// `higgs`, `~alice`.
    #[schema(value_type = String)]
    pub name: WorkspaceName,
    /// Of a group or of a person.
    pub kind: WorkspaceKind,
    /// Used and allowed.
    pub quota: Quota,
}

/// A page of all workspaces, in order of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkspacesPage {
    /// In order of their names (bytes).
    pub workspaces: Vec<WorkspaceSummary>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

/// An app password, without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppPasswordInfo {
    /// To take it back by.
    pub id: String,
    /// What it is for, in the words of its owner.
    pub label: String,
    /// When it was made.
    pub created: String,
    /// Until when.
    pub expires: Option<String>,
    /// When it was last used.
    pub last_used: Option<String>,
    /// What it allows at most, in any workspace.
    pub role: Role,
}

/// An app password at the one time when it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppPasswordCreated {
    /// What is kept of it.
    #[serde(flatten)]
    pub info: AppPasswordInfo,
    /// The password; not kept.
    pub password: String,
}
