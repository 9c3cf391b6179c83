//! The service `mlaas4hep-hub`: HTTP around who is asking (`hub-auth`) and the shared storage (`workspaces`).
//!
//! - [`configuration`]: what the operator said, what was checked.
//! - `state`: what was built of it; every handler gets it.
//! - `routes`: one action, one file; `router` is the list of all, `addresses` of those without a description.
//! - `connections`: what carries requests, with its limits.
//! - [`pages`]: what people see in a browser, one page, one file.
//! - [`commands`]: what the program can be asked for.

pub mod commands;
pub mod configuration;
pub mod pages;

mod addresses;
#[cfg(test)]
mod any_header;
mod asker;
mod conditions;
mod connections;
mod drain;
mod failure;
mod hub_groups;
mod json_body;
mod listen;
mod local_files;
mod measure;
mod open_api;
mod place;
mod ranges;
mod rate_limit;
mod router;
mod routes;
mod send_file;
mod slots;
mod state;
mod upload_headers;

pub use addresses::{DAV, OPEN, PAGES};
pub use failure::Failure;
pub use open_api::open_api;
pub use router::{Needs, ROUTES, Route};
