//! Properties that clients of `WebDAV` keep beside a name (RFC 4918 section 4). They go where the name goes.

use std::collections::{BTreeMap, HashMap};

use hub_api::{FilePath, WorkspaceName};
use sqlx::Row;

use crate::{
    Action, Actor, Result, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    entries::{find_or_missing, path_of},
    quota::Ledger,
};

/// Most bytes of all properties of one name, written as JSON.
const MOST_BYTES: usize = 64 << 10;

/// Texts by name.
pub type Properties = BTreeMap<String, String>;

impl Workspaces {
    /// The properties of a name; the workspace itself has none, and who may look but not read is shown none.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn properties(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
    ) -> Result<Properties> {
        let seen = self.require(actor, workspace, path, Action::Look).await?;
        if path.is_root() || !actor.reaches(workspace, path, Action::Read) {
            return Ok(Properties::new());
        }
        let id = self.find_entry(seen.id, workspace, path).await?.id;
        let text: Option<String> = sqlx::query_scalar("SELECT properties FROM entries WHERE id = $1")
            .bind(id)
            .fetch_one(self.database().read())
            .await?;
        parse(text.as_deref(), path)
    }

    /// The properties of those names of a folder, from one path to another, that have any.
    ///
    /// # Errors
    /// A workspace that the actor cannot see.
    pub async fn properties_in(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        folder: &FilePath,
        (first, last): (&FilePath, &FilePath),
    ) -> Result<HashMap<FilePath, Properties>> {
        let seen = self.require(actor, workspace, folder, Action::List).await?;
        let rows = sqlx::query(
            "SELECT path, properties FROM entries WHERE workspace = $1 AND trash = '' AND parent = $2 \
             AND path >= $3 AND path <= $4 AND properties IS NOT NULL",
        )
        .bind(seen.id)
        .bind(folder.as_str())
        .bind(first.as_str())
        .bind(last.as_str())
        .fetch_all(self.database().read())
        .await?;
        let of_row = |row: &sqlx::any::AnyRow| {
            let path = path_of(row.try_get("path")?)?;
            let properties = parse(row.try_get::<Option<String>, _>("properties")?.as_deref(), &path)?;
            Ok((path, properties))
        };
        rows.iter().map(of_row).collect()
    }

    /// Sets properties, or takes them away (`None`): all of them, or none. They take room of the quota.
    ///
    /// # Errors
    /// No right to write; `NotFound`; the workspace itself; more than 64 KiB of them; no room.
    pub async fn change_properties(
        &self,
        actor: &Actor,
        workspace: &WorkspaceName,
        path: &FilePath,
        changes: Vec<(String, Option<String>)>,
    ) -> Result<()> {
        let seen = self.require(actor, workspace, path, Action::Write).await?;
        let invalid =
            |given: String, allowed| WorkspaceError::Invalid { what: "the properties", given, allowed };
        if path.is_root() {
            return Err(invalid("of a workspace".to_owned(), "only files and folders have any"));
        }
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, seen.id).await?;
        let id = find_or_missing(&mut write, seen.id, workspace, path).await?.id;
        let had: Option<String> = sqlx::query_scalar("SELECT properties FROM entries WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *write)
            .await?;
        let mut properties = parse(had.as_deref(), path)?;
        for (name, text) in changes {
            match text {
                Some(text) => drop(properties.insert(name, text)),
                None => drop(properties.remove(&name)),
            }
        }
        let text = serde_json::to_string(&properties)
            .map_err(|error| WorkspaceError::Corrupt { what: format!("properties of {path} ({error})") })?;
        if text.len() > MOST_BYTES {
            return Err(invalid(format!("{} bytes", text.len()), "a name may have 64 KiB of them"));
        }
        let was_bytes = had.map_or(0, |text| text.len() as i64);
        let kept = (!properties.is_empty()).then_some(text);
        let more_bytes = kept.as_ref().map_or(0, |text| text.len() as i64) - was_bytes;
        ledger.demand(more_bytes, 0)?;
        ledger.used_bytes += more_bytes;
        sqlx::query("UPDATE entries SET properties = $2 WHERE id = $1")
            .bind(id)
            .bind(kept)
            .execute(&mut *write)
            .await?;
        let line = Line { action: "properties", subject: path.as_str(), details: None };
        write_line(&mut write, &mut ledger, actor, self.now(), line).await?;
        ledger.save(&mut write).await?;
        Ok(write.commit().await?)
    }
}

fn parse(text: Option<&str>, path: &FilePath) -> Result<Properties> {
    let Some(text) = text else { return Ok(Properties::new()) };
    serde_json::from_str(text)
        .map_err(|error| WorkspaceError::Corrupt { what: format!("properties of {path} ({error})") })
}
