//! `mlaas4hep-torch`: trains and predicts with libtorch for the pipeline that starts it.
//!
//! It is no program for people: its standard input is one end of a Unix socket over which the pipeline speaks (see
//! `training-protocol`), and what it prints is for the log. It ends when its work is done or the pipeline is gone.

mod activation;
mod batch;
mod checkpoint;
mod device;
mod error;
mod feed_forward;
mod loss;
mod model;
mod optimizer;
mod predictor;
mod random;
mod schedule;
mod script;
mod serve;
mod tensor_memory;
mod trainer;

use std::{
    os::{fd::AsFd, unix::net::UnixStream},
    process::ExitCode,
};

use training_protocol::{Connection, FromWorker};

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "standard error is the worker's log")]
fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        println!("mlaas4hep-torch {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    let mut connection = match connect() {
        Ok(connection) => connection,
        Err(problem) => {
            eprintln!(
                "mlaas4hep-torch is started by the pipeline, which talks to it over a socket: {problem}"
            );
            return ExitCode::from(2);
        }
    };
    // Gradients are worked out by hand; only TorchScript models switch libtorch's own on for a moment.
    let _no_gradients = tch::no_grad_guard();
    match serve::serve(&mut connection) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            let failed = FromWorker::Failed { reason: error.to_string() };
            // Where the pipeline is gone there is nobody to tell.
            let _told = connection.send(&failed, &[], None);
            ExitCode::FAILURE
        }
    }
}

fn connect() -> Result<Connection, Box<dyn std::error::Error>> {
    let socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    // Anything else than a socket (a terminal, a file) has no such address.
    socket.local_addr()?;
    Ok(Connection::new(socket)?)
}
