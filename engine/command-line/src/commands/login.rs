//! `mlaas4hep login`.

use crate::console::Console;
use crate::failure::{self, Kind};
use crate::shared;
use anyhow::{Context, bail};
use hub_client::hub_api::Issuer;
use hub_client::{Connection, DeviceCode, Hub, LoginFile, RetryRule, Token, TokenOrigin};
use std::io::{IsTerminal, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Log in to a hub service, so that `shared://` names work at this shell.
///
/// With --iam the login is at the IAM that the service names: a code is shown, which is typed in at its page in any browser.
/// Without it the token is read from standard input (the page Token of `JupyterHub` makes one). Address and token are kept in a file
/// that only you can read; --logout removes it.
#[derive(clap::Args)]
pub(crate) struct Login {
    /// Address of the service: `https://hub.example.org/services/mlaas4hep/`; or the whole address that `mlaas4hep-hub dev` printed.
    /// Left out: where you were logged in last.
    address: Option<String>,
    /// Log in at an IAM.
    #[arg(long)]
    iam: bool,
    /// Address of the IAM, where it is not the one that the service names first.
    #[arg(long, value_name = "URL", requires = "iam")]
    issuer: Option<String>,
    /// What this program is called at the IAM, where the service does not say it.
    #[arg(long, value_name = "ID", requires = "iam")]
    client_id: Option<String>,
    /// What is asked of the IAM.
    #[arg(long, default_value = "openid profile wlcg.groups")]
    scope: String,
    /// Forget address and token.
    #[arg(long, conflicts_with = "address")]
    logout: bool,
}

impl Login {
    /// Logs in, looks whether it worked, and keeps it.
    pub(crate) fn run(self, console: &mut Console) -> anyhow::Result<ExitCode> {
        let path =
            shared::login_file().context("neither MLAAS4HEP_CONFIG nor HOME is set: nowhere to keep it")?;
        if self.logout {
            let was_there = LoginFile::remove(&path)?;
            console.line(if was_there { "logged out" } else { "you were not logged in" });
            return Ok(ExitCode::SUCCESS);
        }
        let said = match &self.address {
            Some(address) => address.clone(),
            None => known_address(&path)?,
        };
        let (address, of_address) = parts(&said);
        // Before a token is asked for.
        Connection::new(address, None, TokenOrigin::None)
            .map_err(|error| failure::of(Kind::CommandLine)(error.into()))?;
        let (token, seconds) = match of_address {
            Some(token) => (Token::new(token)?, None),
            None => self.token(address, console).map_err(failure::of(Kind::Input))?,
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let expires_at = seconds.map(|seconds| now + seconds);
        let connection = Connection::new(address, Some(token.clone()), TokenOrigin::Given)?;
        // What does not work is not kept, and what was kept before stays.
        let me = Hub::new(connection, RetryRule::default())
            .and_then(|hub| hub.me())
            .map_err(|error| failure::of(Kind::Input)(error.into()))?;
        LoginFile { address: address.to_string(), token: Some(token), expires_at }.write(&path)?;
        console.line(&format!("logged in as {}, groups: {}", me.name, me.groups.join(", ")));
        Ok(ExitCode::SUCCESS)
    }

    fn token(&self, address: &str, console: &mut Console) -> anyhow::Result<(Token, Option<u64>)> {
        if self.iam {
            let (issuer, client_id) = &self.at_the_iam(address)?;
            let mut show = |code: &DeviceCode| {
                let DeviceCode { verification_uri, user_code, .. } = code;
                console.message(&format!("open {verification_uri} and type in the code {user_code}"));
            };
            let mut go_on = || ControlFlow::Continue(());
            return Ok(Hub::log_in_by_device(issuer, client_id, &self.scope, &mut show, &mut go_on)?);
        }
        let text = if std::io::stdin().is_terminal() {
            console.message(
                "type or paste the token, then Enter (it is not shown, and not kept in any history):",
            );
            rpassword::read_password()
        } else {
            let mut text = String::new();
            std::io::stdin().take(1 << 16).read_to_string(&mut text).map(|_| text)
        };
        let text = text.context("cannot read the token")?;
        if text.trim().is_empty() {
            bail!("no token was given: pipe one in, or log in at the IAM of the service with --iam");
        }
        Ok((Token::new(&text)?, None))
    }

    /// Issuer and client: what was said, else what the service names.
    fn at_the_iam(&self, address: &str) -> anyhow::Result<(String, String)> {
        if let (Some(issuer), Some(client_id)) = (&self.issuer, &self.client_id) {
            return Ok((issuer.clone(), client_id.clone()));
        }
        let connection = Connection::new(address, None, TokenOrigin::None)?;
        let named = Hub::new(connection, RetryRule::default())?.info()?.issuers;
        let wanted = |one: &&Issuer| self.issuer.as_ref().is_none_or(|issuer| *issuer == one.issuer);
        let found = named.iter().find(wanted).with_context(|| {
            format!("{address} believes no such IAM: leave out --iam and give a token of JupyterHub")
        })?;
        let client_id = self.client_id.clone().or_else(|| found.device_client_id.clone());
        let client_id = client_id.with_context(|| {
            format!("{address} names no client for {}: give one with --client-id", found.issuer)
        })?;
        Ok((found.issuer.clone(), client_id))
    }
}

/// Where the login was that is kept, also where its token no longer works.
fn known_address(path: &Path) -> anyhow::Result<String> {
    let known = LoginFile::read(path).map_err(|error| failure::of(Kind::Input)(error.into()))?;
    let known = known.context("say where: mlaas4hep login https://hub.example.org/services/mlaas4hep/");
    Ok(known.map_err(failure::of(Kind::CommandLine))?.address)
}

/// Address of the service and token of the address that opens a browser's session: `http://127.0.0.1:9010/login?token=...`.
fn parts(address: &str) -> (&str, Option<&str>) {
    match address.split_once("login?token=") {
        Some((service, token)) => (service, Some(token.split('&').next().unwrap_or(token))),
        None => (address, None),
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn the_address_that_was_printed_has_the_token() {
        assert_eq!(parts("http://127.0.0.1:9010/login?token=ab-c"), ("http://127.0.0.1:9010/", Some("ab-c")));
        assert_eq!(parts("https://hub.org/services/login/"), ("https://hub.org/services/login/", None));
    }
}
