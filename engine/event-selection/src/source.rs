//! Where an expression was written, and errors that point there.

use std::sync::Arc;

/// Bytes of a source text, half-open. Two trees that differ only in spans are equal, so spans compare as equal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether the words stand in parentheses of their own.
    pub(crate) in_parentheses: bool,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end, in_parentheses: false }
    }

    pub(crate) fn to(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// A text and what it is, for messages: `selection`, or `jagged_cut "Muon_Pt", cut_1`.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) place: Arc<str>,
    pub(crate) text: Arc<str>,
}

impl Source {
    pub(crate) fn new(place: &str, text: &str) -> Self {
        Self { place: place.into(), text: text.into() }
    }

    pub(crate) fn error(&self, span: Span, message: impl Into<String>) -> ExpressionError {
        let start = floor_boundary(&self.text, span.start);
        let end = floor_boundary(&self.text, span.end.max(start));
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |newline| start + newline);
        ExpressionError {
            place: self.place.to_string(),
            line: self.text[..start].matches('\n').count() + 1,
            column: self.text[line_start..start].chars().count() + 1,
            width: self.text[start..end.min(line_end).max(start)].chars().count().max(1),
            excerpt: self.text[line_start..line_end].to_string(),
            message: message.into(),
            missing_branch: None,
        }
    }
}

fn floor_boundary(text: &str, position: usize) -> usize {
    let mut position = position.min(text.len());
    while !text.is_char_boundary(position) {
        position -= 1;
    }
    position
}

/// What is wrong with an expression, and where.
///
/// Shown as the message with line and column (both from 1), the line itself, and carets under the words that are
/// meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// Where the text comes from, such as `selection` or `flat_cut "nMu", cut_1`.
    pub place: String,
    /// Line in that text, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters that are meant.
    pub width: usize,
    /// The line.
    pub excerpt: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The branch that was named and does not exist, where that is what is wrong.
    pub missing_branch: Option<String>,
}

impl std::error::Error for ExpressionError {}

impl std::fmt::Display for ExpressionError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A long line is cut around the place so that the carets stay under it.
        const BEFORE: usize = 60;
        let from = if self.column > BEFORE + 1 { self.column - 1 - BEFORE } else { 0 };
        let shown: String = self.excerpt.chars().skip(from).take(BEFORE + 60).collect();
        let blanks: String = shown
            .chars()
            .take(self.column - 1 - from)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(formatter, "{}, line {}, column {}: {}", self.place, self.line, self.column, self.message)?;
        writeln!(formatter, "  {shown}")?;
        write!(formatter, "  {blanks}{}", "^".repeat(self.width.min(60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_points_at_its_words() {
        let source = Source::new("selection", "a = 1\nµ = jet_tp + 2");
        let error = source.error(Span::new(11, 17), "no branch `jet_tp`");
        assert_eq!((error.line, error.column), (2, 5));
        let expected = "selection, line 2, column 5: no branch `jet_tp`\n  µ = jet_tp + 2\n      ^^^^^^";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn spans_outside_the_text_do_no_harm() {
        let source = Source::new("x", "é");
        let error = source.error(Span::new(1, 99), "odd");
        assert_eq!((error.column, error.width), (1, 1));
    }
}
