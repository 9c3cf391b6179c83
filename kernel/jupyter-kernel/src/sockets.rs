//! The five sockets, one file each.

pub(crate) mod control;
pub(crate) mod heartbeat;
pub(crate) mod iopub;
pub(crate) mod iopub_queue;
pub(crate) mod router;
pub(crate) mod shell;
pub(crate) mod stdin;
