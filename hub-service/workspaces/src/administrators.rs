//! Who administers a workspace: whom its members may ask.

use hub_api::{FilePath, Grantee, Role, WorkspaceName};
use sqlx::Row;

use crate::{Action, Actor, Result, Workspaces, database::holding};

impl Workspaces {
    /// Names of people who administer a workspace by its group, as far as they have been here, and by grants; groups with such a
    /// grant as [`Grantee::words`] says it. In order. Not those who administer the service.
    ///
    /// # Errors
    /// `NotFound` for actors who may do nothing in the workspace.
    pub async fn administrators(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<Vec<String>> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Look).await?;
        let mut names: Vec<String> = workspace.person().map(str::to_owned).into_iter().collect();
        let now = self.now();
        for grant in self.given(seen.id).await?.iter() {
            if grant.role == Role::Admin && grant.holds_at(now) {
                let name = grant.name.clone();
                names.push(if grant.is_user { name } else { Grantee::Group(name).words() });
            }
        }
        names.extend(self.administrators_by_group(workspace).await?);
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn administrators_by_group(&self, workspace: &WorkspaceName) -> Result<Vec<String>> {
        if workspace.person().is_some() {
            return Ok(Vec::new());
        }
        self.members_seen(&format!("{workspace}/admins")).await
    }

    /// Everybody who was in a group when the service saw them last.
    pub(crate) async fn members_seen(&self, group: &str) -> Result<Vec<String>> {
        // The list is JSON: the name stands in it as JSON writes it, between quotes.
        let quoted = serde_json::Value::from(group).to_string();
        let sql = "SELECT person, group_list FROM known_groups WHERE group_list LIKE $1 ESCAPE '\\'";
        let rows = sqlx::query(sql).bind(holding(&quoted)).fetch_all(self.database().read()).await?;
        let mut names = Vec::new();
        for row in rows {
            // To SQLite small and capital letters are the same.
            let list: String = row.try_get("group_list")?;
            let groups: Vec<String> = serde_json::from_str(&list).unwrap_or_default();
            if groups.iter().any(|one| one == group) {
                names.push(row.try_get("person")?);
            }
        }
        Ok(names)
    }
}
