//! Who is asking: one [`Principal`] for everyone, however it was shown. Knows HTTP headers, and no routes.
//!
//! - [`Authenticator`] finds the caller of a request: a token of `JupyterHub` or of an IAM, the session of a browser, the one user of
//!   `mlaas4hep-hub dev`, or the headers of a proxy that the operator trusts.
//! - [`Login`] is the way of a browser through the hub's login (OAuth 2.0 with PKCE, RFC 7636) and back.
//! - Answers of the hub are kept for a minute at most ([`Freshness`]), bound to the token *and* the hub's session, so that
//!   a logout is felt.

mod authenticator;
mod bounded_answer;
mod cache;
mod cookie;
mod dev;
mod error;
mod hub;
mod hub_settings;
mod iam;
mod internal_tls;
mod login;
mod principal;
mod proxy_headers;
mod seal;
mod session;
mod token;
mod xsrf;

pub use authenticator::{Authenticator, Caller, Freshness};
pub use cookie::{CookieRules, SetCookie};
pub use dev::DevUser;
pub use error::AuthError;
pub use hub::{HubClient, HubGroup};
pub use hub_settings::{HubSettings, HubSettingsError};
pub use iam::{Iam, IamClient, IamSettings, IamSettingsError, NameClaim};
pub use internal_tls::{InternalTls, TlsError};
pub use login::{LoggedIn, Login, Redirect};
pub use principal::{Principal, tidy_groups};
pub use proxy_headers::ProxyHeaders;
pub use seal::SealKey;
pub use session::BrowserSession;
pub use token::Token;
pub use xsrf::{XsrfToken, is_from_our_site};
