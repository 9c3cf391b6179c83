//! What a notebook can do: magics over ROOT files, and Rust through whoever runs it.
//!
//! [`Notebook`] is the language that the kernel serves. A cell is split into magics and Rust ([`cells`]); a magic is
//! found in the one list ([`magics::ALL`]), its line is parsed by its description ([`arguments`]), and it works on the
//! [`session`]: samples, selection, model. What it shows goes through [`display`]. Nothing here opens a socket.

pub mod arguments;
pub mod cells;
pub mod display;
pub mod magic;
pub mod magics;
pub mod notebook;
pub mod session;
mod show;

pub use notebook::{HandedBack, NoTables, Notebook, NotebookOptions, RustEngine, Tables};
