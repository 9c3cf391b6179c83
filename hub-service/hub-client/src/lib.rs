//! The hub service from the other side: what the command line and the kernel call.
//!
//! - [`Connection`] says where the service is and with which token; it is found from options, the environment of a
//!   notebook server, or the file of `mlaas4hep login` ([`LoginFile`]).
//! - [`HubClient`] is the service as async functions, [`Hub`] the same for programs without a runtime.
//! - [`SharedFile`] reads a file of a workspace by ranges, as a `byte-source`, or itself where the service runs on this machine; [`SharedFiles`] makes `shared://` names files
//!   wherever the engine takes a name.
//!
//! A token is never shown: not by `Debug`, not in an error, not in an address.

mod block_cache;
mod client;
mod connection;
mod device_flow;
mod download;
mod error;
mod explain;
mod failures;
mod hub;
mod local_handle;
mod login_file;
mod manage;
mod names;
mod plan;
mod progress;
mod ranges;
mod removal;
mod request;
mod retry;
mod rights;
mod shared_file;
mod shared_files;
mod sharing;
mod token;
mod tus;
mod upload;

pub use client::HubClient;
pub use connection::{Connection, Environment, Wish};
pub use device_flow::{DeviceCode, DeviceLogin};
pub use download::{DownloadOptions, Fetched};
pub use error::HubError;
pub use failures::Failures;
pub use hub::Hub;
pub use login_file::LoginFile;
pub use names::SharedNames;
pub use plan::{DownloadPlan, Transfer, UploadPlan};
pub use progress::{OnProgress, Progress, Step};
pub use ranges::{Opened, PinnedFile};
pub use retry::RetryRule;
pub use rights::LinkWish;
pub use shared_file::{ReadSettings, SharedFile};
pub use shared_files::SharedFiles;
pub use sharing::{Share, ShareError, ShareWish, Sharing};
pub use token::{Token, TokenOrigin};
pub use upload::{Condition, Sent, UploadOptions};

/// What the types of answers and requests are called; callers need not name `hub-api` themselves.
pub use hub_api;
