//! Tab: magics, options, files, samples, settings, branches.

mod model_json;
mod shared_names;

use super::Notebook;
use super::rust_engine::RustEngine;
use crate::arguments::{Free, ValueKind, Word, words};
use crate::magic::MagicInfo;
use crate::magics;
use crate::session::{ACTIVATIONS, LAYERS, SETTINGS, Vocabulary};
use event_selection::function_names;
use jupyter_kernel::Completions;
use plots::COLOUR_NAMES;
use root_file::RootFile;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use training_pipeline::PARAMETER_KEYS;

/// Names of the session, and of the variables of Rust cells.
struct Known {
    vocabulary: Arc<Vocabulary>,
    rust_variables: Vec<String>,
}

impl Deref for Known {
    type Target = Vocabulary;

    fn deref(&self) -> &Vocabulary {
        &self.vocabulary
    }
}

/// What may stand at a byte of a cell.
pub(super) fn complete(notebook: &Notebook, code: &str, cursor: usize) -> Completions {
    let before = &code[..cursor];
    let line_start = before.rfind('\n').map_or(0, |position| position + 1);
    let line = &before[line_start..];
    let variables = notebook.rust().map(RustEngine::variables).unwrap_or_default();
    let rust_variables = variables.into_iter().map(|(name, _)| name).collect();
    let vocabulary = Known { vocabulary: notebook.vocabulary(), rust_variables };
    if line.trim_start().starts_with('%')
        && let Some(found) = shared_names::complete(line, &notebook.shared)
    {
        return found.into_completions(line_start, cursor);
    }
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

fn in_magic_line(line: &str, vocabulary: &Known) -> Option<Found> {
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
fn in_cell_magic(code: &str, line_start: usize, line: &str, vocabulary: &Known) -> Option<Found> {
    let head = code[..line_start].trim_start();
    let name = head.strip_prefix("%%")?.split_whitespace().next()?;
    let magic = magics::find(name).ok()?;
    let kind = match magic.free {
        Free::Expressions { .. } => ValueKind::Expression,
        Free::Text { kind, .. } => kind,
        Free::Words { .. } | Free::None => ValueKind::Text,
    };
    let body_start = code.find("%%").and_then(|start| Some(start + code[start..].find('\n')? + 1));
    if kind == ValueKind::Layers
        && let Some(body) = body_start.and_then(|start| code.get(start..line_start + line.len()))
        && body.trim_start().starts_with('{')
    {
        let Found { start, words } = model_json::complete(body);
        // Words never span lines: what is typed of one ends the line.
        return Some(Found { start: line.len().saturating_sub(body.len() - start), words });
    }
    match kind {
        // These lines are of the notebook, and complete as they would without `%%name` above.
        ValueKind::Line => None,
        kind => Some(of_text(kind, line, vocabulary)),
    }
}

impl Found {
    fn moved(self, offset: usize) -> Self {
        Self { start: self.start + offset, ..self }
    }
}

fn in_arguments(magic: &MagicInfo, text: &str, vocabulary: &Known) -> Found {
    if matches!(magic.free, Free::Text { kind: ValueKind::Line, .. }) && text.trim_start().starts_with('%') {
        return of_text(ValueKind::Line, text, vocabulary);
    }
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
        let found_words =
            if kind == ValueKind::Tree { trees(&found, typed) } else { of_kind(kind, typed, vocabulary) };
        return found_words.moved(start);
    }
    if typed.starts_with('-') {
        let options = magic.options.iter().filter(|option| option.name.starts_with(typed));
        let words = options.map(|option| (option.name.to_string(), "option")).collect();
        return Found { start, words };
    }
    match magic.free {
        Free::Expressions { .. } => branch_names(text, vocabulary),
        Free::Words { kinds, .. } => {
            let n_before = n_free_words(magic, &found) - usize::from(current.is_some());
            let kind = kinds.get(n_before).or(kinds.last()).copied().unwrap_or(ValueKind::Text);
            of_kind(kind, typed, vocabulary).moved(start)
        }
        Free::Text { kind: ValueKind::Setting, .. } => {
            let setting = before.and_then(|word| SETTINGS.iter().find(|setting| setting.name == word.text));
            let kind = setting.map_or(ValueKind::Setting, |setting| ValueKind::Choice(setting.choices));
            of_kind(kind, typed, vocabulary).moved(start)
        }
        Free::Text {
            kind: kind @ (ValueKind::Expression | ValueKind::Query | ValueKind::Layers), ..
        } => of_text(kind, text, vocabulary),
        Free::Text { kind, .. } => of_kind(kind, typed, vocabulary).moved(start),
        Free::None => Found { start, words: Vec::new() },
    }
}

/// How many of the words are no options and no values of options.
fn n_free_words(magic: &MagicInfo, found: &[Word]) -> usize {
    let takes_value =
        |word: &Word| magic.options.iter().any(|option| option.name == word.text && option.value.is_some());
    let is_value = |at: usize| at > 0 && takes_value(&found[at - 1]);
    (0..found.len()).filter(|at| !is_value(*at) && !found[*at].text.starts_with("--")).count()
}

/// What fits the end of a text of several words.
fn of_text(kind: ValueKind, text: &str, vocabulary: &Known) -> Found {
    match kind {
        ValueKind::Expression => branch_names(text, vocabulary),
        ValueKind::Query => names_of_query(text, vocabulary),
        ValueKind::Layers => names_of_layers(text),
        ValueKind::Line => {
            in_magic_line(text, vocabulary).unwrap_or(Found { start: text.len(), words: Vec::new() })
        }
        kind => {
            let start = text.char_indices().rfind(|(_, letter)| letter.is_whitespace());
            let start = start.map_or(0, |(at, letter)| at + letter.len_utf8());
            of_kind(kind, &text[start..], vocabulary).moved(start)
        }
    }
}

/// Branches, samples and the words of a question.
fn names_of_query(text: &str, vocabulary: &Known) -> Found {
    const WORDS: [&str; 16] = [
        "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "JOIN", "ON", "AS", "AND",
        "OR", "COUNT(", "AVG(", "MIN(", "MAX(",
    ];
    let mut found = branch_names(text, vocabulary);
    found.words.retain(|(_, kind)| *kind != "function");
    let typed = &text[found.start..];
    let samples = vocabulary.samples.iter().filter(|name| name.starts_with(typed));
    found.words.extend(samples.map(|name| (name.clone(), "sample")));
    if !typed.is_empty() {
        let typed = typed.to_uppercase();
        let words = WORDS.iter().filter(|word| word.starts_with(&typed));
        found.words.extend(words.map(|word| ((*word).to_string(), "keyword")));
    }
    found
}

/// A layer at the start of one, an activation where one may stand.
fn names_of_layers(text: &str) -> Found {
    let layer_start = text.rfind([',', ';', '\n']).map_or(0, |end| end + 1);
    let layer = &text[layer_start..];
    let is_between = |letter: char| letter.is_whitespace() || letter == ',' || letter == ';';
    let start = text.char_indices().rfind(|(_, letter)| is_between(*letter));
    let start = start.map_or(0, |(at, letter)| at + letter.len_utf8());
    let typed = &text[start..];
    let words_before: Vec<&str> = layer[..layer.len() - typed.len()].split_whitespace().collect();
    let names: &[&'static str] = match words_before.as_slice() {
        [] => &LAYERS,
        ["dense", _] | ["activation"] => &ACTIVATIONS,
        _ => &[],
    };
    let what = if words_before.is_empty() { "layer" } else { "function" };
    let words = names.iter().filter(|name| name.starts_with(typed));
    Found { start, words: words.map(|name| ((*name).to_string(), what)).collect() }
}

/// The trees of the first file on a line.
fn trees(line: &[Word], typed: &str) -> Found {
    let files =
        line.iter().map(|word| word.text.rsplit_once('=').map_or(word.text.as_str(), |(_, files)| files));
    let mut files = files.flat_map(|files| files.split(',')).filter(|file| Path::new(file).is_file());
    let root = files.next().and_then(|file| RootFile::open(file).ok());
    let mut paths: Vec<String> =
        root.iter().flat_map(RootFile::trees).map(|tree| tree.path.clone()).collect();
    paths.sort();
    paths.dedup();
    paths.retain(|path| path.starts_with(typed));
    Found { start: 0, words: paths.into_iter().map(|path| (path, "tree")).collect() }
}

fn of_kind(kind: ValueKind, typed: &str, vocabulary: &Known) -> Found {
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
        ValueKind::Choice(choices) | ValueKind::Suggestion(choices) => {
            fitting(&mut choices.iter().map(ToString::to_string), "value")
        }
        ValueKind::Colour => fitting(&mut COLOUR_NAMES.iter().map(ToString::to_string), "colour"),
        ValueKind::Parameter => fitting(&mut PARAMETER_KEYS.iter().map(|key| format!("{key}=")), "parameter"),
        ValueKind::Variable => {
            fitting(&mut std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()), "variable")
        }
        ValueKind::RustVariable => fitting(&mut vocabulary.rust_variables.iter().cloned(), "variable"),
        ValueKind::Branch => {
            fitting(&mut vocabulary.branches.iter().map(|branch| branch.name.to_string()), "branch")
        }
        ValueKind::Expression => branch_names(typed, vocabulary),
        ValueKind::Query => names_of_query(typed, vocabulary),
        ValueKind::Layers => names_of_layers(typed),
        ValueKind::Text
        | ValueKind::Count
        | ValueKind::Number
        | ValueKind::Range
        | ValueKind::Tree
        | ValueKind::Line => Found { start: typed.len(), words: Vec::new() },
    }
}

/// Branches and functions for the name at the end of a text.
fn branch_names(text: &str, vocabulary: &Known) -> Found {
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
