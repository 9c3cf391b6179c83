//! The token, and where it came from.

use std::fmt;
use std::path::PathBuf;

use reqwest::header::HeaderValue;

use crate::HubError;

/// A secret that is sent with every request. `Debug` does not show it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes the text without the white space around it, as a file or standard input gives it.
    ///
    /// # Errors
    /// [`HubError::Token`] for a text that is empty or has characters that no header may carry (RFC 9110 section 5.5).
    pub fn new(text: &str) -> Result<Self, HubError> {
        let bare = text.trim();
        let is_sendable = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_graphic());
        if is_sendable { Ok(Self(bare.to_owned())) } else { Err(HubError::Token) }
    }

    /// The value of `Authorization`; marked so that nothing prints it. Both `JupyterHub` and IAM tokens are bearer tokens.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The text, for the file of `mlaas4hep login` alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(not shown)")
    }
}

/// Where a token came from: what to do when it is refused depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOrigin {
    /// `JUPYTERHUB_API_TOKEN`, the token of this notebook server.
    Server,
    /// The file that `mlaas4hep login` wrote.
    LoginFile(PathBuf),
    /// `MLAAS4HEP_HUB_TOKEN`.
    Environment,
    /// An option of the program.
    Given,
    /// There is no token: `mlaas4hep-hub dev` asks for none.
    None,
}

impl TokenOrigin {
    /// What to do when the token is refused.
    pub(crate) fn cure(&self) -> &'static str {
        match self {
            Self::Server => {
                "stop this notebook server and start it again (File > Hub Control Panel): a new server gets a new token"
            }
            Self::LoginFile(_) => "log in again: mlaas4hep login",
            Self::Environment => "put a new token into MLAAS4HEP_HUB_TOKEN",
            Self::Given => "give a new token",
            Self::None => "log in first: mlaas4hep login ADDRESS",
        }
    }

    /// What to do when the token may not be used at the service; `service` is its name at the hub.
    pub(crate) fn cure_of_scope(&self, service: &str) -> String {
        let scope = format!("access:services!service={service}");
        match self {
            Self::Server => format!(
                "the operator of the hub must add {scope:?} to c.Spawner.server_token_scopes; \
                 then stop this notebook server and start it again"
            ),
            _ => format!("ask for a token with the scope {scope:?} (hub, Token page), and log in with it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_never_shown() {
        let token = Token::new(" secret-text\n").unwrap();
        assert_eq!(token.expose(), "secret-text");
        assert_eq!(format!("{token:?}"), "Token(not shown)");
        assert!(!format!("{:?}", token.header()).contains("secret-text"));
        for text in ["", "  ", "a b", "a\nb", "caf\u{e9}"] {
            assert!(matches!(Token::new(text), Err(HubError::Token)), "{text:?}");
        }
    }
}
