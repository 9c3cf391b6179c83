//! Why a kernel does not start.

use std::path::PathBuf;

/// Why a kernel does not start.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The connection file cannot be used.
    #[error("cannot use the connection file {}: {reason}", path.display())]
    ConnectionFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A socket cannot be bound.
    #[error(
        "cannot listen on {address}: {cause}; another kernel may use it, so let the front end choose new ports"
    )]
    Bind {
        /// The address.
        address: String,
        /// What the socket said.
        #[source]
        cause: zeromq::ZmqError,
    },
    /// The system gives no threads or no event queue.
    #[error("cannot {action}: {cause}")]
    System {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}
