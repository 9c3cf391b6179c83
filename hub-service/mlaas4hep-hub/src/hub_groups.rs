//! Quotas that operators keep in the properties of the hub's groups, and who is in these groups.
//!
//! `{"mlaas4hep_limit_bytes": 1099511627776, "mlaas4hep_limit_entries": 200000}` sets the limits of the group's workspace;
//! texts of digits will do, since the hub's admin page writes texts. What a property says wins over what was set here; a
//! group without properties keeps its limits.
//!
//! And who the hub has no more: their app passwords and links are taken back.

use crate::Failure;
use crate::state::State;
use http::StatusCode;
use hub_api::{PrincipalSource, Quota, SetQuota, WorkspaceName, group_with_workspace};
use hub_auth::{HubClient, HubGroup, tidy_groups};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use workspaces::{Actor, WorkspaceError, Workspaces};

const LIMIT_BYTES: &str = "mlaas4hep_limit_bytes";
const LIMIT_ENTRIES: &str = "mlaas4hep_limit_entries";
/// People whom the hub is asked about at a look, one request each; the others have their turn later.
const PEOPLE_AT_A_LOOK: u32 = 50;

/// Who says what the workspace of a group of the hub may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfGroup {
    /// A property of the group.
    Property,
    /// This service.
    Service,
}

/// The hub's groups at the last look. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct HubGroups(Arc<RwLock<HashMap<String, OfGroup>>>);

impl HubGroups {
    /// Sets what a workspace may hold, where that is for this service to say: the workspace is there, or its group is one of
    /// the hub without such properties.
    ///
    /// # Errors
    /// As [`Workspaces::set_quota`]; 404, 409.
    pub(crate) async fn set_quota(
        &self,
        storage: &Workspaces,
        actor: &Actor,
        workspace: &WorkspaceName,
        limits: SetQuota,
    ) -> Result<Quota, Failure> {
        // Whoever may not set any is told nothing else.
        if actor.is_admin {
            match self.limits_of(workspace) {
                Some(OfGroup::Property) => return Err(of_the_hub(workspace)),
                Some(OfGroup::Service) => {}
                None if storage.has_workspace(workspace).await? => {}
                None => {
                    let message = format!("there is no workspace {workspace}");
                    return Err(Failure::new(StatusCode::NOT_FOUND, "not_found", message).advise(
                        "api/v1/admin/workspaces lists all; one is made when somebody of its group first comes",
                    ));
                }
            }
        }
        Ok(storage.set_quota(actor, workspace, limits).await?)
    }

    fn limits_of(&self, workspace: &WorkspaceName) -> Option<OfGroup> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(workspace.as_str()).copied()
    }

    fn note(&self, groups: &[HubGroup]) {
        let of = |group: &HubGroup| {
            let is_set =
                [LIMIT_BYTES, LIMIT_ENTRIES].iter().any(|key| matches!(number(group, key), Ok(Some(_))));
            (group.name.clone(), if is_set { OfGroup::Property } else { OfGroup::Service })
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) =
            groups.iter().filter(|group| group_with_workspace(&group.name) == group.name).map(of).collect();
    }
}

fn of_the_hub(workspace: &WorkspaceName) -> Failure {
    let message = format!("the limits of {workspace} are set by a property of the group at the hub");
    Failure::new(StatusCode::CONFLICT, "limits_of_the_hub", message)
        .advise("change mlaas4hep_limit_bytes or mlaas4hep_limit_entries of the group")
}

/// Keeps the limits of the workspaces as the hub's groups have them, for as long as the service lives: they are looked at
/// now, and again each time after `every`. What cannot be followed is logged once.
pub(crate) async fn follow(state: State, every: Duration) {
    let Some(hub) = state.authenticator().hub().cloned() else { return };
    let (mut told, mut asked_up_to) = (String::new(), String::new());
    loop {
        let mut problems = look(&state, &hub).await;
        // A hub that does not answer for its groups does not for its users.
        if problems.is_empty() && state.has_groups_of_hub_only() {
            problems.extend(follow_people(&state, &hub, &mut asked_up_to).await.err());
        }
        let problems = problems.join("; ");
        if problems != told && !problems.is_empty() {
            tracing::warn!(
                problems,
                "the hub's groups and users are not followed: quotas in their properties, and who left"
            );
        }
        told = problems;
        tokio::time::sleep(every).await;
    }
}

/// What could not be followed.
async fn look(state: &State, hub: &HubClient) -> Vec<String> {
    let groups = match hub.groups().await {
        Ok(groups) => groups,
        Err(error) => return vec![error.to_string()],
    };
    state.hub_groups().note(&groups);
    let mut problems = Vec::new();
    if let Err(error) = follow_members(state, &groups).await {
        problems.push(error.to_string());
    }
    for group in groups {
        if let Err(problem) = apply(state, &group).await {
            problems.push(format!("{}: {problem}", group.name));
        }
    }
    problems
}

/// App passwords and links lose what their owners lose, also of owners who do not come back. Where an IAM or a
/// proxy says groups too, the hub does not know all of them.
async fn follow_members(state: &State, groups: &[HubGroup]) -> Result<(), WorkspaceError> {
    if !state.has_groups_of_hub_only() {
        return Ok(());
    }
    let mut groups_of: HashMap<String, Vec<String>> = HashMap::new();
    for group in groups {
        for user in &group.users {
            groups_of.entry(user.clone()).or_default().push(group.name.clone());
        }
    }
    let groups_of = groups_of.into_iter().map(|(user, groups)| (user, tidy_groups(groups))).collect();
    state.workspaces().follow_groups(&groups_of).await
}

/// Looks at the next people who have app passwords or links, and takes them back from those whom the hub has no more.
async fn follow_people(state: &State, hub: &HubClient, asked_up_to: &mut String) -> Result<(), String> {
    let storage = state.workspaces();
    let people = storage.people_with_keys(asked_up_to, PEOPLE_AT_A_LOOK).await;
    let people = people.map_err(|error| error.to_string())?;
    *asked_up_to =
        people.last().filter(|_| people.len() as u32 == PEOPLE_AT_A_LOOK).cloned().unwrap_or_default();
    // A name with a slash is a service's.
    for person in people.iter().filter(|person| !person.contains('/')) {
        if !hub.has_user(person).await.map_err(|error| error.to_string())? {
            storage.take_keys_back(&the_hub(), person).await.map_err(|error| error.to_string())?;
            tracing::info!(person, "the hub has this user no more: app passwords and links are taken back");
        }
    }
    Ok(())
}

async fn apply(state: &State, group: &HubGroup) -> Result<(), String> {
    let (bytes, entries) = (number(group, LIMIT_BYTES)?, number(group, LIMIT_ENTRIES)?);
    if bytes.is_none() && entries.is_none() {
        return Ok(());
    }
    let workspace = WorkspaceName::new(&group.name).map_err(|error| error.to_string())?;
    if workspace.person().is_some() {
        return Err("a group sets no limits of a person".to_owned());
    }
    let workspaces = state.workspaces();
    let limits = workspaces.limits(&workspace).await.map_err(|error| error.to_string())?;
    let asked = SetQuota {
        limit_bytes: bytes.unwrap_or(limits.limit_bytes),
        limit_entries: entries.unwrap_or(limits.limit_entries),
    };
    if asked != limits {
        workspaces.set_quota(&the_hub(), &workspace, asked).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn number(group: &HubGroup, key: &str) -> Result<Option<u64>, String> {
    let said = match group.properties.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(other) => other.as_u64(),
    };
    said.map(Some).ok_or_else(|| format!("{key} is no whole number"))
}

/// Stands in the audit log.
fn the_hub() -> Actor {
    Actor {
        name: "jupyterhub".to_owned(),
        source: PrincipalSource::Hub,
        groups: Vec::new(),
        is_admin: true,
        role_ceiling: None,
        capabilities: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_texts_of_digits() {
        let check = |value: Value, expected: Result<Option<u64>, &str>| {
            let group = HubGroup {
                name: "higgs".to_owned(),
                users: Vec::new(),
                properties: [(LIMIT_BYTES.to_owned(), value)].into(),
            };
            assert_eq!(number(&group, LIMIT_BYTES), expected.map_err(str::to_owned));
            assert_eq!(number(&group, LIMIT_ENTRIES), Ok(None));
        };
        check(json!(1000), Ok(Some(1000)));
        check(json!(" 1000 "), Ok(Some(1000)));
        check(Value::Null, Ok(None));
        let refused = Err("mlaas4hep_limit_bytes is no whole number");
        for value in [json!(-1), json!(1.5), json!("1 TB"), json!(""), json!([1]), json!(true)] {
            check(value, refused);
        }
    }
}
