//! What a caller may do in a workspace.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Rights in one workspace, each with those before it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Lists and reads.
    Reader,
    /// Writes, moves, deletes, restores.
    Writer,
    /// Grants, makes links, empties the trash, reads the audit log.
    Admin,
}

/// The group whose workspace a group is about: of `higgs/admins`, `higgs/writers` and `higgs/readers`, which say only what their
/// members may do there, `higgs`; of any other itself.
#[must_use]
pub fn group_with_workspace(group: &str) -> &str {
    match group.rsplit_once('/') {
        Some((above, "admins" | "writers" | "readers")) => above,
        _ => group,
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask whether a name is there, and what it is.
    Look,
    /// List a folder.
    List,
    /// Read, follow changes.
    Read,
    /// Write under a new name.
    Create,
    /// Make a folder.
    MakeFolder,
    /// Write over, move, delete, restore.
    Write,
    /// Grants, links, trash, audit.
    Administer,
}

impl Action {
    /// The least role that allows it.
    #[must_use]
    pub fn least_role(self) -> Role {
        match self {
            Self::Look | Self::List | Self::Read => Role::Reader,
            Self::Create | Self::MakeFolder | Self::Write => Role::Writer,
            Self::Administer => Role::Admin,
        }
    }
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Writer, Self::Admin];

    /// Whether the role allows the action.
    #[must_use]
    pub fn allows(self, action: Action) -> bool {
        self >= action.least_role()
    }

    /// As it is said: `reader`, `writer`, `admin`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Admin => "admin",
        }
    }
}

/// A text that is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reader, writer or admin")]
pub struct NoRole;

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(NoRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_said_as_they_are_sent() {
        for role in Role::ALL {
            assert_eq!(format!("{role:?}").to_lowercase(), role.as_str());
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert_eq!("Reader".parse::<Role>(), Err(NoRole));
    }

    #[test]
    fn every_role_and_action() {
        let table = [
            (Role::Reader, [true, false, false]),
            (Role::Writer, [true, true, false]),
            (Role::Admin, [true, true, true]),
        ];
        for (role, allowed) in table {
            assert_eq!(
                [Action::Read, Action::Write, Action::Administer].map(|action| role.allows(action)),
                allowed
            );
        }
    }
}
