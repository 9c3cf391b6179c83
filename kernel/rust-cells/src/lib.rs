//! Rust cells of a notebook, run by evcxr in a worker process.
//!
//! ```no_run
//! # use rust_cells::*;
//! # fn example(sink: &dyn CellSink) -> Result<(), RustError> {
//! rust_cells::worker_hook(); // first in main: the worker is this program, too
//! let cells = RustCells::start(RustOptions::default()); // returns at once
//! cells.execute("let events = mlaas4hep::table(\"ttH\")?;", sink)?; // waits until the engine is ready
//! # Ok(())
//! # }
//! ```
//!
//! # Processes
//!
//! ```text
//! kernel ── engine thread: evcxr, rust-analyzer ──> cargo, rustc           compiles a cell to a library
//!    ^            |  commands             ^ ends of cells
//!    |            v                       |
//!    └─ socket ─ proxy (this program) ────┘   takes the outputs apart, asks whether a compiled cell may still run
//!                 |  ^
//!                 v  |  pipes
//!               worker (this program)         loads the library and runs it; holds the variables
//! ```
//!
//! - The engine starts in the background; the kernel answers meanwhile.
//! - Everything that a cell writes goes one way, so that prints and displays keep their order, arrive while the cell
//!   runs, and arrive all when the worker crashes. A sink that blocks holds up the cell, not the memory.
//! - An interrupt ends the compiler or the worker and returns at once; the engine recovers in the background.
//! - Tables live in shared memory (`mlaas4hep::store`), not in the worker.
//! - The worker has no tokens in its environment, goes with the kernel, and has a limit on its memory. It is no
//!   sandbox: a cell may do whatever the user may.
//!
//! # Deliberately absent
//!
//! A second way of compiling, by a call of rustc for cells that define nothing lasting. Which variables, functions,
//! imports and dependencies a cell sees, and what `?` and the last expression mean in it, is known to evcxr only, and
//! is private there: a second compiler of cells would be a second set of rules, and a cell could mean one thing by
//! itself and another below a `let`. The semicolon and [`mlaas4hep::LastValue`] save the second compilation instead.

mod cargo_home;
mod cell;
mod cells;
mod commands;
mod doctor;
mod engine;
mod frame;
mod letters;
mod memory;
mod options;
mod outputs;
mod panics;
mod prewarm;
mod processes;
mod proxy;
mod render;
mod seed;
mod semicolon;
mod share;
mod side;
mod sink;
mod sources;
mod splitter;
mod standard_library;
mod types;
mod waiting;
mod worker;

pub use cargo_home::user_cargo_home;
pub use cells::{Completions, Inspection, RustCells};
pub use doctor::{Check, doctor};
pub use engine::EngineState;
pub use options::RustOptions;
pub use prewarm::{PrewarmError, PrewarmReport, prewarm};
pub use sink::{BranchPut, CellSink, RustDone, RustError};
pub use worker::worker_hook;
