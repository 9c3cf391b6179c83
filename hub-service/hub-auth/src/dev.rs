//! The one user of `mlaas4hep-hub dev`: no hub, no IAM, one token that is printed at the start.

use crate::{Principal, Token};
use hub_api::{PrincipalKind, PrincipalSource};

/// The local user, who may do everything in what is theirs and administers the service.
#[derive(Clone, Debug)]
pub struct DevUser {
    /// The name.
    pub name: String,
    /// Groups, so that workspaces of groups can be tried.
    pub groups: Vec<String>,
    /// What opens the service.
    pub token: Token,
}

impl DevUser {
    pub(crate) fn principal(&self, token: &Token) -> Option<Principal> {
        self.token.is(token.reveal()).then(|| Principal {
            name: self.name.clone(),
            kind: PrincipalKind::User,
            source: PrincipalSource::Dev,
            groups: crate::principal::tidy_groups(self.groups.clone()),
            says_groups: true,
            is_admin: true,
            role_ceiling: None,
            capabilities: None,
            expires: None,
        })
    }
}
