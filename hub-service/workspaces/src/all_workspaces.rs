//! The list of all workspaces, for who administers the service.

use hub_api::{WorkspaceKind, WorkspaceName, WorkspaceSummary, WorkspacesPage};

use crate::{
    Actor, Result, WorkspaceError, Workspaces, cursor,
    database::holding,
    quota::{quota_of_row, workspace_name},
};

/// Longer than any name.
const MOST_PART_BYTES: usize = 255;

impl Workspaces {
    /// A page of all workspaces whose names hold a text, after the cursor. Small and capital letters are the same, as far as the
    /// database knows them.
    ///
    /// # Errors
    /// Actors that do not administer the service; a cursor that is none.
    pub async fn all_workspaces(
        &self,
        actor: &Actor,
        name_part: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<WorkspacesPage> {
        if !actor.administers_service() {
            return Err(WorkspaceError::AdminsOnly { what: "list all workspaces" });
        }
        if name_part.len() > MOST_PART_BYTES || name_part.chars().any(char::is_control) {
            return Err(WorkspaceError::Invalid {
                what: "the part of a name",
                given: name_part.chars().take(80).collect(),
                allowed: "it may have 255 bytes, and no control characters",
            });
        }
        let after = cursor.map(|text| WorkspaceName::new(text).map_err(|_| cursor::invalid(text)));
        let (after, limit) = (after.transpose()?, cursor::page(limit));
        let rows = sqlx::query(
            "SELECT name, used_bytes, reserved_bytes, used_entries, limit_bytes, limit_entries FROM workspaces \
             WHERE name > $1 AND LOWER(name) LIKE LOWER($3) ESCAPE '\\' ORDER BY name LIMIT $2",
        )
        .bind(after.as_ref().map_or("", WorkspaceName::as_str))
        .bind(limit + 1)
        .bind(holding(name_part))
        .fetch_all(self.database().read())
        .await?;
        let summary = |row| {
            let name = workspace_name(sqlx::Row::try_get(row, "name")?)?;
            Ok(WorkspaceSummary { kind: WorkspaceKind::of(&name), name, quota: quota_of_row(row)? })
        };
        let workspaces = rows.iter().take(limit as usize).map(summary).collect::<Result<Vec<_>>>()?;
        let next_cursor = cursor::next(rows.len(), &workspaces, |last| Ok(last.name.to_string()))?;
        Ok(WorkspacesPage { workspaces, next_cursor })
    }

    /// Whether a workspace is there. For the service itself, whoever asks.
    ///
    /// # Errors
    /// The database.
    pub async fn has_workspace(&self, workspace: &WorkspaceName) -> Result<bool> {
        Ok(self.find_workspace(workspace).await?.is_some())
    }
}
