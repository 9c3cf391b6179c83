//! Cuts a text into tokens.

use crate::source::{ExpressionError, Source, Span};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Integer(i64),
    Float(f64),
    Name(Arc<str>),
    /// A text in quotes, without them.
    Text(Arc<str>),
    Symbol(&'static str),
    /// The end of a line that is not inside brackets, or a semicolon.
    EndOfStatement,
    End,
}

impl Token {
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Integer(value) => format!("`{value}`"),
            Self::Float(value) => format!("`{value:?}`"),
            Self::Name(name) => format!("`{name}`"),
            Self::Text(text) => format!("the text {text:?}"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::EndOfStatement => "the end of the line".to_string(),
            Self::End => "the end".to_string(),
        }
    }
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 27] = [
    "**", "//", "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "=", "&", "|", "^",
    "~", "!", "(", ")", "[", "]", ",", ":",
];

/// Longest text that is looked at: a selection is written by hand.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// Cuts a text into tokens. `odd_name` is a branch name that is one token where it occurs, whatever it contains:
/// the original's cuts name their branch without quotes.
pub(crate) fn tokens(source: &Source, odd_name: Option<&str>) -> Result<Vec<(Token, Span)>, ExpressionError> {
    let text = &*source.text;
    if text.len() > MAX_TEXT_BYTES {
        let message = format!("the text has {} bytes, more than {MAX_TEXT_BYTES}", text.len());
        return Err(source.error(Span::default(), message));
    }
    let odd_name = odd_name.filter(|name| !name.is_empty() && !is_plain_name(name));
    let mut found = Vec::new();
    let mut position = 0;
    let mut open_brackets = 0_usize;
    while let Some(letter) = text[position..].chars().next() {
        let start = position;
        let rest = &text[start..];
        let token = if let Some(name) = odd_name.filter(|name| rest.starts_with(name)) {
            position += name.len();
            Token::Name(name.into())
        } else if letter == '\n' || letter == ';' {
            position += 1;
            if open_brackets > 0 && letter == '\n' {
                continue;
            }
            Token::EndOfStatement
        } else if letter.is_whitespace() {
            position += letter.len_utf8();
            continue;
        } else if letter == '#' {
            position += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if letter.is_ascii_digit() || (letter == '.' && rest[1..].starts_with(is_digit)) {
            let (token, n_bytes) = number(rest);
            position += n_bytes;
            token
        } else if is_name_start(letter) {
            position += name_bytes(rest);
            Token::Name(text[start..position].into())
        } else if letter == '"' || letter == '\'' || letter == '`' {
            let (content, n_bytes) = quoted(source, start, letter)?;
            position += n_bytes;
            if letter == '`' { Token::Name(content.into()) } else { Token::Text(content.into()) }
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            position += symbol.len();
            match *symbol {
                "(" | "[" => open_brackets += 1,
                ")" | "]" => open_brackets = open_brackets.saturating_sub(1),
                _ => {}
            }
            Token::Symbol(symbol)
        } else {
            let span = Span::new(start, start + letter.len_utf8());
            return Err(source.error(span, format!("the character `{letter}` has no meaning here")));
        };
        found.push((token, Span::new(start, position)));
    }
    found.push((Token::End, Span::new(text.len(), text.len())));
    Ok(found)
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

fn is_name_start(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

/// Bytes of the name at the start of a text. A dot belongs to it where a letter follows: split class members are
/// called `muon.pt`.
fn name_bytes(text: &str) -> usize {
    let mut letters = text.char_indices().peekable();
    while let Some((position, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let is_part = letter.is_alphanumeric()
            || letter == '_'
            || (letter == '.' && position > 0 && next.is_some_and(is_name_start));
        if !is_part {
            return position;
        }
    }
    text.len()
}

/// Whether a name can stand in an expression without quotes.
pub(crate) fn is_plain_name(name: &str) -> bool {
    name.starts_with(is_name_start)
        && name_bytes(name) == name.len()
        && !matches!(name, "and" | "or" | "not" | "get" | "drop")
}

fn number(text: &str) -> (Token, usize) {
    let digits = |from: usize| text[from..].find(|letter| !is_digit(letter)).map_or(text.len(), |n| from + n);
    let mut end = digits(0);
    let mut is_integer = true;
    if text[end..].starts_with('.') {
        is_integer = false;
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent_end = digits(end + 1 + sign);
        if exponent_end > end + 1 + sign {
            is_integer = false;
            end = exponent_end;
        }
    }
    let word = &text[..end];
    match word.parse::<i64>() {
        Ok(value) if is_integer => (Token::Integer(value), end),
        // Digits with at most one dot and one exponent always parse; too large becomes infinite.
        _ => (Token::Float(word.parse().unwrap_or(f64::INFINITY)), end),
    }
}

fn quoted(source: &Source, start: usize, quote: char) -> Result<(String, usize), ExpressionError> {
    let mut content = String::new();
    let mut letters = source.text[start + 1..].char_indices();
    while let Some((position, letter)) = letters.next() {
        match letter {
            '\n' => break,
            '\\' => match letters.next() {
                Some((_, 'n')) => content.push('\n'),
                Some((_, escaped)) => content.push(escaped),
                None => break,
            },
            _ if letter == quote => return Ok((content, 1 + position + 1)),
            _ => content.push(letter),
        }
    }
    let span = Span::new(start, start + 1);
    Err(source.error(span, format!("the text that starts here has no closing {quote}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = tokens(&Source::new("test", text), Some("odd-name")).unwrap();
        let words: Vec<String> = found.iter().map(|(token, _)| token.describe()).collect();
        assert_eq!(words.join(" "), expected, "{text}");
    }

    #[test]
    fn words_of_a_text() {
        check("a<=1e3", "`a` `<=` `1000.0` the end");
        check("muon.pt>.5 # why", "`muon.pt` `>` `0.5` the end");
        check("odd-name>3", "`odd-name` `>` `3` the end");
        check("a\n[1,\n2];b", "`a` the end of the line `[` `1` `,` `2` `]` the end of the line `b` the end");
        check("x**-2 `a b` \"q\\\"\"", "`x` `**` `-` `2` `a b` the text \"q\\\"\" the end");
        check("9223372036854775808 1.e", "`9.223372036854776e18` `1.0` `e` the end");
    }

    #[test]
    fn what_has_no_meaning() {
        let error = tokens(&Source::new("test", "a ? b"), None).unwrap_err();
        assert_eq!((error.column, error.message.as_str()), (3, "the character `?` has no meaning here"));
        assert!(tokens(&Source::new("test", "'a"), None).is_err());
    }
}
