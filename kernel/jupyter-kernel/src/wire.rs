//! Messages as they travel: signed frames to requests, and replies to signed frames.

mod fields;
mod request;
mod session;
mod signature;

pub use fields::{FieldError, Fields};
pub use request::{Content, Parent, Request, WireError};
pub(crate) use session::PROTOCOL_VERSION;
pub use session::Session;
pub use signature::Signer;
