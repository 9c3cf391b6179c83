//! The one integration binary: what no single room can promise alone.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

#[path = "integration/arrows.rs"]
mod arrows;
#[path = "integration/bad_input.rs"]
mod bad_input;
#[path = "integration/memory.rs"]
mod memory;
#[path = "integration/original.rs"]
mod original;
#[path = "integration/program.rs"]
mod program;
#[path = "integration/road.rs"]
mod road;
#[path = "integration/shared_files.rs"]
mod shared_files;
