//! `mlaas4hep`: from ROOT files to a trained model, and from the model to scores.
//!
//! This crate says and shows; every step is a call of the engine below. `commands` lists what it can do,
//! `console` is the only place that prints.

mod commands;
mod console;
mod failure;
mod help;
mod image_options;
mod log_lines;
mod npy;
mod report_folder;
mod score_file;
mod shared;
mod worker_program;
mod write_file;

use clap::{CommandFactory, FromArgMatches, Parser};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: page_allocator::MiMalloc = page_allocator::MiMalloc;

/// From ROOT files to a trained model, and from the model to scores.
///
/// Reads trees of flat and jagged branches, measures them (specs), turns events into rows of a matrix, trains a
/// neural network, reports how good it is, and predicts. Start with `inspect` on a file of yours, then `workflow`.
#[derive(Parser)]
#[command(name = "mlaas4hep", version, propagate_version = true, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: commands::Command,
    /// Threads that read and compute; as many as the machine has cores by default.
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// Print no progress, only results.
    #[arg(long, global = true)]
    quiet: bool,
}

const AFTER_HELP: &str = "Exit status: 0 done; 1 nothing to do or failed; 2 the command line is wrong; \
3 an input cannot be read; 4 settings and input do not fit together, or an output \
cannot be written; 5 training failed; 130 stopped by Ctrl-C.";

fn main() -> ExitCode {
    page_allocator::use_large_pages();
    let said = help::plain(Arguments::command()).get_matches();
    let arguments = Arguments::from_arg_matches(&said).unwrap_or_else(|error| error.exit());
    let mut console = console::Console::new(arguments.quiet);
    if let Some(n_threads) = arguments.threads {
        // Fails only when the pool exists already, which it does not this early.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(n_threads.max(1)).build_global();
    }
    match arguments.command.run(&mut console) {
        Ok(code) => match console.unwritten() {
            None => code,
            Some(cause) => failure::report(&failure::of_standard_output(cause), &mut console),
        },
        Err(error) => failure::report(&error, &mut console),
    }
}
