//! What a token says, and whom that makes.

use super::settings::{IamSettings, NameClaim};
use crate::principal::tidy_groups;
use crate::{AuthError, Principal};
use hub_api::{Capabilities, PrincipalKind, PrincipalSource, WorkspaceName};
use serde::Deserialize;
use std::sync::Arc;

/// Claims of a JWT, of an introspection (RFC 7662 section 2.2) or of the userinfo endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Claims {
    pub(crate) sub: Option<String>,
    preferred_username: Option<String>,
    /// Seconds since 1970.
    exp: Option<f64>,
    scope: Option<String>,
    groups: Option<Vec<String>>,
    #[serde(rename = "wlcg.groups")]
    wlcg_groups: Option<Vec<String>>,
    /// Of an introspection: whether the token holds.
    #[serde(default)]
    pub(crate) active: bool,
    #[serde(default)]
    aud: Audience,
    /// Whom the token was given to (RFC 9068 section 2.2, RFC 7662 section 2.2).
    client_id: Option<String>,
}

/// One audience, or several (RFC 7519 section 4.1.3).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
    #[default]
    None,
}

impl Claims {
    /// Whether the token itself says what its owner may do. One of INDIGO IAM's default profile does not.
    pub(crate) fn say_rights(&self) -> bool {
        let has_capability =
            |scope: &String| scope.split_ascii_whitespace().any(|word| word.starts_with("storage."));
        self.groups.is_some() || self.wlcg_groups.is_some() || self.scope.as_ref().is_some_and(has_capability)
    }

    /// Whether they are for this service: by one of the audiences, compared as plain strings. A token without any (those of
    /// INDIGO IAM's default profile) is for whom it was given to, which must be a client of ours: else any other service
    /// could come here with the tokens of its users.
    ///
    /// # Errors
    /// [`AuthError::TokenRefused`].
    pub(crate) fn check_audience(&self, settings: &IamSettings) -> Result<(), AuthError> {
        let is_known = |one: &String| settings.audiences.contains(one);
        let (is_ours, reason) = match &self.aud {
            Audience::One(one) => (is_known(one), "it is for another audience"),
            Audience::Several(several) => (several.iter().any(is_known), "it is for another audience"),
            Audience::None => (
                self.client_id.as_deref().is_some_and(|id| settings.is_our_client(id)),
                "it has no audience: ask for one of this service",
            ),
        };
        if is_ours { Ok(()) } else { Err(AuthError::TokenRefused { reason: reason.to_owned() }) }
    }

    /// The same with what another answer about the same token adds.
    pub(crate) fn with(self, more: Self) -> Self {
        Self {
            preferred_username: self.preferred_username.or(more.preferred_username),
            scope: self.scope.or(more.scope),
            groups: self.groups.or(more.groups),
            wlcg_groups: self.wlcg_groups.or(more.wlcg_groups),
            ..self
        }
    }

    /// Whose the token is. Where it has a storage scope, its groups count for nothing (WLCG Common JWT Profiles).
    pub(crate) fn principal(self, settings: &IamSettings) -> Result<Principal, AuthError> {
        let refused = |reason: String| AuthError::TokenRefused { reason };
        let name = match settings.name_claim {
            NameClaim::Sub => self.sub.ok_or_else(|| refused("it has no `sub`".to_owned()))?,
            NameClaim::PreferredUsername => self.preferred_username.ok_or_else(|| {
                refused("it has no `preferred_username`: ask for the scope `profile`".to_owned())
            })?,
        };
        WorkspaceName::of_person(&name).map_err(|error| refused(error.to_string()))?;
        let scope = self.scope.unwrap_or_default();
        let capabilities = Capabilities::parse(&scope, &settings.storage_root)
            .map_err(|error| refused(error.to_string()))?
            .map(Arc::new);
        let says_groups = self.wlcg_groups.is_some() || self.groups.is_some();
        let groups = match capabilities {
            Some(_) => Vec::new(),
            None => tidy_groups(self.wlcg_groups.or(self.groups).unwrap_or_default()),
        };
        let is_admin = groups.iter().any(|group| settings.admin_groups.contains(group));
        let expires = self.exp.and_then(|exp| jiff::Timestamp::from_second(exp as i64).ok());
        Ok(Principal {
            name,
            kind: PrincipalKind::User,
            source: PrincipalSource::Iam,
            groups,
            says_groups,
            is_admin,
            role_ceiling: None,
            capabilities,
            expires: expires.map(|time| time.to_string()),
        })
    }
}
