//! Bodies of requests. Unknown fields are refused.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{FilePath, Grantee, Role, WorkspaceName};

/// Gives a right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateGrant {
    /// To whom.
    pub grantee: Grantee,
    /// What for.
    pub role: Role,
    /// Seconds from now; without it, until taken back.
    pub expires_in_seconds: Option<u64>,
}

/// As long as a link may live.
pub const MOST_LINK_DAYS: u64 = 30;

/// Makes a link by which anyone can read one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateLink {
    /// The file.
    #[schema(value_type = String, max_length = 4096, example = "data/a.txt")]
    pub path: FilePath,
    /// Seconds from now, at most 30 days. Default: a week.
    #[schema(minimum = 1, maximum = 2_592_000)]
    pub expires_in_seconds: Option<u64>,
    /// Asked for before the file is given.
    pub password: Option<String>,
}

/// Makes an app password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAppPassword {
    /// What it is for: `rclone on my laptop`; 1 to 200 bytes.
    #[schema(min_length = 1, max_length = 200)]
    pub label: String,
    /// What it allows at most. Default: writer.
    pub role: Option<Role>,
    /// Seconds from now, at most 366 days. Default: 90 days.
    #[schema(minimum = 1, maximum = 31_622_400)]
    pub expires_in_seconds: Option<u64>,
}

/// Moves or copies a file or folder; also into another workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveOrCopy {
    /// `true`: the old name stays.
    #[serde(default)]
    pub copy: bool,
    /// Where to; without it, the same workspace.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    pub to_workspace: Option<WorkspaceName>,
    /// Where to.
    #[schema(value_type = String, max_length = 4096, example = "data/b.txt")]
    pub to_path: FilePath,
    /// Replaces what is there. Default: no, and then it is an error.
    #[serde(default)]
    pub overwrite: bool,
}

/// Sets what a workspace may hold; for administrators of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetQuota {
    /// Most bytes, at most 2^62.
    #[schema(maximum = 4_611_686_018_427_387_904_u64)]
    pub limit_bytes: u64,
    /// Limit of files and folders, at most 2^62.
    #[schema(maximum = 4_611_686_018_427_387_904_u64)]
    pub limit_entries: u64,
}
