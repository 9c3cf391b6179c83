//! Rights that administrators of a workspace give, besides those of the groups.

use hub_api::{CreateGrant, FilePath, Grant, Grantee, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{
    Action, Actor, Result, WorkspaceError, Workspaces,
    access::{role_number, role_of_number},
    audit::{Line, write_line},
    clock::{seconds, time_text},
    database::Write,
    quota::Ledger,
};

/// Grants of one workspace.
const MOST_GRANTS: i64 = 1000;

impl Workspaces {
    /// All grants of a workspace, oldest first.
    ///
    /// # Errors
    /// Actors that do not administer it.
    pub async fn grants(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<Vec<Grant>> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        let rows = sqlx::query(
            "SELECT id, grantee_kind, grantee, role, expires, granted_by, granted FROM grants WHERE workspace = $1 \
             AND (expires IS NULL OR expires > $2) ORDER BY granted, id",
        )
        .bind(seen.id)
        .bind(self.now())
        .fetch_all(self.database().read())
        .await?;
        rows.iter().map(grant).collect()
    }

    /// Gives a right, in place of another of the same person or group. It acts at once.
    ///
    /// # Errors
    /// Actors that do not administer the workspace; an empty or too long name; more than 1000 grants.
    pub async fn create_grant(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        asked: &CreateGrant,
    ) -> Result<Grant> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        check_grantee(&asked.grantee)?;
        let is_known = self.is_known(workspace, &asked.grantee).await?;
        let now = self.now();
        let (kind, name) = grantee_words(&asked.grantee);
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let given = replace_grant(&mut write, seen.id, actor, now, asked).await?;
        let details = format!("{:?} to {kind} {name}", asked.role).to_lowercase();
        let line = Line { action: "grant", subject: name, details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, now, line).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.remembered().grants.forget_all();
        Ok(Grant { is_known, ..given })
    }

    /// Whether a person, or anybody in a group, is known here, for who administers a group: everybody administers their own workspace, and would
    /// learn there who uses the service.
    async fn is_known(&self, workspace: &WorkspaceName, grantee: &Grantee) -> Result<Option<bool>> {
        if workspace.person().is_some() {
            return Ok(None);
        }
        let (was_seen, own) = match grantee {
            Grantee::User(name) => (self.was_seen(name).await?, WorkspaceName::of_person(name)),
            Grantee::Group(name) => (!self.members_seen(name).await?.is_empty(), WorkspaceName::new(name)),
        };
        let has_own = match own {
            Ok(own) if !was_seen => self.find_workspace(&own).await?.is_some(),
            _ => false,
        };
        Ok(Some(was_seen || has_own))
    }

    /// Takes a right back. It acts at once.
    ///
    /// # Errors
    /// Actors that do not administer the workspace; `NotFound`.
    pub async fn delete_grant(&self, actor: &Actor, workspace: &WorkspaceName, id: &str) -> Result<()> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let grantee: Option<String> =
            sqlx::query_scalar("DELETE FROM grants WHERE workspace = $1 AND id = $2 RETURNING grantee")
                .bind(seen.id)
                .bind(id)
                .fetch_optional(&mut *write)
                .await?;
        let missing =
            || WorkspaceError::missing(format!("grant {}", id.chars().take(40).collect::<String>()));
        let grantee = grantee.ok_or_else(missing)?;
        let line = Line { action: "grant_taken_back", subject: &grantee, details: None };
        write_line(&mut write, &mut ledger, actor, self.now(), line).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.remembered().grants.forget_all();
        Ok(())
    }
}

/// A name of a person has no slash; that of a group may.
fn check_grantee(grantee: &Grantee) -> Result<()> {
    let (_, name) = grantee_words(grantee);
    let is_odd = |c: char| c.is_control() || (c == '/' && matches!(grantee, Grantee::User(_)));
    if name.trim().is_empty() || name.len() > 255 || name.chars().any(is_odd) {
        return Err(WorkspaceError::Invalid {
            what: "grantee",
            given: name.chars().take(80).collect(),
            allowed: "it must be a name of 1 to 255 bytes, that of a person without a slash",
        });
    }
    Ok(())
}

/// In place of another of the same person or group.
async fn replace_grant(
    write: &mut Write,
    workspace: i64,
    actor: &Actor,
    now: i64,
    asked: &CreateGrant,
) -> Result<Grant> {
    let (kind, name) = grantee_words(&asked.grantee);
    sqlx::query("DELETE FROM grants WHERE workspace = $1 AND grantee_kind = $2 AND grantee = $3")
        .bind(workspace)
        .bind(kind)
        .bind(name)
        .execute(&mut **write)
        .await?;
    let n: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM grants WHERE workspace = $1")
        .bind(workspace)
        .fetch_one(&mut **write)
        .await?;
    if n >= MOST_GRANTS {
        return Err(WorkspaceError::Invalid {
            what: "the number of grants",
            given: (n + 1).to_string(),
            allowed: "1000 are the most: make a group",
        });
    }
    let row = sqlx::query(
        "INSERT INTO grants (id, workspace, grantee_kind, grantee, role, expires, granted, granted_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         RETURNING id, grantee_kind, grantee, role, expires, granted_by, granted",
    )
    .bind(uuid::Uuid::new_v4().simple().to_string())
    .bind(workspace)
    .bind(kind)
    .bind(name)
    .bind(role_number(asked.role))
    .bind(asked.expires_in_seconds.map(|n| now.saturating_add(seconds(n))))
    .bind(now)
    .bind(&actor.name)
    .fetch_one(&mut **write)
    .await?;
    grant(&row)
}

fn grantee_words(grantee: &Grantee) -> (&'static str, &str) {
    match grantee {
        Grantee::User(name) => ("user", name),
        Grantee::Group(name) => ("group", name),
    }
}

fn grant(row: &AnyRow) -> Result<Grant> {
    let (kind, name): (String, String) = (row.try_get("grantee_kind")?, row.try_get("grantee")?);
    Ok(Grant {
        id: row.try_get("id")?,
        grantee: if kind == "user" { Grantee::User(name) } else { Grantee::Group(name) },
        role: role_of_number(row.try_get("role")?)?,
        expires: row.try_get::<Option<i64>, _>("expires")?.map(time_text),
        granted_by: row.try_get("granted_by")?,
        granted: time_text(row.try_get("granted")?),
        is_known: None,
    })
}
