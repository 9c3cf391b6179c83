//! Telling Jupyter of a kernel: the folder with `kernel.json` and the logos.

mod folders;
mod install;

pub use folders::Place;
pub use install::{InstallOptions, KernelspecError, install, uninstall};
