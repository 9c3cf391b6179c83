//! What all messages of one kernel share, and how they are put into frames.

use super::{Parent, Signer};
use crate::hiding;
use bytes::Bytes;
use secrets::Mask;
use serde_json::{Value, json};
use zeromq::ZmqMessage;

/// The version of the protocol that headers and `kernel_info_reply` name.
pub(crate) const PROTOCOL_VERSION: &str = "5.5";

/// One life of the kernel: its id, the name of its user, and the key.
pub struct Session {
    /// Random; the `session` of every header and part of the iopub topics.
    pub id: String,
    username: String,
    /// Signs and verifies.
    pub signer: Signer,
    /// What no message holds.
    pub(crate) mask: Mask,
}

impl Session {
    /// A new session; the user's name comes from the environment (`USER`, else "kernel").
    pub fn new(signer: Signer) -> Self {
        let username = std::env::var("USER").unwrap_or_else(|_| "kernel".to_string());
        Self { id: uuid::Uuid::new_v4().to_string(), username, signer, mask: Mask::default() }
    }

    /// The same, whose messages hold none of these values.
    #[must_use]
    pub fn hiding(self, mask: Mask) -> Self {
        Self { mask, ..self }
    }

    /// Frames of a message: `prefix` (identities or a topic), delimiter, signature and the four JSON parts.
    /// The second value is the new `msg_id`.
    pub fn frames(
        &self,
        prefix: &[Bytes],
        msg_type: &str,
        parent: &Parent,
        metadata: &Value,
        content: &Value,
    ) -> (ZmqMessage, String) {
        let msg_id = uuid::Uuid::new_v4().to_string();
        let header = json!({
            "msg_id": msg_id,
            "session": self.id,
            "username": self.username,
            "date": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            "msg_type": msg_type,
            "version": PROTOCOL_VERSION,
        });
        let parent_header =
            if parent.header.is_empty() { Bytes::from_static(b"{}") } else { parent.header.clone() };
        let header = Bytes::from(header.to_string());
        let metadata = Bytes::from(hiding::content(&self.mask, metadata).to_string());
        let content = Bytes::from(hiding::content(&self.mask, content).to_string());
        let signature = self.signer.sign(&[&header, &parent_header, &metadata, &content]);
        let mut message = ZmqMessage::from(content);
        for frame in
            [metadata, parent_header, header, Bytes::from(signature), Bytes::from_static(b"<IDS|MSG>")]
        {
            message.push_front(frame);
        }
        for frame in prefix.iter().rev() {
            message.push_front(frame.clone());
        }
        (message, msg_id)
    }
}
