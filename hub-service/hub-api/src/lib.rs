//! What the hub service and its clients say to each other. Types and names only: no server, no client, no engine.
//!
//! A file of a workspace has one name everywhere: `shared://WORKSPACE/path/to/file.root` ([`SharedUri`]). A workspace
//! belongs to a group (`higgs`, `cms/higgs`) or to a person (`~alice`).

mod answers;
mod capability;
mod content_range;
mod digest;
mod local_offer;
mod name;
mod path;
mod requests;
mod role;
pub mod routes;
mod units;
mod uri;

pub use answers::{
    ApiError, AppPasswordCreated, AppPasswordInfo, AuditEntry, AuditPage, ChangeEvent, ChangeKind, Entry,
    EntryKind, Grant, Grantee, Info, Issuer, Limits, Link, Listing, Me, PrincipalKind, PrincipalSource,
    Quota, TrashEntry, TrashPage, UnfinishedUpload, Version, Versions, WorkspaceInfo, WorkspaceKind,
    WorkspaceSummary, WorkspacesPage,
};
pub use capability::{Capabilities, CapabilityError};
pub use content_range::ContentRange;
pub use digest::{DigestError, announced_sha256};
pub use local_offer::{LOCAL_TICKET_BYTES, LocalOffer};
pub use name::{NameError, WorkspaceName};
pub use path::{FilePath, PathError};
pub use requests::{CreateAppPassword, CreateGrant, CreateLink, MOST_LINK_DAYS, MoveOrCopy, SetQuota};
pub use role::{Action, NoRole, Role, group_with_workspace};
pub use units::{bytes_text, seconds_text};
pub use uri::{SharedUri, UriError};
