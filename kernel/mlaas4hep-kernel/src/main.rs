//! `mlaas4hep-kernel`: the Jupyter kernel and its installation.

mod commands;
#[cfg(feature = "rust")]
mod rust_engine;
mod surroundings;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: page_allocator::MiMalloc = page_allocator::MiMalloc;

/// A Jupyter kernel that reads ROOT files, draws, trains and predicts.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    // The workers of Rust cells are this program again.
    #[cfg(feature = "rust")]
    rust_cells::worker_hook();
    page_allocator::use_large_pages();
    match Cli::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "a program says why it ends")]
            {
                eprintln!("mlaas4hep-kernel: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
