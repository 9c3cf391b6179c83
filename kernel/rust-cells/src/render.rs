//! Errors as lines with ANSI colours, in the way of rustc, over the lines that the user wrote.

use std::collections::BTreeMap;

use evcxr::CompilationError;

use crate::sink::RustError;

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[1;34m";
const CYAN: &str = "\u{1b}[1;36m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// More errors are counted, not shown.
const MOST_ERRORS: usize = 10;
/// Longer lines are cut: a megabyte of cell is no help in its error.
const LONGEST_LINE: usize = 400;

/// A mark below a line of the cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// From 1.
    pub(crate) line: usize,
    /// Columns in letters, from 1; the end is behind the last.
    pub(crate) columns: (usize, usize),
    pub(crate) label: String,
    pub(crate) is_primary: bool,
}

/// The errors of a cell that does not compile.
pub(crate) fn compilation_errors(errors: &[CompilationError], code: &str) -> RustError {
    // A message may come twice, from the first and the second attempt of evcxr.
    let mut seen = Vec::new();
    let mut rendered = Vec::new();
    for error in errors.iter().filter(|error| error.level() != "warning") {
        let one = compilation_error(error, code);
        if !seen.contains(&one) && seen.len() < MOST_ERRORS {
            rendered.extend(one.clone());
        }
        seen.push(one);
    }
    if seen.len() > MOST_ERRORS {
        rendered.push(note(&format!("{} more errors", seen.len() - MOST_ERRORS)));
    }
    let first = errors.iter().find(|error| error.level() != "warning").or(errors.first());
    RustError {
        name: first.and_then(CompilationError::code).unwrap_or("Error").to_string(),
        message: first.map_or_else(|| "the cell does not compile".to_string(), CompilationError::message),
        rendered,
        lost: Vec::new(),
    }
}

fn compilation_error(error: &CompilationError, code: &str) -> Vec<String> {
    let marks: Vec<Mark> = error
        .spanned_messages()
        .iter()
        .chain(error.help_spanned())
        .filter_map(|message| {
            let span = message.span?;
            let end = if span.end_line == span.start_line { span.end_column } else { usize::MAX };
            Some(Mark {
                line: span.start_line,
                columns: (span.start_column, end),
                label: message.label.clone(),
                is_primary: message.is_primary
                    && !error.help_spanned().iter().any(|help| help.label == message.label),
            })
        })
        .collect();
    let code_name = error.code().map(|code| format!("[{code}]")).unwrap_or_default();
    let mut lines = vec![format!("{RED}error{code_name}{RESET}{BOLD}: {}{RESET}", error.message())];
    lines.extend(snippet(code, &marks));
    for help in error.help() {
        lines.push(format!("{CYAN}help{RESET}: {}", help.replace("\n\n", ": ")));
    }
    if let Some(hint) = error.evcxr_extra_hint() {
        lines.push(note(hint));
    }
    lines
}

/// The lines of `code` that have marks, with the marks below.
pub(crate) fn snippet(code: &str, marks: &[Mark]) -> Vec<String> {
    let source: Vec<&str> = code.lines().collect();
    let mut by_line: BTreeMap<usize, Vec<&Mark>> = BTreeMap::new();
    for mark in marks.iter().filter(|mark| mark.line >= 1 && mark.line <= source.len()) {
        by_line.entry(mark.line).or_default().push(mark);
    }
    let Some(last) = by_line.keys().next_back() else { return Vec::new() };
    let width = last.to_string().len();
    let blank = " ".repeat(width);
    let first = by_line.values().flatten().find(|mark| mark.is_primary).or(by_line.values().flatten().next());
    let place = first.map_or((1, 1), |mark| (mark.line, mark.columns.0));
    let mut lines = vec![format!("{blank}{BLUE}-->{RESET} cell:{}:{}", place.0, place.1)];
    lines.push(format!("{blank} {BLUE}|{RESET}"));
    let mut previous = 0;
    for (number, marks) in by_line {
        if previous != 0 && number > previous + 1 {
            lines.push(format!("{BLUE}...{RESET}"));
        }
        previous = number;
        let text: String = source[number - 1].replace('\t', " ").chars().take(LONGEST_LINE).collect();
        lines.push(format!("{BLUE}{number:>width$} |{RESET} {text}"));
        lines.extend(marks.iter().filter_map(|mark| underline(mark, &text, &blank)));
    }
    lines.push(format!("{blank} {BLUE}|{RESET}"));
    lines
}

fn underline(mark: &Mark, text: &str, blank: &str) -> Option<String> {
    let length = text.chars().count();
    let start = mark.columns.0.saturating_sub(1).min(length);
    let end = mark.columns.1.saturating_sub(1).min(length).max(start + 1);
    let (colour, sign) = if mark.is_primary { (RED, "^") } else { (BLUE, "-") };
    let is_cut = length == LONGEST_LINE && start == length;
    (!is_cut).then(|| {
        let label = mark.label.replace('\n', " ");
        let signs = sign.repeat(end - start);
        format!("{blank} {BLUE}|{RESET} {}{colour}{signs} {label}{RESET}", " ".repeat(start))
    })
}

/// An error without lines of code.
pub(crate) fn plain(name: &str, message: &str) -> Vec<String> {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default();
    let mut rendered = vec![format!("{RED}{name}{RESET}{BOLD}: {first}{RESET}")];
    rendered.extend(lines.map(str::to_string));
    rendered
}

/// A line that adds something.
pub(crate) fn note(text: &str) -> String {
    format!("{CYAN}note{RESET}: {text}")
}

/// Lines without their colours.
#[cfg(test)]
pub(crate) fn without_colours(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    for colour in [RED, BLUE, CYAN, BOLD, RESET] {
        text = text.replace(colour, "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_below_letters_however_wide_they_are() {
        let mark =
            |line, columns, label: &str, is_primary| Mark { line, columns, label: label.into(), is_primary };
        let code = "let é = 1;\n\n\nlet z: i32 = \"a\";";
        let marks = [
            mark(4, (14, 17), "expected `i32`", true),
            mark(4, (8, 11), "because of this", false),
            mark(1, (5, 6), "here", false),
            mark(9, (1, 2), "not in the cell", true),
        ];
        let expected = " --> cell:4:14
  |
1 | let é = 1;
  |     - here
...
4 | let z: i32 = \"a\";
  |              ^^^ expected `i32`
  |        --- because of this
  |";
        assert_eq!(without_colours(&snippet(code, &marks)), expected);
    }

    #[test]
    fn marks_beyond_a_line_do_no_harm() {
        let mark = Mark { line: 1, columns: (0, usize::MAX), label: "a\nb".into(), is_primary: true };
        assert!(
            without_colours(&snippet("xy", std::slice::from_ref(&mark))).contains("1 | xy\n  | ^^ a b\n")
        );
        let far = Mark { columns: (1000, 2000), ..mark };
        assert!(without_colours(&snippet(&"x".repeat(3000), &[far])).lines().all(|line| line.len() < 500));
        assert!(snippet("", &[]).is_empty());
    }
}
