//! Who may do what where.

use std::sync::Arc;

use hub_api::{FilePath, Role, WorkspaceInfo, WorkspaceKind, WorkspaceName};
use sqlx::Row;

use crate::{Action, Actor, Result, WorkspaceError, Workspaces, quota::workspace_name};

/// A workspace as an actor sees it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) id: i64,
    pub(crate) role: Role,
    /// That of the person, where what they showed allows less.
    pub(crate) own: Role,
}

/// A grant as far as rights go.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) is_user: bool,
    pub(crate) name: String,
    pub(crate) role: Role,
    expires: Option<i64>,
}

impl Given {
    pub(crate) fn holds_at(&self, now: i64) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// A role as the database holds it.
pub(crate) fn role_number(role: Role) -> i64 {
    match role {
        Role::Reader => 1,
        Role::Writer => 2,
        Role::Admin => 3,
    }
}

/// A role from the database.
pub(crate) fn role_of_number(number: i64) -> Result<Role> {
    match number {
        1 => Ok(Role::Reader),
        2 => Ok(Role::Writer),
        3 => Ok(Role::Admin),
        other => Err(WorkspaceError::Corrupt { what: format!("the role {other}") }),
    }
}

impl Workspaces {
    /// What the actor may do in a workspace.
    ///
    /// # Errors
    /// `NotFound` where it may do nothing, whether or not the workspace exists.
    pub async fn role_of(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<Role> {
        Ok(self.see(actor, workspace).await?.role)
    }

    /// All workspaces that the actor can see, in order of their names.
    ///
    /// # Errors
    /// The database.
    pub async fn workspaces_of(&self, actor: &Actor) -> Result<Vec<WorkspaceInfo>> {
        let mut names = actor.own_workspaces();
        if actor.capabilities.is_none() {
            names.extend(self.granted_workspaces(actor).await?);
        }
        names.sort();
        names.dedup();
        let mut infos = Vec::with_capacity(names.len());
        for name in names {
            match self.info(actor, &name).await {
                Ok(info) => infos.push(info),
                Err(WorkspaceError::NotFound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(infos)
    }

    /// A workspace as the actor sees it.
    ///
    /// # Errors
    /// `NotFound` where it may do nothing.
    pub async fn info(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<WorkspaceInfo> {
        let seen = self.see(actor, workspace).await?;
        let quota = self.quota_of(seen.id).await?;
        Ok(WorkspaceInfo {
            name: workspace.clone(),
            kind: WorkspaceKind::of(workspace),
            role: seen.role,
            quota,
        })
    }

    /// The workspace, if the actor has any role in it. That of a group or person is made at the first look.
    pub(crate) async fn see(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<Seen> {
        let missing = || WorkspaceError::missing(workspace);
        let by_groups = actor.role_by_groups(workspace, self.settings().group_member_role);
        let id = match (self.find_workspace(workspace).await?, by_groups) {
            (Some(id), _) => id,
            // A capability names any path: it makes no workspaces.
            (None, Some(_)) if actor.capabilities.is_none() => self.ensure_workspace(workspace).await?,
            (None, _) => return Err(missing()),
        };
        let granted = match by_groups {
            Some(Role::Admin) => None,
            _ if actor.capabilities.is_some() => None,
            _ => self.granted_role(actor, id).await?,
        };
        let role = by_groups.max(granted).ok_or_else(missing)?;
        let allowed = actor.role_ceiling.map_or(role, |ceiling| role.min(ceiling));
        Ok(Seen { id, role: allowed, own: role })
    }

    /// The workspace, if the actor may do this there; the empty path is the workspace itself.
    pub(crate) async fn require(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        action: Action,
    ) -> Result<Seen> {
        let seen = self.see(actor, workspace).await?;
        if !actor.reaches(workspace, path, action) {
            return Err(match action {
                Action::Look | Action::List | Action::Read => {
                    WorkspaceError::missing(format!("{workspace}/{path}"))
                }
                _ => WorkspaceError::OutOfReach { name: format!("{workspace}/{path}") },
            });
        }
        if seen.role.allows(action) {
            return Ok(seen);
        }
        // What the person may not do either is not the fault of what they showed.
        let is_lowered = seen.own.allows(action);
        let has = if is_lowered { seen.role } else { seen.own };
        let workspace = workspace.to_string();
        Err(WorkspaceError::Forbidden { workspace, needed: action.least_role(), has, is_lowered })
    }

    pub(crate) async fn find_workspace(&self, name: &WorkspaceName) -> Result<Option<i64>> {
        let read = async {
            let id: Option<i64> = sqlx::query_scalar("SELECT id FROM workspaces WHERE name = $1")
                .bind(name.as_str())
                .fetch_optional(self.database().read())
                .await
                .map_err(Some)?;
            // That there is none may change: it is not remembered.
            id.ok_or(None::<sqlx::Error>)
        };
        match self.remembered().ids.get_or(name.clone(), read).await {
            Ok(id) => Ok(Some(id)),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(error.into()),
        }
    }

    /// The workspace, made if need be.
    pub(crate) async fn ensure_workspace(&self, name: &WorkspaceName) -> Result<i64> {
        if let Some(id) = self.find_workspace(name).await? {
            return Ok(id);
        }
        let settings = self.settings();
        let limit_bytes =
            if name.person().is_some() { settings.person_limit_bytes } else { settings.group_limit_bytes };
        let mut write = self.database().write().await?;
        sqlx::query(
            "INSERT INTO workspaces (name, created, limit_bytes, limit_entries) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(name.as_str())
        .bind(self.now())
        .bind(limit_bytes as i64)
        .bind(settings.limit_entries as i64)
        .execute(&mut *write)
        .await?;
        write.commit().await?;
        self.find_workspace(name).await?.ok_or_else(|| WorkspaceError::missing(name))
    }

    /// The highest role that a grant gives now.
    async fn granted_role(&self, actor: &Actor, workspace: i64) -> Result<Option<Role>> {
        let given = self.given(workspace).await?;
        let now = self.now();
        let is_meant = |grant: &&Given| {
            let is_grantee =
                if grant.is_user { grant.name == actor.name } else { actor.groups.contains(&grant.name) };
            is_grantee && grant.holds_at(now)
        };
        Ok(given.iter().filter(is_meant).map(|grant| grant.role).max())
    }

    /// All grants of a workspace.
    pub(crate) async fn given(&self, workspace: i64) -> Result<Arc<Vec<Given>>> {
        self.remembered().grants.get_or(workspace, self.read_grants(workspace)).await
    }

    async fn read_grants(&self, workspace: i64) -> Result<Arc<Vec<Given>>> {
        let rows =
            sqlx::query("SELECT grantee_kind, grantee, role, expires FROM grants WHERE workspace = $1")
                .bind(workspace)
                .fetch_all(self.database().read())
                .await?;
        let given = rows.iter().map(|row| {
            Ok(Given {
                is_user: row.try_get::<String, _>("grantee_kind")? == "user",
                name: row.try_get("grantee")?,
                role: role_of_number(row.try_get("role")?)?,
                expires: row.try_get("expires")?,
            })
        });
        Ok(Arc::new(given.collect::<Result<Vec<_>>>()?))
    }

    async fn granted_workspaces(&self, actor: &Actor) -> Result<Vec<WorkspaceName>> {
        let mut names = Vec::new();
        let grantees = actor.groups.iter().map(|group| (false, group)).chain([(true, &actor.name)]);
        for (is_user, grantee) in grantees {
            let read = self.read_granted(is_user, grantee);
            names.extend_from_slice(
                &self.remembered().granted.get_or((is_user, grantee.clone()), read).await?,
            );
        }
        Ok(names)
    }

    async fn read_granted(&self, is_user: bool, grantee: &str) -> Result<Arc<Vec<WorkspaceName>>> {
        let rows = sqlx::query(
            "SELECT DISTINCT w.name AS name FROM grants g JOIN workspaces w ON w.id = g.workspace \
             WHERE g.grantee_kind = $1 AND g.grantee = $2",
        )
        .bind(if is_user { "user" } else { "group" })
        .bind(grantee)
        .fetch_all(self.database().read())
        .await?;
        let names = rows.iter().map(|row| workspace_name(row.try_get("name")?));
        Ok(Arc::new(names.collect::<Result<_>>()?))
    }
}
