//! The program `mlaas4hep-hub`.

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Names, bytes, keys and backups are for nobody else on this machine.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let arguments = mlaas4hep_hub::commands::Arguments::parse();
    match mlaas4hep_hub::commands::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be listening.
            let _ = writeln!(std::io::stderr(), "mlaas4hep-hub: {error:#}");
            ExitCode::FAILURE
        }
    }
}
