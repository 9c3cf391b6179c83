//! One file for each command; this is the list of them.
#![allow(clippy::unnecessary_wraps, reason = "all commands have one signature")]

mod doctor;
mod install;
#[cfg(feature = "rust")]
mod prewarm;
mod reference;
mod run;
mod uninstall;

use std::process::ExitCode;

/// What the program can do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Serve a notebook; front ends call this.
    Run(run::Run),
    /// Make the kernel known to Jupyter.
    Install(install::Install),
    /// Remove it from Jupyter.
    Uninstall(uninstall::Uninstall),
    /// Build what Rust cells use, so that the first of them is quick.
    #[cfg(feature = "rust")]
    Prewarm(prewarm::Prewarm),
    /// Check what the kernel needs, and say what cures what is missing.
    Doctor(doctor::Doctor),
    /// Print the reference of all magics in Markdown.
    Reference(reference::Reference),
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(command) => command.run(),
            Self::Install(command) => command.run(),
            Self::Uninstall(command) => command.run(),
            #[cfg(feature = "rust")]
            Self::Prewarm(command) => command.run(),
            Self::Doctor(command) => command.run(),
            Self::Reference(command) => command.run(),
        }
    }
}

/// Prints a line on standard output.
pub(crate) fn say(line: &str) {
    #[expect(clippy::print_stdout, reason = "commands answer on standard output")]
    {
        println!("{line}");
    }
}
