//! Who is asking, however it was shown.

use hub_api::{Capabilities, PrincipalKind, PrincipalSource, Role};
use std::sync::Arc;

/// A caller that was believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name at the hub or the IAM.
    pub name: String,
    /// Person or program.
    pub kind: PrincipalKind,
    /// How it was shown.
    pub source: PrincipalSource,
    /// Groups, sorted, without a slash at the start.
    pub groups: Vec<String>,
    /// Whether that is all of them. A token of an IAM that names its paths, and many others, say nothing about groups: then nothing is
    /// known of them.
    pub says_groups: bool,
    /// Whether it administers the service.
    pub is_admin: bool,
    /// The most that it may do in any workspace; `None`: what its groups and grants give.
    pub role_ceiling: Option<Role>,
    /// What its token opens, where the token says so itself: groups count for nothing then.
    pub capabilities: Option<Arc<Capabilities>>,
    /// When the token ends (RFC 3339), where that is known.
    pub expires: Option<String>,
}

/// Groups as workspaces know them: sorted, each once, without the slash that some issuers put in front.
#[must_use]
pub fn tidy_groups(groups: Vec<String>) -> Vec<String> {
    let mut groups: Vec<String> =
        groups.into_iter().map(|group| group.trim_start_matches('/').to_owned()).collect();
    groups.retain(|group| !group.is_empty());
    groups.sort();
    groups.dedup();
    groups
}
