//! One thing to show, in as many formats as a front end may ask for.

use serde_json::{Map, Value, json};

/// One thing to show, keyed by media type, with metadata keyed the same way.
///
/// ```
/// use jupyter_kernel::MimeBundle;
///
/// let picture = MimeBundle::text("a histogram").with("image/svg+xml", "<svg/>");
/// assert_eq!(picture.data["text/plain"], "a histogram");
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MimeBundle {
    /// Contents by media type; binary formats in base64.
    pub data: Map<String, Value>,
    /// Hints by media type, such as the width of a picture.
    pub metadata: Map<String, Value>,
}

impl MimeBundle {
    /// A plain text. Every bundle should have one: it is what terminals and saved notebooks fall back to.
    pub fn text(text: impl Into<String>) -> Self {
        Self::default().with("text/plain", text.into())
    }

    /// The bundle with one format more.
    #[must_use]
    pub fn with(mut self, media_type: &str, content: impl Into<Value>) -> Self {
        self.data.insert(media_type.to_string(), content.into());
        self
    }

    /// The bundle with one hint more: `metadata[media_type][key] = value`.
    #[must_use]
    pub fn with_metadata(mut self, media_type: &str, key: &str, value: impl Into<Value>) -> Self {
        let hints = self.metadata.entry(media_type).or_insert_with(|| json!({}));
        if let Value::Object(hints) = hints {
            hints.insert(key.to_string(), value.into());
        }
        self
    }
}
