//! Why a caller was not believed.

use hub_api::ApiError;

/// Why a request has no [`crate::Principal`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Nothing in the request says who it is from.
    #[error("this needs a token")]
    NoCredentials,
    /// The hub, or who else gave it, does not know the token (any more).
    #[error("the token is unknown, expired or taken back")]
    UnknownToken,
    /// The token of an IAM does not hold, or not here.
    #[error("the token is refused: {reason}")]
    TokenRefused {
        /// What is wrong with it.
        reason: String,
    },
    /// The IAM does not answer, or not in time.
    #[error("the issuer {issuer} of the token does not answer")]
    IssuerDown {
        /// Its address.
        issuer: String,
    },
    /// The IAM answers what makes no sense.
    #[error("the issuer {issuer} of the token answered with status {status}, which is no answer to {asked}")]
    IssuerAnswer {
        /// Its address.
        issuer: String,
        /// What was asked.
        asked: &'static str,
        /// What came.
        status: u16,
    },
    /// The session of the browser cannot be read: another key, or no session of ours.
    #[error("the session of this browser has ended")]
    SessionEnded,
    /// The token is good, but does not open this service.
    #[error("the token of {name} does not open this service: it lacks the scope {needed}")]
    ScopeMissing {
        /// Whose token.
        name: String,
        /// What it needs.
        needed: String,
    },
    /// A changing request with a session, without the token that only our own pages have.
    #[error("the request does not come from a page of this service")]
    CrossSite,
    /// The way through the hub's login was left, took too long, or was not begun here.
    #[error("the login was not begun in this browser, or took longer than ten minutes")]
    UnknownLogin,
    /// The hub did not give a token for the code.
    #[error("the hub refused the login: {reason}")]
    LoginRefused {
        /// In its words.
        reason: String,
    },
    /// The hub does not answer, or not in time.
    #[error("the hub did not answer within {seconds} s")]
    HubSilent {
        /// How long was waited.
        seconds: u64,
    },
    /// The hub cannot be reached.
    #[error("the hub cannot be reached")]
    HubDown,
    /// The hub answers what makes no sense.
    #[error("the hub answered with status {status}, which is no answer to {asked}")]
    HubAnswer {
        /// What was asked.
        asked: &'static str,
        /// What came.
        status: u16,
    },
}

impl AuthError {
    /// The HTTP status that says the same: a failing hub is never a refusal.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::NoCredentials | Self::UnknownToken | Self::TokenRefused { .. } | Self::SessionEnded => 401,
            Self::ScopeMissing { .. } | Self::CrossSite | Self::LoginRefused { .. } => 403,
            Self::UnknownLogin => 400,
            Self::HubAnswer { .. } | Self::IssuerAnswer { .. } => 502,
            Self::HubSilent { .. } | Self::HubDown | Self::IssuerDown { .. } => 503,
        }
    }

    /// A word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::UnknownToken => "unknown_token",
            Self::TokenRefused { .. } => "token_refused",
            Self::IssuerDown { .. } => "issuer_down",
            Self::IssuerAnswer { .. } => "issuer_answer",
            Self::SessionEnded => "session_ended",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::CrossSite => "cross_site",
            Self::UnknownLogin => "unknown_login",
            Self::LoginRefused { .. } => "login_refused",
            Self::HubSilent { .. } => "hub_silent",
            Self::HubDown => "hub_down",
            Self::HubAnswer { .. } => "hub_answer",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::NoCredentials => {
                "send the header `Authorization: Bearer TOKEN`; in a notebook JUPYTERHUB_API_TOKEN is one, and the hub's page Token makes one"
            }
            Self::UnknownToken => {
                "make a new one on the hub's page Token; in a notebook, stop the server and start it again"
            }
            Self::TokenRefused { .. } => {
                "get a new token of the IAM for this service: mlaas4hep login, or oidc-token --aud"
            }
            Self::IssuerDown { .. } | Self::IssuerAnswer { .. } => {
                "try again in a minute; if it lasts, tell the operator of the service"
            }
            Self::SessionEnded => "log in again",
            Self::ScopeMissing { .. } => {
                "an operator gives it in c.Spawner.server_token_scopes (for notebooks) or in the role `user`; then stop the server and start it again"
            }
            Self::CrossSite => "load the page again, and repeat what you did on it",
            Self::UnknownLogin => "open the page again, and log in",
            Self::LoginRefused { .. } => "ask the operator of the hub",
            Self::HubSilent { .. } | Self::HubDown | Self::HubAnswer { .. } => {
                "try again in a minute; if it lasts, tell the operator of the hub"
            }
        }
    }

    /// As the service answers it.
    #[must_use]
    pub fn to_api_error(&self) -> ApiError {
        ApiError {
            status: self.status(),
            code: self.code().to_owned(),
            message: self.to_string(),
            next_step: Some(self.next_step().to_owned()),
            request_id: None,
        }
    }
}
