//! Measures this project's work on one ROOT file, for `engine/bench/compare`.
//!
//! One JSON object a line for each pass: events, seconds of wall and of processor time, largest anonymous memory,
//! and with `--check` the width of the matrix, the sum of its values and the number of places without one.

#![expect(clippy::print_stdout, reason = "the figures are for the script that runs this program")]

mod clock;
mod passes;

use anyhow::Context;
use clap::Parser;
use passes::{Pass, Work};
use root_file::RootFile;
use std::path::PathBuf;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: page_allocator::MiMalloc = page_allocator::MiMalloc;

/// Runs passes over a ROOT file and prints their figures.
#[derive(Parser)]
struct Arguments {
    /// The ROOT file.
    file: PathBuf,
    /// Name of the tree.
    #[arg(long, default_value = "events")]
    tree: String,
    /// Passes in their order.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "specs,fill")]
    passes: Vec<Pass>,
    /// Threads of the pool.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Events in one matrix.
    #[arg(long, default_value_t = 100_000)]
    chunk: u64,
    /// For the pass `both`: bytes of decoded columns that are kept between its two passes.
    #[arg(long, default_value_t = 8_000_000_000)]
    keep_bytes: usize,
    /// Also adds up the matrix; this is part of the time.
    #[arg(long)]
    check: bool,
}

fn main() -> anyhow::Result<()> {
    page_allocator::use_large_pages();
    let arguments = Arguments::parse();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build()?;
    let open = || -> anyhow::Result<_> {
        RootFile::open(&arguments.file)?.tree(&arguments.tree).context("opening the tree")
    };
    let start = Instant::now();
    let tree = open()?;
    let open_s = start.elapsed().as_secs_f64();
    let work = Work { chunk: arguments.chunk, keep_bytes: arguments.keep_bytes, check: arguments.check };
    let mut specs = None;
    for pass in &arguments.passes {
        let mut line = pool.install(|| work.run(*pass, &tree, &mut specs, &open))?;
        line["reader"] = "mlaas4hep".into();
        line["threads"] = arguments.threads.into();
        line["open_s"] = open_s.into();
        println!("{line}");
    }
    Ok(())
}
