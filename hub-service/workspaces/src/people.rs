//! The groups that people were last seen with: for what acts in their name while they are away (app passwords, links).

use std::collections::HashMap;

use hub_api::{PrincipalSource, WorkspaceName};
use sqlx::Row;

use crate::{
    Actor, Result, WorkspaceError, Workspaces,
    audit::{Line, write_line},
    clock::{days, time_text},
    quota::Ledger,
};

/// Milliseconds after which the same groups are noted again.
const NOTE_AGAIN: i64 = 600_000;

/// Groups as they were last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownGroups {
    /// In order.
    pub groups: Vec<String>,
    /// When; RFC 3339.
    pub seen: String,
}

impl Workspaces {
    /// Notes the groups of a person, as the hub or the IAM said just now. The service does so at each login and token check;
    /// groups that stayed the same are written once in ten minutes. Links and app passwords lose their rights with them.
    ///
    /// # Errors
    /// The database.
    pub async fn note_groups(&self, person: &str, groups: &[String]) -> Result<()> {
        let groups = in_order(groups);
        let now = self.now();
        if let Some((known, seen)) = self.known_row(person).await?
            && known == groups
            && now - seen < NOTE_AGAIN
        {
            return Ok(());
        }
        let list = serde_json::Value::from(groups).to_string();
        let mut write = self.database().write().await?;
        sqlx::query(
            "INSERT INTO known_groups (person, group_list, seen) VALUES ($1, $2, $3) \
             ON CONFLICT (person) DO UPDATE SET group_list = excluded.group_list, seen = excluded.seen",
        )
        .bind(person)
        .bind(list)
        .bind(now)
        .execute(&mut *write)
        .await?;
        Ok(write.commit().await?)
    }

    /// Takes groups away from people who are no longer in them, and adds those that they are in: `groups_of` gives all groups of
    /// everybody who has any. Only those are looked at who were [noted](Self::note_groups) before.
    ///
    /// # Errors
    /// The database.
    pub async fn follow_groups(&self, groups_of: &HashMap<String, Vec<String>>) -> Result<()> {
        let rows = sqlx::query("SELECT person, group_list FROM known_groups")
            .fetch_all(self.database().read())
            .await?;
        for row in rows {
            let (person, known): (String, String) = (row.try_get("person")?, row.try_get("group_list")?);
            let groups = in_order(groups_of.get(&person).map_or(&[], Vec::as_slice));
            let list = serde_json::Value::from(groups).to_string();
            if list == known {
                continue;
            }
            sqlx::query("UPDATE known_groups SET group_list = $2 WHERE person = $1 AND group_list = $3")
                .bind(person)
                .bind(list)
                .bind(known)
                .execute(&mut *self.database().write_one().await?)
                .await?;
        }
        Ok(())
    }

    /// People whose app passwords or links act while they are away, in order of their names: the first `limit` after one.
    ///
    /// # Errors
    /// The database.
    pub async fn people_with_keys(&self, after: &str, limit: u32) -> Result<Vec<String>> {
        let names = sqlx::query_scalar(
            "SELECT owner FROM app_passwords WHERE expires > $1 AND owner > $2 \
             UNION SELECT created_by FROM links WHERE expires > $1 AND created_by > $2 ORDER BY 1 LIMIT $3",
        )
        .bind(self.now())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(self.database().read())
        .await?;
        Ok(names)
    }

    /// Takes all app passwords and links of a person back, who is gone for good: another of that name must not have them.
    ///
    /// # Errors
    /// The database.
    pub async fn take_keys_back(&self, actor: &Actor, person: &str) -> Result<()> {
        let name = WorkspaceName::of_person(person).map_err(|_| WorkspaceError::missing(person))?;
        let personal = self.ensure_workspace(&name).await?;
        let mut write = self.database().write().await?;
        let mut ledger = Ledger::lock(&mut write, personal).await?;
        for sql in ["DELETE FROM app_passwords WHERE owner = $1", "DELETE FROM links WHERE created_by = $1"] {
            sqlx::query(sql).bind(person).execute(&mut *write).await?;
        }
        let line = Line { action: "keys_taken_back", subject: person, details: None };
        write_line(&mut write, &mut ledger, actor, self.now(), line).await?;
        ledger.save(&mut write).await?;
        Ok(write.commit().await?)
    }

    /// The groups that a person was last seen with; `None`: never seen, or not for too long.
    ///
    /// # Errors
    /// The database.
    pub async fn known_groups(&self, person: &str) -> Result<Option<KnownGroups>> {
        let known = self.fresh_row(person).await?;
        Ok(known.map(|(groups, seen)| KnownGroups { groups, seen: time_text(seen) }))
    }

    /// A person who is away, with the groups last seen.
    pub(crate) async fn absent(&self, person: &str) -> Result<Actor> {
        let groups = self.fresh_row(person).await?.map(|(groups, _)| groups).unwrap_or_default();
        let source = PrincipalSource::AppPassword;
        Ok(Actor {
            name: person.to_owned(),
            source,
            groups,
            is_admin: false,
            role_ceiling: None,
            capabilities: None,
        })
    }

    /// What was noted of a person, unless it is so old that nobody can know whether it still holds.
    async fn fresh_row(&self, person: &str) -> Result<Option<(Vec<String>, i64)>> {
        let oldest = self.now() - days(self.settings().keep_groups_days);
        Ok(self.known_row(person).await?.filter(|(_, seen)| *seen >= oldest))
    }

    /// Whether the groups of a person, if only that there are none, were ever noted.
    pub(crate) async fn was_seen(&self, person: &str) -> Result<bool> {
        Ok(self.known_row(person).await?.is_some())
    }

    async fn known_row(&self, person: &str) -> Result<Option<(Vec<String>, i64)>> {
        let row = sqlx::query("SELECT group_list, seen FROM known_groups WHERE person = $1")
            .bind(person)
            .fetch_optional(self.database().read())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let list: String = row.try_get("group_list")?;
        let groups = serde_json::from_str(&list)
            .map_err(|_| WorkspaceError::Corrupt { what: format!("the groups of {person:?}") })?;
        Ok(Some((groups, row.try_get("seen")?)))
    }
}

/// As they are kept: sorted, each once.
fn in_order(groups: &[String]) -> Vec<String> {
    let mut groups = groups.to_vec();
    groups.sort();
    groups.dedup();
    groups
}
