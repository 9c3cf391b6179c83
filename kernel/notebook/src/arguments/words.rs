//! The words of a line, with their places.

/// A word, and the bytes of the line that it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word without its quotes.
    pub text: String,
    /// First byte in the line.
    pub start: usize,
    /// End in the line, exclusive; quotes included.
    pub end: usize,
}

/// Splits at spaces. Single and double quotes keep spaces; an open quote reaches to the end. A backslash stands for itself
/// but before a space or a quote, which it keeps.
pub fn words(line: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut current: Option<Word> = None;
    let mut quote: Option<char> = None;
    let mut letters = line.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if quote.is_none() && letter.is_whitespace() {
            found.extend(current.take());
            continue;
        }
        let word = current.get_or_insert(Word { text: String::new(), start: at, end: at });
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, '\\') if letters.peek().is_some_and(|(_, next)| matches!(next, ' ' | '\'' | '"')) => {
                word.text.extend(letters.next().map(|(_, next)| next));
            }
            _ => word.text.push(letter),
        }
        word.end = letters.peek().map_or(line.len(), |(next, _)| *next);
    }
    found.extend(current);
    found
}

/// Splits at the commas that stand in no bracket and in no quotes; parts are trimmed, and come with the byte where they
/// start. Empty parts are left out.
pub fn split_top_level_commas(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut quote) = (0_usize, 0, None);
    let mut part = |from: usize, to: usize| {
        let piece = &text[from..to];
        let trimmed = piece.trim();
        if !trimmed.is_empty() {
            parts.push((from + piece.len() - piece.trim_start().len(), trimmed));
        }
    };
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                part(start, at);
                start = at + 1;
            }
            _ => {}
        }
    }
    part(start, text.len());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_quotes() {
        let texts = |line: &str| words(line).into_iter().map(|word| word.text).collect::<Vec<_>>();
        assert_eq!(texts("a  b"), ["a", "b"]);
        assert_eq!(texts(r#"a "b c" d='e f'"#), ["a", "b c", "d=e f"]);
        assert_eq!(texts(r"a\ b C:\x"), ["a b", r"C:\x"]);
        assert_eq!(texts("\"open quote"), ["open quote"]);
        assert_eq!(texts("  "), Vec::<String>::new());
        let places: Vec<_> = words("ä 'b' ").into_iter().map(|word| (word.start, word.end)).collect();
        assert_eq!(places, [(0, 2), (3, 6)]);
    }

    #[test]
    fn commas() {
        let parts = |text: &'static str| split_top_level_commas(text);
        assert_eq!(parts("a, max(b, c) ,"), [(0, "a"), (3, "max(b, c)")]);
        assert_eq!(parts("x[y > 1, z]"), [(0, "x[y > 1, z]")]);
        assert_eq!(parts(""), []);
        assert_eq!(parts("a)),b"), [(0, "a))"), (4, "b")]);
    }
}
