//! What a front end sends and receives.

use serde_json::Value;

/// The channels on which a kernel answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Requests and replies.
    Shell,
    /// Interrupt, shutdown and the like.
    Control,
    /// Questions of the kernel.
    Stdin,
    /// Outputs for all front ends.
    Iopub,
}

/// A request that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its `msg_id`, which all that belongs to it repeats.
    pub id: String,
    /// Its JSON header.
    pub header: String,
}

/// A message that was received.
#[derive(Debug, Clone)]
pub struct Received {
    /// Such as `stream`.
    pub msg_type: String,
    /// `msg_id` of the request that it belongs to.
    pub parent: String,
    /// Its own header, for replies to it.
    pub header: bytes::Bytes,
    /// Its content.
    pub content: Value,
    /// The frame before the delimiter: the topic on iopub.
    pub topic: String,
}
