//! App passwords, for clients that know only Basic. 256 random bits; only their SHA-256 is kept.

use hub_api::{AppPasswordCreated, AppPasswordInfo, CreateAppPassword, PrincipalSource, Role, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{
    Actor, KnownGroups, Result, WorkspaceError, Workspaces,
    access::{role_number, role_of_number},
    audit::{Line, write_line},
    checksum::sha256_hex,
    clock::{seconds, time_text},
    quota::Ledger,
    secret::random_secret,
};

const DEFAULT_SECONDS: u64 = 90 * 86_400;
const MOST_SECONDS: u64 = 366 * 86_400;
const MOST_PASSWORDS: i64 = 50;
/// Milliseconds: `last_used` is written once in a minute, not at every request.
const USED_AGAIN: i64 = 60_000;

/// An app password that was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAppPassword {
    /// Which one.
    pub id: String,
    /// Whose it is.
    pub owner: String,
    /// What it allows at most: the `role_ceiling` of its actor.
    pub role: Role,
    /// Groups of the owner as last [noted](Workspaces::note_groups).
    pub groups: Option<KnownGroups>,
}

impl Workspaces {
    /// The app passwords of the actor that still work, newest first.
    ///
    /// # Errors
    /// `OutOfReach` for a token that names its paths.
    pub async fn app_passwords(&self, actor: &Actor) -> Result<Vec<AppPasswordInfo>> {
        check_reach(actor)?;
        let rows = sqlx::query(
            "SELECT id, label, created, expires, last_used, role FROM app_passwords \
             WHERE owner = $1 AND expires > $2 ORDER BY created DESC, id",
        )
        .bind(&actor.name)
        .bind(self.now())
        .fetch_all(self.database().read())
        .await?;
        rows.iter().map(info).collect()
    }

    /// Makes an app password for the actor. It cannot allow more than the actor's own ceiling.
    ///
    /// # Errors
    /// An actor that itself came by an app password, or by a token that names its paths; a label of no or more than 200 bytes; a life of more than 366 days;
    /// more than 50 of them.
    pub async fn create_app_password(
        &self,
        actor: &Actor,
        asked: &CreateAppPassword,
    ) -> Result<AppPasswordCreated> {
        let invalid = |what, given: String, allowed| Err(WorkspaceError::Invalid { what, given, allowed });
        if actor.source == PrincipalSource::AppPassword {
            return invalid(
                "the login",
                "an app password".to_owned(),
                "app passwords are made in the browser or with a token",
            );
        }
        check_reach(actor)?;
        if asked.label.is_empty() || asked.label.len() > 200 || asked.label.chars().any(char::is_control) {
            return invalid(
                "label",
                asked.label.chars().take(40).collect(),
                "it must have 1 to 200 bytes, and no control characters",
            );
        }
        let lifetime = asked.expires_in_seconds.unwrap_or(DEFAULT_SECONDS);
        if lifetime == 0 || lifetime > MOST_SECONDS {
            return invalid(
                "expires_in_seconds",
                lifetime.to_string(),
                "it must be between 1 and 31622400 (366 days)",
            );
        }
        self.note_groups(&actor.name, &actor.groups).await?;
        let personal = self.personal(actor).await?;
        let role = asked.role.unwrap_or(Role::Writer).min(actor.role_ceiling.unwrap_or(Role::Admin));
        let (now, password) = (self.now(), random_secret());
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, personal).await?;
        let n: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM app_passwords WHERE owner = $1 AND expires > $2")
                .bind(&actor.name)
                .bind(now)
                .fetch_one(&mut *write)
                .await?;
        if n >= MOST_PASSWORDS {
            return invalid(
                "the number of app passwords",
                (n + 1).to_string(),
                "50 are the most: take old ones back",
            );
        }
        let row = sqlx::query(
            "INSERT INTO app_passwords (id, password_sha256, owner, label, role, created, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, label, created, expires, last_used, role",
        )
        .bind(uuid::Uuid::new_v4().simple().to_string())
        .bind(sha256_hex(&password))
        .bind(&actor.name)
        .bind(&asked.label)
        .bind(role_number(role))
        .bind(now)
        .bind(now + seconds(lifetime))
        .fetch_one(&mut *write)
        .await?;
        let line = Line { action: "app_password", subject: &asked.label, details: None };
        write_line(&mut write, &mut ledger, actor, now, line).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        Ok(AppPasswordCreated { info: info(&row)?, password })
    }

    /// Takes an app password of the actor back. It acts at once.
    ///
    /// # Errors
    /// `NotFound`, for those of others too.
    pub async fn delete_app_password(&self, actor: &Actor, id: &str) -> Result<()> {
        check_reach(actor)?;
        let personal = self.personal(actor).await?;
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, personal).await?;
        let label: Option<String> =
            sqlx::query_scalar("DELETE FROM app_passwords WHERE id = $1 AND owner = $2 RETURNING label")
                .bind(id)
                .bind(&actor.name)
                .fetch_optional(&mut *write)
                .await?;
        let missing =
            || WorkspaceError::missing(format!("app password {}", id.chars().take(40).collect::<String>()));
        let label = label.ok_or_else(missing)?;
        let line = Line { action: "app_password_taken_back", subject: &label, details: None };
        write_line(&mut write, &mut ledger, actor, self.now(), line).await?;
        ledger.save(&mut write).await?;
        Ok(write.commit().await?)
    }

    /// Whether the password is one of that user; `None`: unknown, over, or another's.
    ///
    /// # Errors
    /// The database.
    pub async fn verify_app_password(
        &self,
        user: &str,
        password: &str,
    ) -> Result<Option<VerifiedAppPassword>> {
        let now = self.now();
        let row = sqlx::query(
            "SELECT id, role, last_used FROM app_passwords WHERE password_sha256 = $1 AND owner = $2 AND expires > $3",
        )
        .bind(sha256_hex(password))
        .bind(user)
        .bind(now)
        .fetch_optional(self.database().read())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let id: String = row.try_get("id")?;
        if row.try_get::<Option<i64>, _>("last_used")?.is_none_or(|used| now - used >= USED_AGAIN) {
            sqlx::query("UPDATE app_passwords SET last_used = $2 WHERE id = $1")
                .bind(&id)
                .bind(now)
                .execute(&mut *self.database().write_one().await?)
                .await?;
        }
        let groups = self.known_groups(user).await?;
        Ok(Some(VerifiedAppPassword {
            id,
            owner: user.to_owned(),
            role: role_of_number(row.try_get("role")?)?,
            groups,
        }))
    }

    /// The personal workspace, in whose audit log app passwords stand.
    async fn personal(&self, actor: &Actor) -> Result<i64> {
        let name = WorkspaceName::of_person(&actor.name).map_err(|_| WorkspaceError::missing(&actor.name))?;
        self.ensure_workspace(&name).await
    }
}

/// App passwords outlive a token that names its paths, and reach further.
fn check_reach(actor: &Actor) -> Result<()> {
    match actor.capabilities {
        Some(_) => Err(WorkspaceError::OutOfReach { name: "the app passwords of its owner".to_owned() }),
        None => Ok(()),
    }
}

fn info(row: &AnyRow) -> Result<AppPasswordInfo> {
    Ok(AppPasswordInfo {
        id: row.try_get("id")?,
        label: row.try_get("label")?,
        created: time_text(row.try_get("created")?),
        expires: Some(time_text(row.try_get("expires")?)),
        last_used: row.try_get::<Option<i64>, _>("last_used")?.map(time_text),
        role: role_of_number(row.try_get("role")?)?,
    })
}
