//! The kernel as front ends see it: a program and its sockets.
#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]

#[path = "integration/bad_messages.rs"]
mod bad_messages;
#[path = "integration/cells.rs"]
mod cells;
#[path = "integration/comms.rs"]
mod comms;
#[path = "integration/control.rs"]
mod control;
#[path = "integration/hidden.rs"]
mod hidden;
#[path = "integration/input.rs"]
mod input;
#[path = "integration/life.rs"]
mod life;
#[path = "integration/much_output.rs"]
mod much_output;
#[path = "integration/outputs.rs"]
mod outputs;
#[path = "integration/python.rs"]
mod python;
#[path = "integration/requests.rs"]
mod requests;
#[path = "integration/subshells.rs"]
mod subshells;

use kernel_testing::{FrontEnd, Start};

fn echo() -> Start {
    Start::of(env!("CARGO_BIN_EXE_echo-kernel"))
}

fn start() -> FrontEnd {
    FrontEnd::start(echo())
}
