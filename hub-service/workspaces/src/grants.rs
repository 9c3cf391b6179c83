//! Rights that administrators of a workspace give, besides those of the groups.

use hub_api::{CreateGrant, FilePath, Grant, Grantee, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{
    Action, Actor, Result, WorkspaceError, Workspaces,
    access::{role_number, role_of_number},
    audit::{Line, write_line},
    clock::{seconds, time_text},
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
        let now = self.now();
        let (kind, name) = grantee_words(&asked.grantee);
        // A name of a person has no slash; that of a group may.
        let is_odd = |c: char| c.is_control() || (c == '/' && matches!(asked.grantee, Grantee::User(_)));
        if name.trim().is_empty() || name.len() > 255 || name.chars().any(is_odd) {
            let given = name.chars().take(80).collect();
            return Err(WorkspaceError::Invalid {
                what: "grantee",
                given,
                allowed: "it must be a name of 1 to 255 bytes, that of a person without a slash",
            });
        }
        let expires = asked.expires_in_seconds.map(|n| now.saturating_add(seconds(n)));
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        sqlx::query("DELETE FROM grants WHERE workspace = $1 AND grantee_kind = $2 AND grantee = $3")
            .bind(seen.id)
            .bind(kind)
            .bind(name)
            .execute(&mut *write)
            .await?;
        let n: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM grants WHERE workspace = $1")
            .bind(seen.id)
            .fetch_one(&mut *write)
            .await?;
        if n >= MOST_GRANTS {
            return Err(WorkspaceError::Invalid {
                what: "the number of grants",
                given: n.to_string(),
                allowed: "1000 are the most: make a group",
            });
        }
        let row = sqlx::query(
            "INSERT INTO grants (id, workspace, grantee_kind, grantee, role, expires, granted, granted_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             RETURNING id, grantee_kind, grantee, role, expires, granted_by, granted",
        )
        .bind(&id)
        .bind(seen.id)
        .bind(kind)
        .bind(name)
        .bind(role_number(asked.role))
        .bind(expires)
        .bind(now)
        .bind(&actor.name)
        .fetch_one(&mut *write)
        .await?;
        let details = format!("{:?} to {kind} {name}", asked.role).to_lowercase();
        let line = Line { action: "grant", subject: name, details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, now, line).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        self.remembered().grants.forget_all();
        let is_known = match &asked.grantee {
            Grantee::User(name) => Some(self.known_groups(name).await?.is_some()),
            Grantee::Group(_) => None,
        };
        Ok(Grant { is_known, ..grant(&row)? })
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
