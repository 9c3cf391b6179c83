//! Who asks, and what the groups of that one give.

use hub_api::{Action, Capabilities, FilePath, PrincipalSource, Role, WorkspaceName, group_with_workspace};
use std::sync::Arc;

/// Who asks. The service makes it from what it found out about the caller; nothing in here is checked again.
///
/// | group of the actor | role in the workspace `G` |
/// | --- | --- |
/// | `G/admins` | administrator |
/// | `G/writers` | writer |
/// | `G/readers` | reader |
/// | `G` | `group_member_role` of the settings (writer), unless it is in one of those above |
///
/// `~NAME` is the personal workspace of `NAME`, who administers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The name at the hub or the IAM.
    pub name: String,
    /// How it was shown.
    pub source: PrincipalSource,
    /// Groups, without a slash at the start: `cms/higgs`.
    pub groups: Vec<String>,
    /// Whether it administers the service: sets quotas of all workspaces. It gives no right to read or write in them.
    pub is_admin: bool,
    /// The most that it may do in any workspace, whatever its groups say; of app passwords and narrow tokens.
    pub role_ceiling: Option<Role>,
    /// What its token opens, where the token says so itself: groups and grants count for nothing then.
    pub capabilities: Option<Arc<Capabilities>>,
}

impl Actor {
    /// Whether it administers the service; an app password or a narrow token of who does, does not.
    pub(crate) fn administers_service(&self) -> bool {
        self.is_admin && self.role_ceiling.is_none()
    }

    /// Whether the token of the actor reaches a name for an action; where it carries no capability, its role decides alone.
    pub(crate) fn reaches(&self, workspace: &WorkspaceName, path: &FilePath, action: Action) -> bool {
        self.capabilities.as_ref().is_none_or(|all| all.allow(workspace, path, action))
    }

    /// What the groups give in a workspace, before grants and the ceiling; or the capabilities of the token.
    pub(crate) fn role_by_groups(&self, workspace: &WorkspaceName, member_role: Role) -> Option<Role> {
        if let Some(capabilities) = &self.capabilities {
            return capabilities.role_in(workspace);
        }
        if let Some(person) = workspace.person() {
            return (person == self.name).then_some(Role::Admin);
        }
        let group = workspace.as_str();
        if group_with_workspace(group) != group {
            return None;
        }
        let has = |suffix: &str| {
            self.groups.iter().any(|of| of.strip_prefix(group).is_some_and(|rest| rest == suffix))
        };
        // An IAM lists the parents of a group too: who is in `higgs/readers` is in `higgs` as well, and stays a reader.
        [("/admins", Role::Admin), ("/writers", Role::Writer), ("/readers", Role::Reader)]
            .into_iter()
            .find_map(|(suffix, role)| has(suffix).then_some(role))
            .or_else(|| has("").then_some(member_role))
    }

    /// The workspaces that the name and the groups name.
    pub(crate) fn own_workspaces(&self) -> Vec<WorkspaceName> {
        if let Some(capabilities) = &self.capabilities {
            return capabilities.workspaces();
        }
        let of_groups = self.groups.iter().map(|group| WorkspaceName::new(group_with_workspace(group)));
        // A group whose name is no name of a workspace has none.
        let mut names: Vec<_> =
            of_groups.chain([WorkspaceName::of_person(&self.name)]).filter_map(Result::ok).collect();
        names.sort();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(groups: &[&str]) -> Actor {
        Actor {
            name: "alice".to_owned(),
            source: PrincipalSource::Hub,
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            is_admin: false,
            role_ceiling: None,
            capabilities: None,
        }
    }

    #[test]
    fn groups_give_roles() {
        let check = |groups: &[&str], workspace: &str, expected: Option<Role>| {
            let workspace = WorkspaceName::new(workspace).unwrap();
            assert_eq!(actor(groups).role_by_groups(&workspace, Role::Writer), expected, "{groups:?}");
        };
        check(&["higgs"], "higgs", Some(Role::Writer));
        check(&["higgs", "higgs/readers"], "higgs", Some(Role::Reader));
        check(&["higgs/readers", "higgs/writers"], "higgs", Some(Role::Writer));
        check(&["higgs/admins", "higgs/readers"], "higgs", Some(Role::Admin));
        check(&["higgs"], "higgs/top", None);
        check(&["higgs/top"], "higgs", None);
        check(&["higgsino"], "higgs", None);
        check(&[], "~alice", Some(Role::Admin));
        check(&["~bob"], "~bob", None);
        check(&["bob"], "~bob", None);
        check(&["higgs/admins"], "higgs/admins", None);
    }

    #[test]
    fn role_groups_are_no_workspaces() {
        let names = actor(&["cms/higgs", "cms/higgs/admins", "a b", "readers"]).own_workspaces();
        let names: Vec<_> = names.iter().map(WorkspaceName::as_str).collect();
        assert_eq!(names, ["cms/higgs", "readers", "~alice"]);
    }
}
