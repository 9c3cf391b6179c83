//! Messages without the values that are never to be shown.

use secrets::Mask;
use serde_json::Value;
use std::borrow::Cow;

/// A content without them; texts at any depth, and names of fields.
pub(crate) fn content<'a>(mask: &Mask, content: &'a Value) -> Cow<'a, Value> {
    if mask.is_empty() || !holds(mask, content) {
        return Cow::Borrowed(content);
    }
    let mut content = content.clone();
    hide(mask, &mut content);
    Cow::Owned(content)
}

fn holds(mask: &Mask, value: &Value) -> bool {
    let is_hidden = |text: &str| matches!(mask.text(text), Cow::Owned(_));
    match value {
        Value::String(text) => is_hidden(text),
        Value::Array(values) => values.iter().any(|value| holds(mask, value)),
        Value::Object(fields) => fields.iter().any(|(name, value)| is_hidden(name) || holds(mask, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn hide(mask: &Mask, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(hidden) = mask.text(text) {
                *text = hidden;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| hide(mask, value)),
        Value::Object(fields) => {
            let hidden = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                hide(mask, &mut value);
                (mask.text(&name).into_owned(), value)
            });
            *fields = hidden.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_at_any_depth_are_hidden() {
        let mask = Mask::of(["s3cr3t".to_string()]);
        let hidden = content(&mask, &json!({"a": ["x s3cr3t y", 1], "s3cr3t": {"b": "s3cr3t"}})).into_owned();
        assert_eq!(hidden, json!({"a": ["x (not shown) y", 1], "(not shown)": {"b": "(not shown)"}}));
        let plain = json!({"a": "b"});
        assert!(matches!(content(&mask, &plain), Cow::Borrowed(_)));
    }
}
