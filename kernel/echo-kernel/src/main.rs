//! A kernel with a toy language: it repeats what it is told, and has a command for everything that a kernel can do.
//!
//! `echo-kernel run CONNECTION_FILE [--history FILE] [--log FILE] [--stall-limit-ms N]`
//! `echo-kernel install PREFIX` and `echo-kernel uninstall PREFIX`

mod commands;
mod language;

use jupyter_kernel::kernelspec::{InstallOptions, Place, install, uninstall};
use jupyter_kernel::{KernelOptions, log_to_file, run};
use language::Echo;
use secrets::Mask;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

const USAGE: &str = "echo-kernel run CONNECTION_FILE [--history FILE] [--log FILE] [--stall-limit-ms N] | \
                     echo-kernel install PREFIX | echo-kernel uninstall PREFIX";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match obey(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{error}");
            #[expect(clippy::print_stderr, reason = "a program says why it ends")]
            {
                eprintln!("echo-kernel: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn obey(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    match arguments {
        [command, connection_file, settings @ ..] if command == "run" => {
            let options = read_settings(settings)?;
            Ok(run(Path::new(connection_file), Arc::new(Echo::default()), options)?)
        }
        [command, prefix] if command == "install" => {
            install(&kernelspec(prefix)?)?;
            Ok(())
        }
        [command, prefix] if command == "uninstall" => {
            uninstall(&Place::Prefix(PathBuf::from(prefix)), "echo")?;
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}

fn read_settings(settings: &[String]) -> Result<KernelOptions, Box<dyn Error>> {
    let mut options = KernelOptions { hidden: Mask::of_environment(), ..KernelOptions::default() };
    for setting in settings.chunks(2) {
        match setting {
            [name, value] if name == "--history" => options.history_file = Some(PathBuf::from(value)),
            [name, value] if name == "--log" => {
                log_to_file(Path::new(value), log::LevelFilter::Debug, Mask::of_environment())?;
            }
            [name, value] if name == "--stall-limit-ms" => {
                options.stalled_front_end_limit = Duration::from_millis(value.parse()?);
            }
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

fn kernelspec(prefix: &str) -> Result<InstallOptions, Box<dyn Error>> {
    let program = std::env::current_exe()?.to_string_lossy().into_owned();
    Ok(InstallOptions {
        place: Place::Prefix(PathBuf::from(prefix)),
        name: "echo".to_string(),
        display_name: "Echo".to_string(),
        language: "echo".to_string(),
        argv: vec![program, "run".to_string(), "{connection_file}".to_string()],
        ..InstallOptions::default()
    })
}
