//! A Jupyter kernel without a language: [`run`] binds the five sockets of a connection file and speaks the
//! messaging protocol; whatever implements [`Language`] runs the cells.
//!
//! - Every request gets a reply: one that is unknown, incomplete or unreadable gets an error reply with the cause.
//!   Messages with a wrong signature are dropped, logged and counted.
//! - Cells run on a thread of their own; completion, inspection and the like are answered meanwhile, and the control
//!   socket waits for nobody. A panic of the language becomes an error reply.
//! - A language that allows it gets cells side by side, in subshells (JEP 91).
//! - Output goes through one bounded queue. Where a front end reads slower than a cell prints, the cell waits:
//!   nothing is lost, and idle is always last. Stream text is joined for up to 25 ms.
//! - Transports are TCP and IPC. Encryption (CURVE) is not built: on a shared machine use IPC, whose sockets
//!   obey file permissions.
//!
//! ```no_run
//! # fn example(language: std::sync::Arc<dyn jupyter_kernel::Language>) -> Result<(), jupyter_kernel::KernelError> {
//! use jupyter_kernel::{KernelOptions, run};
//!
//! run("connection.json".as_ref(), language, KernelOptions::default())?;
//! # Ok(())
//! # }
//! ```

mod answers;
mod cells;
mod comms;
mod connection;
mod error;
mod hiding;
mod history;
mod kernel;
pub mod kernelspec;
mod language;
mod log_file;
mod mime_bundle;
mod output;
mod run;
mod sockets;
mod subshells;
mod text;
mod usage;
mod watch;
pub mod wire;

pub use error::KernelError;
pub use language::{Cell, CellDone, CellError, Comm, Completeness, Completions, Language, LanguageInfo};
pub use log_file::log_to_file;
pub use mime_bundle::MimeBundle;
pub use output::{Output, Recording};
pub use run::{KernelOptions, run};
pub use sockets::stdin::InputError;
