//! Fields of a request, read leniently: what is left out or null takes its default, what has a wrong type is named.

use serde_json::{Map, Value};

/// Why a request cannot be answered as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The content is no JSON object.
    #[error("the content of this {msg_type} cannot be read: {reason}")]
    Unreadable {
        /// Type of the message.
        msg_type: String,
        /// What the parser said.
        reason: String,
    },
    /// A field without default is not there.
    #[error("this {msg_type} lacks the field '{field}'; send it as {expected}")]
    Missing {
        /// Type of the message.
        msg_type: String,
        /// Name of the field.
        field: &'static str,
        /// What it must hold.
        expected: &'static str,
    },
    /// A field holds something else.
    #[error("the field '{field}' of this {msg_type} is {found}; send it as {expected}")]
    WrongType {
        /// Type of the message.
        msg_type: String,
        /// Name of the field.
        field: &'static str,
        /// What it must hold.
        expected: &'static str,
        /// What it holds.
        found: &'static str,
    },
}

/// The content of a request, asked field by field.
pub struct Fields<'a> {
    msg_type: &'a str,
    content: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The fields of a content; `msg_type` is for the errors.
    pub fn new(msg_type: &'a str, content: &'a Map<String, Value>) -> Self {
        Self { msg_type, content }
    }

    /// A text.
    ///
    /// # Errors
    /// When it is missing or no text.
    pub fn text(&self, field: &'static str) -> Result<&'a str, FieldError> {
        self.optional_text(field)?.ok_or_else(|| FieldError::Missing {
            msg_type: self.msg_type.to_string(),
            field,
            expected: "a text",
        })
    }

    /// A text, or `None`.
    ///
    /// # Errors
    /// When it is no text.
    pub fn optional_text(&self, field: &'static str) -> Result<Option<&'a str>, FieldError> {
        self.read(field, "a text", Value::as_str)
    }

    /// A yes or no.
    ///
    /// # Errors
    /// When it is neither true nor false.
    pub fn flag(&self, field: &'static str, default: bool) -> Result<bool, FieldError> {
        Ok(self.read(field, "true or false", Value::as_bool)?.unwrap_or(default))
    }

    /// A whole number, or `None`.
    ///
    /// # Errors
    /// When it is no number, or not a whole one.
    pub fn number(&self, field: &'static str) -> Result<Option<i64>, FieldError> {
        self.read(field, "a whole number", whole_number)
    }

    /// An object; empty when it is missing.
    ///
    /// # Errors
    /// When it is no object.
    pub fn object(&self, field: &'static str) -> Result<Map<String, Value>, FieldError> {
        Ok(self.read(field, "an object", Value::as_object)?.cloned().unwrap_or_default())
    }

    fn read<T>(
        &self,
        field: &'static str,
        expected: &'static str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, FieldError> {
        match self.content.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| FieldError::WrongType {
                msg_type: self.msg_type.to_string(),
                field,
                expected,
                found: kind_of(value),
            }),
        }
    }
}

/// JavaScript writes whole numbers as it likes, so `3.0` is one; numbers out of range are cut.
fn whole_number(value: &Value) -> Option<i64> {
    let real = || value.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i64);
    value.as_i64().or_else(real)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_takes_its_default() {
        let content =
            json!({"code": "a", "n": 3.0, "silent": null, "big": 1e300}).as_object().cloned().unwrap();
        let fields = Fields::new("execute_request", &content);
        assert_eq!(fields.text("code"), Ok("a"));
        assert_eq!(fields.number("n"), Ok(Some(3)));
        assert_eq!(fields.number("big"), Ok(Some(i64::MAX)));
        assert_eq!(fields.number("stop"), Ok(None));
        assert_eq!(fields.flag("silent", true), Ok(true));
        assert_eq!(fields.object("user_expressions"), Ok(Map::new()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let content = json!({"code": 7, "n": 0.5}).as_object().cloned().unwrap();
        let fields = Fields::new("execute_request", &content);
        let said = fields.text("code").unwrap_err().to_string();
        assert_eq!(said, "the field 'code' of this execute_request is a number; send it as a text");
        let said = fields.text("cursor").unwrap_err().to_string();
        assert_eq!(said, "this execute_request lacks the field 'cursor'; send it as a text");
        assert!(fields.number("n").is_err());
    }
}
