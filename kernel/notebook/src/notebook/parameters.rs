//! Parameters in magics and in Rust cells.

use crate::cells::parameters::{in_a_line, rust_line};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A text in which `{name}` is replaced by the value of a parameter of that name; other braces stay, and so does
/// `${name}`, which belongs to the shell.
pub(super) fn filled_in<'a>(text: &'a str, parameters: &BTreeMap<String, Value>) -> Cow<'a, str> {
    if parameters.is_empty() || !text.contains('{') {
        return Cow::Borrowed(text);
    }
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(start) = rest.find('{') {
        let named =
            rest[start + 1..].split_once('}').and_then(|(name, after)| Some((parameters.get(name)?, after)));
        if let Some((value, after)) = named.filter(|_| !rest[..start].ends_with('$')) {
            filled.push_str(&rest[..start]);
            filled.push_str(&in_a_line(value));
            rest = after;
        } else {
            filled.push_str(&rest[..=start]);
            rest = &rest[start + 1..];
        }
    }
    filled.push_str(rest);
    Cow::Owned(filled)
}

/// Rust that makes variables of the parameters that have a type there; empty where none has.
pub(super) fn in_rust(parameters: &[(String, Value)]) -> String {
    parameters.iter().filter_map(|(name, value)| rust_line(name, value)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_in_braces_are_replaced() {
        let parameters =
            BTreeMap::from([("n".to_string(), json!(20)), ("cut".to_string(), json!("a > {n}"))]);
        for (text, expected) in [
            ("--bins {n}", "--bins 20"),
            ("{n}{n}", "2020"),
            ("{cut}", "a > {n}"),
            ("${n} {m} { {", "${n} {m} { {"),
            ("{{n}}", "{20}"),
            ("", ""),
        ] {
            assert_eq!(filled_in(text, &parameters), expected, "{text}");
        }
    }

    #[test]
    fn variables_of_rust() {
        let all =
            [("n".to_string(), json!(1)), ("m".to_string(), json!(null)), ("t".to_string(), json!("a"))];
        assert_eq!(in_rust(&all), "let n = 1_i64;\nlet t = \"a\".to_string();");
    }
}
