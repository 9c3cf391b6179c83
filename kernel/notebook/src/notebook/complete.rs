//! Tab: magics, options, files, samples, settings, branches.

use super::Notebook;
use crate::arguments::{Free, ValueKind, words};
use crate::magic::MagicInfo;
use crate::magics;
use crate::session::{SETTINGS, Vocabulary};
use event_selection::function_names;
use jupyter_kernel::Completions;
use std::path::Path;

/// What may stand at a byte of a cell.
pub(super) fn complete(notebook: &Notebook, code: &str, cursor: usize) -> Completions {
    let before = &code[..cursor];
    let line_start = before.rfind('\n').map_or(0, |position| position + 1);
    let line = &before[line_start..];
    let vocabulary = notebook.vocabulary();
    if let Some(found) = in_magic_line(line, &vocabulary) {
        return found.into_completions(line_start, cursor);
    }
    if let Some(found) = in_cell_magic(code, line_start, line, &vocabulary) {
        return found.into_completions(line_start, cursor);
    }
    match notebook.rust() {
        Some(rust) => rust.complete(code, cursor),
        None => branch_names(line, &vocabulary).into_completions(line_start, cursor),
    }
}

/// Words that fit, and where in the line they begin.
struct Found {
    start: usize,
    words: Vec<(String, &'static str)>,
}

impl Found {
    fn into_completions(self, line_start: usize, cursor: usize) -> Completions {
        let (matches, kinds) = self.words.into_iter().map(|(word, kind)| (word, kind.to_string())).unzip();
        Completions { matches, start: line_start + self.start, end: cursor, kinds }
    }
}

fn in_magic_line(line: &str, vocabulary: &Vocabulary) -> Option<Found> {
    let indent = line.len() - line.trim_start().len();
    let rest = &line[indent..];
    let marks = rest.len() - rest.trim_start_matches('%').len();
    if !(1..=2).contains(&marks) {
        return None;
    }
    let Some(space) = rest.find(char::is_whitespace) else {
        let typed = &rest[marks..];
        let names = magics::ALL.iter().filter(|magic| magic.name.starts_with(typed));
        let words = names.map(|magic| (format!("{}{}", &rest[..marks], magic.name), "magic")).collect();
        return Some(Found { start: indent, words });
    };
    let magic = magics::find(&rest[marks..space]).ok()?;
    let offset = indent + space + 1;
    Some(in_arguments(magic, &line[offset..], vocabulary).moved(offset))
}

/// Below `%%name`, text is completed as that magic's text.
fn in_cell_magic(code: &str, line_start: usize, line: &str, vocabulary: &Vocabulary) -> Option<Found> {
    let head = code[..line_start].trim_start();
    let name = head.strip_prefix("%%")?.split_whitespace().next()?;
    let magic = magics::find(name).ok()?;
    let is_expression = matches!(magic.free, Free::Expressions { .. })
        || matches!(magic.free, Free::Text { kind: ValueKind::Expression, .. });
    if is_expression {
        Some(branch_names(line, vocabulary))
    } else {
        Some(Found { start: line.len(), words: vec![] })
    }
}

impl Found {
    fn moved(self, offset: usize) -> Self {
        Self { start: self.start + offset, ..self }
    }
}

fn in_arguments(magic: &MagicInfo, text: &str, vocabulary: &Vocabulary) -> Found {
    let found = words(text);
    let is_new_word = text.is_empty() || text.ends_with(char::is_whitespace);
    let current = if is_new_word { None } else { found.last() };
    let typed = current.map_or("", |word| word.text.as_str());
    let start = current.map_or(text.len(), |word| word.start);
    let before =
        if is_new_word { found.last() } else { found.len().checked_sub(2).and_then(|at| found.get(at)) };
    if let Some((name, value)) = typed.split_once('=').filter(|_| typed.starts_with("--"))
        && let Some((_, kind)) =
            magic.options.iter().find(|option| option.name == name).and_then(|option| option.value)
    {
        return of_kind(kind, value, vocabulary).moved(start + name.len() + 1);
    }
    if let Some(kind) = before.and_then(|word| {
        let option = magic.options.iter().find(|option| option.name == word.text)?;
        option.value.map(|(_, kind)| kind)
    }) {
        return of_kind(kind, typed, vocabulary).moved(start);
    }
    if typed.starts_with('-') {
        let options = magic.options.iter().filter(|option| option.name.starts_with(typed));
        let words = options.map(|option| (option.name.to_string(), "option")).collect();
        return Found { start, words };
    }
    match magic.free {
        Free::Expressions { .. } | Free::Text { kind: ValueKind::Expression, .. } => {
            branch_names(text, vocabulary)
        }
        Free::Words { kind, .. } | Free::Text { kind, .. } => of_kind(kind, typed, vocabulary).moved(start),
        Free::None => Found { start, words: Vec::new() },
    }
}

fn of_kind(kind: ValueKind, typed: &str, vocabulary: &Vocabulary) -> Found {
    let fitting = |names: &mut dyn Iterator<Item = String>, what: &'static str| -> Found {
        Found {
            start: 0,
            words: names.filter(|name| name.starts_with(typed)).map(|name| (name, what)).collect(),
        }
    };
    match kind {
        ValueKind::File => files(typed, false),
        ValueKind::Folder => files(typed, true),
        ValueKind::Sample => {
            // Several samples stand with commas between them.
            let start = typed.rfind(',').map_or(0, |comma| comma + 1);
            let names = vocabulary.samples.iter().filter(|name| name.starts_with(&typed[start..]));
            Found { start, words: names.map(|name| (name.clone(), "sample")).collect() }
        }
        ValueKind::Magic => fitting(&mut magics::ALL.iter().map(|magic| magic.name.to_string()), "magic"),
        ValueKind::Setting => {
            fitting(&mut SETTINGS.iter().map(|setting| setting.name.to_string()), "setting")
        }
        ValueKind::Choice(choices) => fitting(&mut choices.iter().map(ToString::to_string), "value"),
        ValueKind::Branch => {
            fitting(&mut vocabulary.branches.iter().map(|branch| branch.name.to_string()), "branch")
        }
        ValueKind::Expression => branch_names(typed, vocabulary),
        ValueKind::Text | ValueKind::Count | ValueKind::Number | ValueKind::Range => {
            Found { start: typed.len(), words: Vec::new() }
        }
    }
}

/// Branches and functions for the name at the end of a text.
fn branch_names(text: &str, vocabulary: &Vocabulary) -> Found {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    let typed_bytes: usize =
        text.chars().rev().take_while(|letter| is_part(*letter)).map(char::len_utf8).sum();
    let start = text.len() - typed_bytes;
    let typed = &text[start..];
    let branches = vocabulary.branches.iter().map(|branch| &*branch.name);
    let mut words: Vec<(String, &'static str)> =
        branches.filter(|name| name.starts_with(typed)).map(|name| (name.to_string(), "branch")).collect();
    if words.is_empty() && !typed.is_empty() {
        // Letters in the other case: `jet_` for `Jet_pt`.
        let small = typed.to_lowercase();
        let branches = vocabulary.branches.iter().map(|branch| &*branch.name);
        words.extend(
            branches
                .filter(|name| name.to_lowercase().starts_with(&small))
                .map(|name| (name.to_string(), "branch")),
        );
    }
    if !typed.is_empty() {
        let functions = function_names().map(|(name, _)| name).filter(|name| name.starts_with(typed));
        words.extend(functions.map(|name| (format!("{name}("), "function")));
    }
    Found { start, words }
}

/// Files below the folder that was typed.
fn files(typed: &str, folders_only: bool) -> Found {
    let start = typed.rfind('/').map_or(0, |slash| slash + 1);
    // `NAME=FILE` names a sample.
    let start = start.max(typed.rfind('=').map_or(0, |equals| equals + 1));
    let folder_start = typed[..start].rfind('=').map_or(0, |equals| equals + 1);
    let folder = if start == folder_start { "." } else { &typed[folder_start..start] };
    let prefix = &typed[start..];
    let Ok(entries) = std::fs::read_dir(Path::new(folder)) else { return Found { start, words: Vec::new() } };
    let mut words = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.path().is_dir();
        let is_hidden = name.starts_with('.') && !prefix.starts_with('.');
        if name.starts_with(prefix) && !is_hidden && (is_folder || !folders_only) {
            words.push(if is_folder { (format!("{name}/"), "folder") } else { (name, "file") });
        }
    }
    words.sort();
    Found { start, words }
}
