//! Whether conditions are well formed. The protocol library trusts that they are, and ends the request in a panic where not.

use http::{HeaderMap, HeaderValue, header};

/// Whether `If`, `If-Match`, `If-None-Match` and `If-Range` are what RFC 4918 section 10.4 and RFC 9110 section 13 say.
pub(crate) fn are_well_formed(headers: &HeaderMap) -> bool {
    let all = |name: &str, is_sound: fn(&str) -> bool| {
        headers
            .get_all(name)
            .iter()
            .all(|value| HeaderValue::to_str(value).is_ok_and(|text| is_sound(text.trim())))
    };
    all("if", is_if)
        && all(header::IF_MATCH.as_str(), is_tag_list)
        && all(header::IF_NONE_MATCH.as_str(), is_tag_list)
        && all(header::IF_RANGE.as_str(), is_range_condition)
}

fn is_tag_list(text: &str) -> bool {
    text == "*" || rest_of_tags(text).is_some_and(str::is_empty)
}

/// What comes after a list of entity tags.
fn rest_of_tags(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = after_tag(rest)?.trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return Some(rest),
        }
    }
}

/// A date has no quotes, and is looked at by who reads it.
fn is_range_condition(text: &str) -> bool {
    !text.contains('"') || after_tag(text) == Some("")
}

/// What comes after an entity tag: `"..."`, `W/"..."`.
fn after_tag(text: &str) -> Option<&str> {
    let (_, rest) = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"')?.split_once('"')?;
    Some(rest)
}

/// `If`: lists of conditions, each for the address of the request or for the one before it.
fn is_if(text: &str) -> bool {
    let mut rest = text;
    let mut n_lists = 0;
    while !rest.is_empty() {
        if rest.starts_with('<') {
            let Some(after) = after_address(rest) else { return false };
            rest = after.trim_start();
        }
        let Some(after) = after_conditions(rest) else { return false };
        (rest, n_lists) = (after.trim_start(), n_lists + 1);
    }
    n_lists > 0
}

/// What comes after `(...)`, which holds at least one condition.
fn after_conditions(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix('(')?.trim_start();
    let mut n_conditions = 0;
    while !rest.starts_with(')') {
        let bare = rest.get(..3).filter(|word| word.eq_ignore_ascii_case("not")).map_or(rest, |_| &rest[3..]);
        let bare = bare.trim_start();
        let after = match bare.strip_prefix('[') {
            Some(tag) => after_tag(tag.trim_start())?.trim_start().strip_prefix(']')?,
            None => after_address(bare)?,
        };
        (rest, n_conditions) = (after.trim_start(), n_conditions + 1);
    }
    if n_conditions > 0 { rest.strip_prefix(')') } else { None }
}

/// What comes after `<...>`.
fn after_address(text: &str) -> Option<&str> {
    let (address, rest) = text.strip_prefix('<')?.split_once('>')?;
    (!address.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, value: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        assert_eq!(are_well_formed(&headers), expected, "{name}: {value}");
    }

    #[test]
    fn lists_of_conditions() {
        for good in [
            "(<urn:uuid:1>)",
            "(<urn:uuid:1> [\"a\"]) (Not <DAV:no-lock>)",
            "<http://h/a> (<urn:x> [W/\"a b\"]) (NOT [\"c\"])",
            "</a>(<x>)</b>([\"t\"])",
        ] {
            check("if", good, true);
        }
        for bad in [
            "", "()", "(<", "(<a", "([", "([\"a", "([\"a\"", "<", "<a", "(<a> [", "(<a>", "(<>)", "a",
            "(<a>) x", "(Not)", "<a>", "([a])", "(<a>)(", "\u{e9}",
        ] {
            check("if", bad, false);
        }
    }

    #[test]
    fn lists_of_tags() {
        for name in ["if-match", "if-none-match"] {
            for good in ["*", "\"a\"", "\"a\", W/\"b\"", "\"a,b\",\"\""] {
                check(name, good, true);
            }
            for bad in ["", "\"", "a", "\"a", "\"a\" \"b\"", "W/", "\"a\",", "*, \"a\""] {
                check(name, bad, false);
            }
        }
        for (value, expected) in
            [("\"a\"", true), ("\"", false), ("Sat, 29 Oct 1994 19:43:31 GMT", true), ("x", true)]
        {
            check("if-range", value, expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(text in "[<>()\\[\\]\"W/,NotaA* ]{0,40}") {
            let mut headers = HeaderMap::new();
            for name in ["if", "if-match", "if-range"] {
                headers.insert(name, HeaderValue::from_str(&text).unwrap());
            }
            are_well_formed(&headers);
        }
    }
}
