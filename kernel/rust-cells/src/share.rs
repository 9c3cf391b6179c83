//! Makes what engine, cells and connections share.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::Shared;
use crate::options::RustOptions;
use crate::side::Side;
use crate::worker;

/// The folder of builds and the socket of a new engine; with the reason where there can be none.
pub(crate) fn share(options: RustOptions) -> Result<Arc<Shared>, (Arc<Shared>, String)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let failed = |options, reason| {
        let shared = Shared::new(options, PathBuf::new(), PathBuf::new(), Arc::default());
        (Arc::new(shared), reason)
    };
    let Some(home) = worker::process_folder() else {
        return Err(failed(options, "rust_cells::worker_hook() was not called first in main".to_string()));
    };
    let socket = home.join(format!("socket-{number}"));
    match make_private_folder(home).and_then(|()| Side::listen(&socket)) {
        Ok(side) => Ok(Arc::new(Shared::new(options, home.join(format!("engine-{number}")), socket, side))),
        Err(error) => Err(failed(options, format!("could not listen at {}: {error}", socket.display()))),
    }
}

/// A folder that no other user can look into: what is built and run lies there.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && is_ours(folder) => Ok(()),
        other => other,
    }
}

/// Whether this user made the folder, as for the first engine of this process.
fn is_ours(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // The last two digits of the mode are what others may do.
    let ours = rustix::process::getuid().as_raw();
    std::fs::symlink_metadata(folder)
        .is_ok_and(|found| found.is_dir() && found.uid() == ours && found.mode() % 0o100 == 0)
}
