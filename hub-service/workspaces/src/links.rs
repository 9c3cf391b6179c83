//! Links by which anyone can read one file. Of the secret in the address only its SHA-256 is kept.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hub_api::{CreateLink, FilePath, Link, MOST_LINK_DAYS, PrincipalSource, WorkspaceName};
use sqlx::{Row, any::AnyRow};

use crate::{
    Action, Actor, Result, StoredFile, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    blobs::blocking,
    checksum::sha256_hex,
    clock::{seconds, time_text},
    entries::{find_or_missing, path_of},
    quota::{Ledger, workspace_name},
    secret::{hash_password, is_password, random_secret},
};

const DEFAULT_SECONDS: u64 = 7 * 86_400;
const MOST_SECONDS: u64 = MOST_LINK_DAYS * 86_400;
const MOST_PASSWORD_BYTES: usize = 1024;

/// A link at the one time when its secret is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// The link; `url` is left to the service.
    pub link: Link,
    /// What the address ends in; not kept.
    pub token: String,
}

/// Milliseconds after a line about a read of a link within which no other one is written.
const LINE_AGAIN: i64 = 60_000;
/// Links of which the last line is remembered.
const MOST_LINES: usize = 10_000;

/// When reads of links were last written down.
#[derive(Default)]
pub(crate) struct LinkLines(Mutex<HashMap<String, i64>>);

impl LinkLines {
    /// Whether a line about a link is due; then it counts as written.
    fn is_due(&self, id: &str, now: i64) -> bool {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.get(id).is_some_and(|last| (0..LINE_AGAIN).contains(&(now - last))) {
            return false;
        }
        if lines.len() >= MOST_LINES {
            lines.clear();
        }
        lines.insert(id.to_owned(), now);
        true
    }
}

/// The file of a link.
pub struct OpenedLink {
    /// The newest version of it.
    pub file: StoredFile,
    row: LinkRow,
}

/// A link as the database holds it.
struct LinkRow {
    id: String,
    workspace: i64,
    name: WorkspaceName,
    path: FilePath,
    password: Option<String>,
    created_by: String,
}

impl Workspaces {
    /// The links of a workspace that still work, newest first.
    ///
    /// # Errors
    /// Actors that do not administer it.
    pub async fn links(&self, actor: &Actor, workspace: &WorkspaceName) -> Result<Vec<Link>> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        let rows = sqlx::query(
            "SELECT l.id, e.path, l.expires, l.password, l.created_by, l.n_reads FROM links l \
             JOIN entries e ON e.id = l.entry WHERE l.workspace = $1 AND l.expires > $2 AND e.trash = '' \
             AND e.workspace = l.workspace ORDER BY l.created DESC, l.id",
        )
        .bind(seen.id)
        .bind(self.now())
        .fetch_all(self.database().read())
        .await?;
        rows.iter().map(link).collect()
    }

    /// Makes a link to a file. It follows the file when that is renamed, and reads its newest version.
    ///
    /// # Errors
    /// Actors that do not administer the workspace; links that are switched off; `NotFound`; a folder; a life of more than 30 days.
    pub async fn create_link(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        asked: &CreateLink,
    ) -> Result<NewLink> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        if !self.settings().public_links {
            return Err(WorkspaceError::NoPublicLinks);
        }
        let lifetime = asked.expires_in_seconds.unwrap_or(DEFAULT_SECONDS);
        if lifetime > MOST_SECONDS || lifetime == 0 {
            let allowed = "a link lives at least a second and at most 30 days (2592000)";
            return Err(WorkspaceError::Invalid {
                what: "expires_in_seconds",
                given: lifetime.to_string(),
                allowed,
            });
        }
        let password = match asked.password.clone() {
            Some(password) if password.is_empty() || password.len() > MOST_PASSWORD_BYTES => {
                let allowed = "a password has 1 to 1024 bytes";
                return Err(WorkspaceError::Invalid {
                    what: "password",
                    given: format!("{} bytes long", password.len()),
                    allowed,
                });
            }
            Some(password) => Some(blocking("hashing", move || Ok(hash_password(&password))).await?),
            None => None,
        };
        self.note_groups(&actor.name, &actor.groups).await?;
        let (now, token) = (self.now(), random_secret());
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let row = find_or_missing(&mut write, seen.id, workspace, &asked.path).await?;
        if row.is_folder() {
            return Err(WorkspaceError::NotAFile { path: asked.path.clone() });
        }
        let link = Link {
            id: uuid::Uuid::new_v4().simple().to_string(),
            path: asked.path.clone(),
            url: None,
            expires: time_text(now + seconds(lifetime)),
            has_password: password.is_some(),
            created_by: actor.name.clone(),
            n_reads: 0,
        };
        sqlx::query(
            "INSERT INTO links (id, token_sha256, workspace, entry, expires, password, created, created_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&link.id)
        .bind(sha256_hex(&token))
        .bind(seen.id)
        .bind(row.id)
        .bind(now + seconds(lifetime))
        .bind(password)
        .bind(now)
        .bind(&actor.name)
        .execute(&mut *write)
        .await?;
        let details = format!("{} until {}", link.id, link.expires);
        let line = Line { action: "link", subject: asked.path.as_str(), details: Some(&details) };
        write_line(&mut write, &mut ledger, actor, now, line).await?;
        ledger.save(&mut write).await?;
        write.commit().await?;
        Ok(NewLink { link, token })
    }

    /// Takes a link back. It acts at once.
    ///
    /// # Errors
    /// Actors that do not administer the workspace; `NotFound`.
    pub async fn delete_link(&self, actor: &Actor, workspace: &WorkspaceName, id: &str) -> Result<()> {
        let seen = self.require(actor, workspace, &FilePath::root(), Action::Administer).await?;
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let done = sqlx::query("DELETE FROM links WHERE workspace = $1 AND id = $2")
            .bind(seen.id)
            .bind(id)
            .execute(&mut *write)
            .await?;
        if done.rows_affected() == 0 {
            return Err(WorkspaceError::missing(format!("link {}", id.chars().take(40).collect::<String>())));
        }
        let line = Line { action: "link_taken_back", subject: id, details: None };
        write_line(&mut write, &mut ledger, actor, self.now(), line).await?;
        ledger.save(&mut write).await?;
        Ok(write.commit().await?)
    }

    /// Opens the file of a link. Who made it must still administer the workspace, by the groups last
    /// [noted](Workspaces::note_groups).
    ///
    /// # Errors
    /// `NotFound` for links that are unknown, over, taken back, or whose maker or file is gone; a password that is missing
    /// or wrong.
    pub async fn open_link(&self, token: &str, password: Option<&str>) -> Result<OpenedLink> {
        let missing = || WorkspaceError::missing("this link");
        if !self.settings().public_links {
            return Err(missing());
        }
        let row = self.link_row(token).await?.ok_or_else(missing)?;
        if let Some(kept) = row.password.clone() {
            let given = password.filter(|given| given.len() <= MOST_PASSWORD_BYTES).map(str::to_owned);
            let was_given = password.is_some();
            let is_right = match given {
                Some(given) => blocking("hashing", move || Ok(is_password(&given, &kept))).await?,
                None => false,
            };
            if !is_right {
                return Err(WorkspaceError::LinkPassword { was_given });
            }
        }
        let maker = self.absent(&row.created_by).await?;
        match self.require(&maker, &row.name, &FilePath::root(), Action::Administer).await {
            Err(WorkspaceError::NotFound { .. } | WorkspaceError::Forbidden { .. }) => return Err(missing()),
            other => other?,
        };
        let (entry, adler32) = self.find_version(row.workspace, &row.name, &row.path, None).await?;
        let file = self.open_row(entry, adler32).await?;
        Ok(OpenedLink { file, row })
    }

    async fn link_row(&self, token: &str) -> Result<Option<LinkRow>> {
        let row = sqlx::query(
            "SELECT l.id, l.workspace, w.name, e.path, l.password, l.created_by FROM links l \
             JOIN workspaces w ON w.id = l.workspace \
             JOIN entries e ON e.id = l.entry AND e.workspace = l.workspace AND e.trash = '' \
             WHERE l.token_sha256 = $1 AND l.expires > $2",
        )
        .bind(sha256_hex(token))
        .bind(self.now())
        .fetch_optional(self.database().read())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(LinkRow {
            id: row.try_get("id")?,
            workspace: row.try_get("workspace")?,
            name: workspace_name(row.try_get("name")?)?,
            path: path_of(row.try_get("path")?)?,
            password: row.try_get("password")?,
            created_by: row.try_get("created_by")?,
        }))
    }

    /// Notes that bytes of a file were read by its link, in the audit log; a link that many follow is a line there now and then,
    /// not one for each. `is_counted`: the read counts, as the first of a download does.
    ///
    /// # Errors
    /// The database.
    pub async fn note_link_read(&self, opened: &OpenedLink, is_counted: bool) -> Result<()> {
        let row = &opened.row;
        if !self.link_lines().is_due(&row.id, self.now()) {
            if is_counted {
                sqlx::query("UPDATE links SET n_reads = n_reads + 1 WHERE id = $1")
                    .bind(&row.id)
                    .execute(&mut *self.database().write_one().await?)
                    .await?;
            }
            return Ok(());
        }
        // Nobody is known who reads by a link: the log names its maker.
        let reader = Actor {
            name: format!("link of {}", row.created_by),
            source: PrincipalSource::Link,
            groups: Vec::new(),
            is_admin: false,
            role_ceiling: None,
            capabilities: None,
        };
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, row.workspace).await?;
        sqlx::query("UPDATE links SET n_reads = n_reads + $2 WHERE id = $1")
            .bind(&row.id)
            .bind(i64::from(is_counted))
            .execute(&mut *write)
            .await?;
        let line = Line { action: "link_read", subject: row.path.as_str(), details: Some(&row.id) };
        write_line(&mut write, &mut ledger, &reader, self.now(), line).await?;
        ledger.save(&mut write).await?;
        Ok(write.commit().await?)
    }
}

fn link(row: &AnyRow) -> Result<Link> {
    Ok(Link {
        id: row.try_get("id")?,
        path: path_of(row.try_get("path")?)?,
        url: None,
        expires: time_text(row.try_get("expires")?),
        has_password: row.try_get::<Option<String>, _>("password")?.is_some(),
        created_by: row.try_get("created_by")?,
        n_reads: row.try_get::<i64, _>("n_reads")? as u64,
    })
}
