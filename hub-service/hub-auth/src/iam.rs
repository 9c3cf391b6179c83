//! Bearer tokens of an IAM (INDIGO IAM, WLCG): for grid jobs, davix, rclone and shells, which have no token of the hub.
//!
//! A token is believed when an issuer of the operator's list signed it for one of our audiences. What it carries decides:
//! storage scopes ([`hub_api::Capabilities`]) before groups; where it carries neither, the issuer is asked.

mod claims;
mod issuer;
mod settings;

pub use settings::{IamClient, IamSettings, IamSettingsError, NameClaim};

use crate::{AuthError, Principal, Token};
use issuer::Issuer;
use serde::Deserialize;
use std::sync::Arc;

/// The issuers that are believed. Cheap to clone.
#[derive(Clone, Default)]
pub struct Iam {
    issuers: Arc<[Issuer]>,
}

/// What is read before anything is believed: which issuer to ask for its key.
#[derive(Deserialize)]
struct Unverified {
    iss: String,
}

impl Iam {
    /// Believes these issuers, and no other.
    ///
    /// # Errors
    /// [`AuthError::IssuerDown`] where no HTTP client can be made, for want of TLS.
    pub fn new(settings: Vec<IamSettings>) -> Result<Self, AuthError> {
        Ok(Self { issuers: settings.into_iter().map(Issuer::new).collect::<Result<_, _>>()? })
    }

    /// The issuers, as they were set.
    pub fn settings(&self) -> impl Iterator<Item = &IamSettings> {
        self.issuers.iter().map(|issuer| &issuer.settings)
    }

    /// Whether each issuer answers, and with keys: what every token of it needs.
    pub async fn answers(&self) -> Vec<(String, Result<(), AuthError>)> {
        let mut answers = Vec::new();
        for issuer in self.issuers.iter() {
            answers.push((issuer.settings.issuer.clone(), issuer.has_keys().await));
        }
        answers
    }

    /// Whose a JWT is; nothing for a text that is none, or of an issuer that is not believed.
    pub(crate) async fn of_jwt(&self, token: &Token) -> Option<Result<Principal, AuthError>> {
        if self.issuers.is_empty() {
            return None;
        }
        let named = issuer_of(token)?;
        let issuer = self.issuers.iter().find(|issuer| issuer.settings.issuer == named)?;
        Some(issuer.principal_of_jwt(token).await)
    }

    /// Whose a token is that nobody else knows: each issuer that can be asked is asked.
    pub(crate) async fn of_opaque(&self, token: &Token) -> Result<Principal, AuthError> {
        let mut error = AuthError::UnknownToken;
        // It names an issuer that is not on the list: nobody else is shown it.
        if issuer_of(token).is_some() {
            return Err(error);
        }
        for issuer in self.issuers.iter() {
            match issuer.principal_of_opaque(token).await {
                Ok(Some(principal)) => return Ok(principal),
                Ok(None) => {}
                // Another one may know it. That one is down is no refusal.
                Err(failure) if failure.status() >= 500 => error = failure,
                Err(refusal) => return Err(refusal),
            }
        }
        Err(error)
    }
}

/// Which issuer a JWT names; nothing of it is believed yet.
fn issuer_of(token: &Token) -> Option<String> {
    let claims = jsonwebtoken::dangerous::insecure_decode_claims::<Unverified>(token.reveal());
    claims.ok().map(|claims| claims.iss)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    fn coded(part: &str) -> String {
        URL_SAFE_NO_PAD.encode(part)
    }

    proptest! {
        #[test]
        fn the_issuer_is_read_of_any_token(issuer in ".{0,30}", header in ".{0,30}", more in ".{0,10}", signature in "[A-Za-z0-9_.-]{0,30}") {
            let claims = serde_json::json!({ "iss": issuer, "sub": more }).to_string();
            let sound = coded(r#"{"alg":"RS256","typ":"JWT"}"#);
            let token = Token::new(format!("{sound}.{}.{}", coded(&claims), signature.replace('.', "")));
            prop_assert_eq!(issuer_of(&token), Some(issuer));
            // With anything in place of a part it is another issuer's, or nobody's: never a panic.
            for text in [
                format!("{}.{}.{signature}", coded(&header), coded(&claims)),
                format!("{sound}.{}.{signature}", coded(&more)),
                format!("{header}.{more}.{signature}"),
                format!("{header}{signature}"),
            ] {
                let token = Token::new(text);
                let _ = (issuer_of(&token), jsonwebtoken::decode_header(token.reveal()));
            }
        }
    }
}
