//! Texts without the values.

use std::borrow::Cow;

/// What stands in the place of a value.
pub const HIDDEN: &str = "(not shown)";

/// Shorter values are no secrets, and would hide half of an ordinary text.
const LEAST_LETTERS: usize = 6;

/// Takes values out of texts.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// Longest first: one value may begin with another.
    values: Vec<String>,
}

impl Mask {
    /// Hides these values, where they have six letters or more and are more than one word of a switch.
    pub fn of(values: impl IntoIterator<Item = String>) -> Self {
        let mut values: Vec<String> = values.into_iter().map(|value| value.trim().to_string()).collect();
        values.retain(|value| value.chars().count() >= LEAST_LETTERS);
        values.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        values.dedup();
        Self { values }
    }

    /// Hides the values of this process's variables whose names speak of secrets, as they are now.
    pub fn of_environment() -> Self {
        let secret = std::env::vars_os().filter(|(name, _)| crate::is_secret(&name.to_string_lossy()));
        Self::of(secret.filter_map(|(_, value)| value.into_string().ok()))
    }

    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The text without the values.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = Cow::Owned(text.replace(value.as_str(), HIDDEN));
            }
        }
        text
    }

    /// Bytes of the longest end of the text with which a value may begin, so that the rest of it may come with the next
    /// piece of a stream.
    pub fn open_end(&self, text: &str) -> usize {
        self.values.iter().map(|value| open_end_of(value, text)).max().unwrap_or(0)
    }
}

fn open_end_of(value: &str, text: &str) -> usize {
    let most = value.len().saturating_sub(1).min(text.len());
    let is_open = |n_bytes: &usize| {
        let start = text.len() - n_bytes;
        text.is_char_boundary(start) && value.as_bytes().starts_with(&text.as_bytes()[start..])
    };
    (1..=most).rev().find(is_open).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_hidden_wherever_they_stand() {
        let mask = Mask::of(["s3cr3t-token".to_string(), "s3cr3t-token-2".to_string(), "1".to_string()]);
        for (text, expected) in [
            ("", ""),
            ("1 event", "1 event"),
            ("s3cr3t-token", HIDDEN),
            ("a s3cr3t-token-2b s3cr3t-token", "a (not shown)b (not shown)"),
            ("s3cr3t-toke", "s3cr3t-toke"),
        ] {
            assert_eq!(mask.text(text), expected, "{text}");
        }
        assert!(Mask::of([" 12345 ".to_string()]).is_empty());
    }

    #[test]
    fn an_open_end_may_begin_a_value() {
        let mask = Mask::of(["abcabd".to_string(), "über-geheim".to_string()]);
        for (text, expected) in
            [("", 0), ("x", 0), ("xab", 2), ("abcab", 5), ("abcabc", 3), ("abcabd", 0), ("xü", 2)]
        {
            assert_eq!(mask.open_end(text), expected, "{text}");
        }
    }
}
