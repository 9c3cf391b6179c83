//! One request as it came in: identities, header, content.

use super::{FieldError, Fields, Signer};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::sync::Arc;

const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Why frames are no message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The frame `<IDS|MSG>` is not there.
    #[error("{frames} frames without the delimiter <IDS|MSG>")]
    NoDelimiter {
        /// How many came.
        frames: usize,
    },
    /// Less than signature, header, parent header, metadata and content.
    #[error("{found} frames after the delimiter instead of at least 5")]
    MissingFrames {
        /// How many came.
        found: usize,
    },
    /// The signature is not ours.
    #[error("wrong signature: whoever sent this does not have the key of the connection file")]
    WrongSignature,
    /// The header cannot be read; the message is signed, so its sender gets an answer.
    #[error("the header cannot be read: {reason}")]
    Header {
        /// Where the answer goes.
        identities: Vec<Bytes>,
        /// What is wrong with it.
        reason: String,
    },
}

/// Who asked: what every reply and every output repeats.
#[derive(Debug, Clone, Default)]
pub struct Parent {
    /// Frames that the ROUTER socket needs to find the front end.
    pub identities: Vec<Bytes>,
    /// Its header as JSON text, to be sent back as `parent_header`.
    pub header: Bytes,
    /// Its `msg_id`, empty where there is no parent.
    pub msg_id: String,
}

/// A content that was read, or why it was not.
pub type Content = Result<Map<String, Value>, String>;

/// One verified request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asked.
    pub parent: Arc<Parent>,
    /// Such as `execute_request`.
    pub msg_type: String,
    /// `msg_id` of the message that this one answers, for `input_reply`; empty where the front end sends none.
    pub answers: String,
    /// The subshell that is to handle it; `None` is the shell itself.
    pub subshell: Option<String>,
    /// The content; an unreadable one gets an error reply.
    pub content: Content,
    /// The metadata; empty where they cannot be read.
    pub metadata: Map<String, Value>,
}

impl Request {
    /// Verifies and reads the frames of one message.
    ///
    /// # Errors
    /// [`WireError`]; all but [`WireError::Header`] are to be dropped without an answer.
    pub fn parse(mut frames: Vec<Bytes>, signer: &Signer) -> Result<Self, WireError> {
        let n_frames = frames.len();
        let delimiter = frames.iter().position(|frame| frame.as_ref() == DELIMITER);
        let delimiter = delimiter.ok_or(WireError::NoDelimiter { frames: n_frames })?;
        let parts = frames.split_off(delimiter + 1);
        frames.truncate(delimiter);
        let [signature, header, parent_header, metadata, content, ..] = parts.as_slice() else {
            return Err(WireError::MissingFrames { found: parts.len() });
        };
        if !signer.is_right(&[header, parent_header, metadata, content], signature) {
            return Err(WireError::WrongSignature);
        }
        let identities = frames;
        let header_fields = match object(header) {
            Ok(fields) => fields,
            Err(reason) => return Err(WireError::Header { identities, reason }),
        };
        let text = |field: &str| header_fields.get(field).and_then(Value::as_str).map(str::to_string);
        let Some(msg_type) = text("msg_type") else {
            return Err(WireError::Header { identities, reason: "it has no msg_type".to_string() });
        };
        let msg_id = text("msg_id").unwrap_or_default();
        Ok(Self {
            parent: Arc::new(Parent { identities, header: sound_header(header, &header_fields), msg_id }),
            msg_type,
            subshell: text("subshell_id"),
            answers: answered(parent_header),
            content: object(content),
            metadata: object(metadata).unwrap_or_default(),
        })
    }

    /// The content, to be asked field by field.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn fields(&self) -> Result<Fields<'_>, FieldError> {
        let content = self.content.as_ref();
        let content = content.map_err(|reason| FieldError::Unreadable {
            msg_type: self.msg_type.clone(),
            reason: reason.clone(),
        })?;
        Ok(Fields::new(&self.msg_type, content))
    }

    /// Type of the answer: `execute_reply` for `execute_request`.
    pub fn reply_type(&self) -> String {
        match self.msg_type.strip_suffix("_request") {
            Some(stem) => format!("{stem}_reply"),
            None => format!("{}_reply", self.msg_type),
        }
    }
}

/// A frame as JSON object.
fn object(frame: &[u8]) -> Content {
    match serde_json::from_slice(frame) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("it is no JSON object".to_string()),
        Err(error) if std::str::from_utf8(frame).is_err() => Err(format!("it is not UTF-8 ({error})")),
        Err(error) => Err(error.to_string()),
    }
}

/// The header is sent back as it came, which is what front ends compare; it was read, so it is sound JSON.
fn sound_header(frame: &Bytes, fields: &Map<String, Value>) -> Bytes {
    match std::str::from_utf8(frame) {
        Ok(_) => frame.clone(),
        Err(_) => Bytes::from(serde_json::to_vec(fields).unwrap_or_default()),
    }
}

fn answered(parent_header: &[u8]) -> String {
    let fields = object(parent_header).unwrap_or_default();
    fields.get("msg_id").and_then(Value::as_str).unwrap_or_default().to_string()
}
