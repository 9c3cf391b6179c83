//! `mlaas4hep-hub dev`: no hub, no IAM, one local user, `SQLite` and a folder.

use super::{block_on, log};
use crate::configuration::{LogArea, MOST_SOCKET_BYTES, Said};
use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_api::WorkspaceName;
use hub_auth::{DevUser, Token};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Where everything is kept. Default: `mlaas4hep-hub` in the data folder of the user (`XDG_DATA_HOME`, `~/.local/share`).
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Where to listen; port 0 takes one that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9010")]
    listen: SocketAddr,
    /// Name of the local user.
    #[arg(long, value_name = "NAME", default_value_t = user_name())]
    user: String,
    /// A group of the user; may stand several times. In GROUP/admins the user administers the workspace of GROUP.
    #[arg(long = "group", value_name = "NAME", default_values = ["group", "group/admins"])]
    groups: Vec<String>,
    /// What opens the service instead of a token made at each start; also as `MLAAS4HEP_HUB_DEV_TOKEN`.
    #[arg(long, value_name = "TOKEN", env = "MLAAS4HEP_HUB_DEV_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// What of the log is shown: `error`, `warn`, `info`, `debug`.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: String,
}

fn user_name() -> String {
    std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "local".to_owned())
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    ensure!(
        options.listen.ip().is_loopback(),
        "{} can be reached from other machines; `dev` is for this one: give an address such as 127.0.0.1:9010",
        options.listen
    );
    for group in &options.groups {
        WorkspaceName::new(group).with_context(|| format!("--group {group}"))?;
    }
    WorkspaceName::of_person(&options.user).with_context(|| format!("--user {}", options.user))?;
    let mut said = Said::default();
    said.listen.address = Some(options.listen);
    said.workspaces.folder = folder(options)?;
    said.workspaces.public_links = true;
    // A longer path cannot be a socket: then bytes come by ranges.
    let socket = std::path::absolute(&said.workspaces.folder)?.join("local.sock");
    said.listen.local_socket = Some(socket).filter(|socket| socket.as_os_str().len() <= MOST_SOCKET_BYTES);
    said.log = LogArea { level: Some(options.log.clone()), ..LogArea::default() };
    // Not the environment: a token of a hub has no place here.
    let checked = said.check(&|_| None)?;
    log::start(&checked.log)?;
    // Set but empty is not said.
    let token = match options.token.as_deref().map(str::trim).filter(|token| !token.is_empty()) {
        Some(token) => token.to_owned(),
        None => URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>()),
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    ensure!(
        token.bytes().all(is_plain),
        "the token stands in the address that is printed: make it of letters, digits and - . _ ~"
    );
    let user = DevUser {
        name: options.user.clone(),
        groups: options.groups.clone(),
        token: Token::new(token.as_str()),
    };
    let shown = token.clone();
    let folder = checked.workspaces.settings().folder.display().to_string();
    block_on(crate::listen::serve(checked, Some(user), |address| {
        let text = format!(
            "open    http://{address}/login?token={shown}\ntoken   {shown}\nfolder  {folder}\nCtrl-C ends it.\n"
        );
        // Whoever started it may have gone.
        let mut out = std::io::stdout();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }))
}

fn folder(options: &Options) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &options.folder {
        return Ok(folder.clone());
    }
    let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = of("XDG_DATA_HOME").or_else(|| Some(of("HOME")?.join(".local/share")));
    Ok(data
        .context("neither XDG_DATA_HOME nor HOME is set: name a folder with --folder")?
        .join("mlaas4hep-hub"))
}
