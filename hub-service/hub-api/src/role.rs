//! What a caller may do in a workspace.

use serde::{Deserialize, Serialize};

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

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// List, read, follow changes.
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

impl Role {
    /// Whether the role allows the action.
    #[must_use]
    pub fn allows(self, action: Action) -> bool {
        self >= match action {
            Action::Read => Self::Reader,
            Action::Create | Action::MakeFolder | Action::Write => Self::Writer,
            Action::Administer => Self::Admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
