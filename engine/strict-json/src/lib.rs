//! Reads JSON that people write. Of a key that stands twice in one object usual readers keep the last value and lose
//! the other in silence; here it is an error.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt::{Formatter, Result as Written};

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrictJsonError {
    /// The text is not JSON.
    #[error("{reason}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was found, with line and column.
        reason: String,
    },
    /// A key stands twice in one object.
    #[error(
        "line {line}: the key `{key}` stands twice{}; only one of its values could count, keep that one",
        shown(path)
    )]
    RepeatedKey {
        /// Keys (and positions in lists) that lead to the object, from the top.
        path: Vec<String>,
        /// The key.
        key: String,
        /// Line where it stands again, from 1.
        line: usize,
    },
}

fn shown(path: &[String]) -> String {
    if path.is_empty() { String::new() } else { format!(" in `{}`", path.join(" > ")) }
}

/// Reads one value.
///
/// # Errors
/// [`StrictJsonError`].
pub fn from_str(text: &str) -> Result<Value, StrictJsonError> {
    let walk = RefCell::new(Walk::default());
    let mut reader = serde_json::Deserializer::from_str(text);
    let read =
        ValueAt { walk: &walk }.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let Walk { path, repeated } = walk.into_inner();
        match repeated {
            Some(key) => StrictJsonError::RepeatedKey { path, key, line },
            None => StrictJsonError::NotJson { line, column, reason: error.to_string() },
        }
    })
}

/// Where the reader is, and the repeated key that ended it.
#[derive(Default)]
struct Walk {
    path: Vec<String>,
    repeated: Option<String>,
}

/// The next value of the text.
struct ValueAt<'a> {
    walk: &'a RefCell<Walk>,
}

impl ValueAt<'_> {
    fn enter(&self, step: String) {
        self.walk.borrow_mut().path.push(step);
    }

    fn leave(&self) {
        self.walk.borrow_mut().path.pop();
    }

    fn below(&self) -> Self {
        Self { walk: self.walk }
    }
}

impl<'de> DeserializeSeed<'de> for ValueAt<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueAt<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> Written {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            self.enter(values.len().to_string());
            let Some(value) = items.next_element_seed(self.below())? else { break };
            values.push(value);
            self.leave();
        }
        self.leave();
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                self.walk.borrow_mut().repeated = Some(key);
                return Err(A::Error::custom("a key stands twice"));
            }
            self.enter(key.clone());
            object.insert(key, entries.next_value_seed(self.below())?);
            self.leave();
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_else_is_read_as_ever() {
        for text in [
            r#"{"a": [1, -2, 3.5, 1e300, true, null, "x\n"], "b": {"c": {}, "d": []}, "c": 18446744073709551615}"#,
            "[]",
            "\"word\"",
            r#"[{"a": 1}, {"a": 2}]"#,
        ] {
            assert_eq!(from_str(text), Ok(serde_json::from_str(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_named_with_its_place() {
        let check = |text: &str, path: &[&str], key: &str, line: usize| {
            let path = path.iter().map(ToString::to_string).collect();
            let expected = StrictJsonError::RepeatedKey { path, key: key.into(), line };
            assert_eq!(from_str(text), Err(expected), "{text}");
        };
        check("{\"a\": 1,\n\"b\": 2,\n\"a\": 1}", &[], "a", 3);
        check("{\"a\": {\"b\": {\"c\": 1,\n\n\"c\": 2}}}", &["a", "b"], "c", 3);
        check(r#"{"x": [1, [], {"k": 0, "k": 0}]}"#, &["x", "2"], "k", 1);
        check(r#"{"\u0061": 1, "a": 2}"#, &[], "a", 1);
        let error = from_str("{\"a\": {\"b\": 1,\n\"b\": 2}}").unwrap_err().to_string();
        assert!(error.starts_with("line 2: the key `b` stands twice in `a`;"), "{error}");
    }

    #[test]
    fn what_is_not_json_has_its_line() {
        let error = from_str("{\"a\": 1,\n\"b\": }").unwrap_err();
        assert!(matches!(error, StrictJsonError::NotJson { line: 2, column: 6, .. }), "{error:?}");
        assert!(from_str("{} {}").is_err() && from_str("").is_err());
        assert!(from_str(&"[".repeat(1000)).is_err());
    }
}
