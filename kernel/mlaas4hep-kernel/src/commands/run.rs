//! `mlaas4hep-kernel run`.

use crate::surroundings;
use anyhow::Context;
use jupyter_kernel::{KernelOptions, log_to_file};
use notebook::{Notebook, NotebookOptions};
use secrets::Mask;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Serve a notebook; front ends call this.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// The connection file of the front end.
    #[arg(short = 'f', long)]
    connection_file: PathBuf,
    /// Write what happens to this file.
    #[arg(long)]
    log: Option<PathBuf>,
    /// How much is written to it: error, warn, info, debug or trace.
    #[arg(long, default_value = "info")]
    log_level: log::LevelFilter,
    /// Remember cells for this session only.
    #[arg(long)]
    no_history: bool,
    /// Start without the engine of Rust cells.
    #[arg(long)]
    no_rust: bool,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        keep_environment_private();
        let hidden = Mask::of_environment();
        if let Some(path) = &self.log {
            log_to_file(path, self.log_level, hidden.clone())
                .with_context(|| format!("cannot write the log {}", path.display()))?;
        }
        let notebook = Notebook::new(NotebookOptions {
            rust: self.rust(),
            worker: surroundings::worker(),
            memory_limit_bytes: surroundings::memory_limit_bytes(),
            environment: surroundings::environment_of_scripts(),
        })
        .context("cannot make a temporary folder for this session")?;
        let options = KernelOptions {
            history_file: if self.no_history { None } else { surroundings::history_file() },
            hidden,
            ..KernelOptions::default()
        };
        jupyter_kernel::run(&self.connection_file, Arc::new(notebook), options)?;
        Ok(ExitCode::SUCCESS)
    }

    #[cfg(feature = "rust")]
    fn rust(&self) -> Option<Box<dyn notebook::RustEngine>> {
        if self.no_rust { None } else { Some(Box::new(crate::rust_engine::Engine::start())) }
    }

    #[cfg(not(feature = "rust"))]
    #[expect(clippy::unused_self, reason = "the same call as with the engine")]
    fn rust(&self) -> Option<Box<dyn notebook::RustEngine>> {
        None
    }
}

/// The environment of a server holds its token. Programs that a cell starts do not inherit it, and here they lose the right
/// to read it from this process.
fn keep_environment_private() {
    let refused = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    if let Err(error) = refused {
        log::warn!("the environment of the kernel can be read by its cells: {error}");
    }
}
