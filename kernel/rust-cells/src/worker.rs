//! The processes that this program also is: the proxy of a worker, the worker, a wrapper of rustc.
//!
//! evcxr starts its worker by running the program again. What it starts here is the proxy, which starts the worker
//! and stands between: it sees where a cell's output begins and ends, asks the kernel whether a compiled cell may
//! still run, and outlives the worker, so that the last words of a crash arrive.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, Signal};

use crate::{cargo_home, processes, proxy, standard_library};

/// Where the kernel listens for the proxy.
pub(crate) const SOCKET_VARIABLE: &str = "MLAAS4HEP_SOCKET";
/// Bytes of private memory that a worker may take; unlimited where it is not set.
pub(crate) const MEMORY_VARIABLE: &str = "MLAAS4HEP_WORKER_MEMORY";

/// Set by evcxr for what it takes for its worker.
const IS_RUNTIME: &str = "EVCXR_IS_RUNTIME";
/// Set by the proxy for the worker proper.
const IS_WORKER: &str = "MLAAS4HEP_IS_WORKER";
/// Where evcxr looks for its configuration.
const CONFIGURATION_VARIABLE: &str = "EVCXR_CONFIG_DIR";

static CONFIGURATION: OnceLock<PathBuf> = OnceLock::new();

/// To be called first in `main`, before any thread is started: the program may have been started as a worker, and
/// then this does not return.
///
/// Otherwise it names the folder in which this process keeps its builds, for evcxr reads it from the environment, and
/// sets another `CARGO_HOME`; see [`crate::user_cargo_home`].
pub fn worker_hook() {
    if std::env::var_os(IS_RUNTIME).is_some() {
        match (std::env::var_os(IS_WORKER), std::env::var_os(SOCKET_VARIABLE)) {
            (None, Some(socket)) => std::process::exit(proxy::run(Path::new(&socket))),
            _ => limit_this_process(),
        }
    }
    evcxr::runtime_hook();
    let moment = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let name = format!("{}-{:x}", processes::name_of_folder("engines"), moment.as_nanos());
    let folder = std::env::temp_dir().join(name);
    // SAFETY: `worker_hook` is documented to be called before there is another thread, so nobody reads or changes the
    // environment meanwhile.
    unsafe { std::env::set_var(CONFIGURATION_VARIABLE, &folder) };
    if std::env::var_os(standard_library::SOURCE_VARIABLE).is_none() {
        // SAFETY: as above. The engine fills the folder; an empty one is passed over.
        unsafe { std::env::set_var(standard_library::SOURCE_VARIABLE, library_folder(&folder)) };
    }
    if let Some(cargo_home) = cargo_home::of_cells(&folder) {
        // SAFETY: as above. The engine fills the folder.
        unsafe { std::env::set_var(cargo_home::VARIABLE, cargo_home) };
        // SAFETY: as above.
        unsafe { std::env::set_var(cargo_home::CLEANING_VARIABLE, "never") };
    }
    let _ = CONFIGURATION.set(folder);
}

/// The folder of this process; `None` when [`worker_hook`] was not called.
pub(crate) fn process_folder() -> Option<&'static Path> {
    CONFIGURATION.get().map(PathBuf::as_path)
}

/// Where the engines of a process show the standard library to rust-analyzer.
pub(crate) fn library_folder(process_folder: &Path) -> PathBuf {
    process_folder.join("library")
}

/// The worker proper, as the proxy starts it.
pub(crate) fn worker_command() -> std::io::Result<Command> {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1).collect::<Vec<OsString>>());
    command.env(IS_WORKER, "1").env_remove("RUST_BACKTRACE");
    for name in secrets::variables() {
        command.env_remove(name);
    }
    // Its own group: an interrupt ends what a cell has started, too, and not the kernel.
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// The worker goes when its proxy goes, when it takes too much memory, and first when the machine has none left.
fn limit_this_process() {
    // Each of these may be refused by an old system; the worker then runs without.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let limit = std::env::var(MEMORY_VARIABLE).ok().and_then(|bytes| bytes.parse().ok());
    if let Some(bytes) = limit {
        // Private memory only: tables are shared maps, and may be larger than the limit.
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        let _ = rustix::process::setrlimit(Resource::Data, limit);
    }
    // A crash is told by words; the memory of the cell need not be written to the disk of the user.
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}
