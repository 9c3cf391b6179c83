//! Whether Rust text is whole: brackets, strings and comments closed.

/// What is open at the end of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// Nothing.
    Closed,
    /// So many brackets.
    Open {
        /// Brackets.
        depth: usize,
    },
    /// A string or a comment.
    InText,
    /// More brackets close than open.
    TooManyClosed,
}

/// Looks at brackets outside of strings, characters and comments. Knows nothing else of Rust.
pub fn balance(text: &str) -> Balance {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match rest[0] {
            b'/' if rest.starts_with(b"//") => line_end(rest),
            b'/' if rest.starts_with(b"/*") => match block_comment(rest) {
                Some(length) => length,
                None => return Balance::InText,
            },
            b'"' => match string(rest) {
                Some(length) => length,
                None => return Balance::InText,
            },
            b'r' if !is_word(at.checked_sub(1).map(|before| bytes[before])) => match raw_string(rest) {
                Raw::No => 1,
                Raw::Closed(length) => length,
                Raw::Open => return Balance::InText,
            },
            b'\'' => character(rest),
            b'(' | b'[' | b'{' => {
                depth += 1;
                1
            }
            b')' | b']' | b'}' => {
                let Some(less) = depth.checked_sub(1) else { return Balance::TooManyClosed };
                depth = less;
                1
            }
            _ => 1,
        };
    }
    if depth == 0 { Balance::Closed } else { Balance::Open { depth } }
}

fn is_word(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn line_end(rest: &[u8]) -> usize {
    rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

fn block_comment(rest: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    None
}

fn string(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

enum Raw {
    No,
    Closed(usize),
    Open,
}

fn raw_string(rest: &[u8]) -> Raw {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return Raw::No;
    }
    let mut end = vec![b'"'];
    end.resize(1 + hashes, b'#');
    let body = &rest[hashes + 2..];
    match body.windows(end.len()).position(|window| window == end) {
        Some(position) => Raw::Closed(hashes + 2 + position + end.len()),
        None => Raw::Open,
    }
}

/// A character in quotes, or the quote of a lifetime.
fn character(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        let close = rest.iter().skip(3).position(|byte| *byte == b'\'');
        return close.map_or(1, |position| position + 4);
    }
    // A character has up to four bytes; a lifetime has no closing quote.
    let close = rest.iter().skip(2).take(4).position(|byte| *byte == b'\'');
    match close.map(|position| position + 3) {
        Some(length)
            if std::str::from_utf8(&rest[1..length - 1]).is_ok_and(|text| text.chars().count() == 1) =>
        {
            length
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_open() {
        for (text, expected) in [
            ("let x = (1 + 2);", Balance::Closed),
            ("fn f() {", Balance::Open { depth: 1 }),
            ("vec![(", Balance::Open { depth: 2 }),
            ("x)", Balance::TooManyClosed),
            ("\"(\"", Balance::Closed),
            ("\"a \\\" (\"", Balance::Closed),
            ("\"open", Balance::InText),
            ("r#\"a \" ( \"#", Balance::Closed),
            ("r#\"a \"", Balance::InText),
            ("'(' '\\'' '\\u{7b}' b'['", Balance::Closed),
            ("fn f<'a>(x: &'a str) {}", Balance::Closed),
            ("// (\n)", Balance::TooManyClosed),
            ("/* ( /* */ */ {", Balance::Open { depth: 1 }),
            ("/* (", Balance::InText),
            ("for(", Balance::Open { depth: 1 }),
        ] {
            assert_eq!(balance(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at(text in ".{0,60}") {
            balance(&text);
        }

        #[test]
        fn quotes_and_brackets_in_any_order(text in "[\"'\\\\rb#(){}/*\n a]{0,40}") {
            balance(&text);
        }
    }
}
