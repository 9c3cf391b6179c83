//! The groups that people were last seen with: for what acts in their name while they are away (app passwords, links).

use std::collections::HashMap;

use hub_api::PrincipalSource;
use sqlx::Row;

use crate::{Actor, Result, WorkspaceError, Workspaces, clock::time_text};

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
    /// everybody who has any. Only those are looked at who were [noted](Self::note_groups) before; when they were seen stays.
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

    /// The groups that a person was last seen with; `None`: never seen.
    ///
    /// # Errors
    /// The database.
    pub async fn known_groups(&self, person: &str) -> Result<Option<KnownGroups>> {
        let known = self.known_row(person).await?;
        Ok(known.map(|(groups, seen)| KnownGroups { groups, seen: time_text(seen) }))
    }

    /// A person who is away, with the groups last seen.
    pub(crate) async fn absent(&self, person: &str) -> Result<Actor> {
        let groups = self.known_row(person).await?.map(|(groups, _)| groups).unwrap_or_default();
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
