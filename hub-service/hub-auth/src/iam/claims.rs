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
        let says_groups = capabilities.is_none() && (self.wlcg_groups.is_some() || self.groups.is_some());
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn settings() -> IamSettings {
        IamSettings {
            issuer: "https://iam.example.org/".to_owned(),
            audiences: vec!["ours".to_owned()],
            name_claim: NameClaim::Sub,
            admin_groups: vec!["admins".to_owned()],
            storage_root: "/".to_owned(),
            client: None,
            device_client_id: Some("our-client".to_owned()),
        }
    }

    fn any_claim() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "(ours|our-client|other|\u{e9}|~|/|\\.\\.| ){0,3}".prop_map(Value::from),
            prop::collection::vec("(/?admins|ours|other|/higgs|//| ){0,2}", 0..3).prop_map(Value::from),
            "(storage.read:|storage.modify:|openid|/|a|\\.\\.|%2e|%2F| ){0,8}".prop_map(Value::from),
        ]
    }

    proptest! {
        /// Whatever an issuer signs, it is refused or makes somebody who can be.
        #[test]
        fn any_claims_are_refused_or_sound(claims in prop::collection::btree_map(
            "(sub|preferred_username|exp|scope|groups|wlcg.groups|active|aud|client_id|iss)", any_claim(), 0..10,
        )) {
            let value = json!(claims);
            let Ok(claims) = serde_json::from_value::<Claims>(value.clone()) else { return Ok(()) };
            let is_ours = claims.check_audience(&settings()).is_ok();
            let (aud, ours) = (&value["aud"], json!("ours"));
            let by_audience = *aud == ours || aud.as_array().is_some_and(|several| several.contains(&ours));
            let by_client = aud.is_null() && value["client_id"] == "our-client";
            prop_assert_eq!(is_ours, by_audience || by_client, "{}", value);
            let Ok(principal) = claims.principal(&settings()) else { return Ok(()) };
            prop_assert_eq!(&value["sub"], &json!(principal.name));
            prop_assert!(WorkspaceName::of_person(&principal.name).is_ok());
            prop_assert!(principal.capabilities.is_none() || (principal.groups.is_empty() && !principal.is_admin), "{}", value);
            prop_assert_eq!(principal.is_admin, principal.groups.iter().any(|group| group == "admins"));
        }
    }
}
