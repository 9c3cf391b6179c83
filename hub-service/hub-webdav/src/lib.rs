//! `WebDAV` (RFC 4918) over the names of the workspaces: one tree whose top folders are the workspaces that the caller sees.
//!
//! [`WebDav::handle`] takes a request of a caller who is known already. `PROPFIND` is our own; the rest of the protocol is spoken
//! by `dav-server`, over a file system and locks that are ours and made for one request each:
//! - what it does in steps (clear the way, then move; delete file by file) becomes one transaction of the storage;
//! - a failed operation answers with the status of its own error, and says in the body what to do next.
//!
//! Left out on purpose: `PATCH`, and `PROPFIND` of infinite depth (RFC 4918 section 9.1 allows to refuse it).

mod asked;
mod conditions;
mod error;
mod file;
mod file_system;
mod handler;
mod locks;
mod metadata;
mod place;
mod properties;
mod propfind;
mod wanted;

pub use handler::{ActorNow, DavBody, WebDav, wants_adler32};
