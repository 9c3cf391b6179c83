//! What the program can be asked for: one command, one file.

mod backup;
mod check;
mod check_config;
mod dev;
mod log;
mod open_api;
mod restore;
mod serve;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// The service beside `JupyterHub`: shared workspaces of groups and people.
#[derive(Debug, Parser)]
#[command(name = "mlaas4hep-hub", version, about, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves, beside the hub of the environment or of the configuration.
    Serve(ConfigurationFile),
    /// Serves one local user, without a hub: for trying things out.
    Dev(dev::Options),
    /// Says whether a configuration can be served, and what it comes to.
    CheckConfig(check_config::Options),
    /// Looks whether anything that the workspaces hold is lost or miscounted, also while the service runs.
    Check(check::Options),
    /// Copies names and bytes into a folder, also while the service runs.
    Backup(backup::Options),
    /// Brings a backup into the folder of the configuration.
    Restore(restore::Options),
    /// Prints the description of the interface.
    Openapi,
}

/// Where the configuration is.
#[derive(Debug, clap::Args)]
struct ConfigurationFile {
    /// The configuration; without it everything has its default.
    #[arg(long, value_name = "FILE", env = "MLAAS4HEP_HUB_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigurationFile {
    fn check(&self) -> anyhow::Result<crate::configuration::Checked> {
        let said = crate::configuration::load(self.config.as_deref())?;
        Ok(said.check(&|name| std::env::var(name).ok())?)
    }
}

/// Does what the arguments say.
///
/// # Errors
/// What went wrong, with what was tried on what.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // For all that speaks TLS. Its error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match &arguments.command {
        Command::Serve(file) => serve::run(file),
        Command::Dev(options) => dev::run(options),
        Command::CheckConfig(options) => check_config::run(options),
        Command::Check(options) => check::run(options),
        Command::Backup(options) => backup::run(options),
        Command::Restore(options) => restore::run(options),
        Command::Openapi => open_api::run(),
    }
}

/// Runs something that waits.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}
