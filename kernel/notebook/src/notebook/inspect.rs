//! Shift-Tab, and `name?`: branches, magics, functions, samples.

use super::Notebook;
use crate::arguments::help_text;
use crate::magics;
use crate::session::{FirstLook, KnownBranch, Session};
use event_columns::{Values, for_each_type, read_chunk};
use event_selection::function_names;
use jupyter_kernel::MimeBundle;
use std::fmt::Write as _;
use text_table::{escape_html, human_number, human_number_or_dash};

/// Help on what stands at a byte of a cell.
pub(super) fn inspect(notebook: &Notebook, code: &str, cursor: usize) -> Option<MimeBundle> {
    let name = name_at(code, cursor)?;
    if let Some(found) = notebook.help_on(&name) {
        return Some(found);
    }
    notebook.rust().and_then(|rust| rust.inspect(code, cursor))
}

impl Notebook {
    /// Help on a name; a magic may stand with or without its percent sign.
    pub(crate) fn help_on(&self, name: &str) -> Option<MimeBundle> {
        let bare = name.trim_start_matches('%');
        if name.starts_with('%') {
            return magics::find(bare).ok().map(|magic| MimeBundle::text(help_text(magic)));
        }
        let vocabulary = self.vocabulary();
        if let Some(branch) = vocabulary.branch(bare) {
            return Some(self.help_on_branch(branch));
        }
        if let Some((name, help)) = function_names().find(|(name, _)| *name == bare) {
            return Some(MimeBundle::text(format!("{name}: {help}")));
        }
        if vocabulary.samples.iter().any(|sample| sample == bare) {
            let session = self.session.try_lock().ok()?;
            return session.sample(bare).ok().map(|sample| MimeBundle::text(describe_sample(sample)));
        }
        magics::find(bare).ok().map(|magic| MimeBundle::text(help_text(magic)))
    }

    /// Type, range, a small picture of the distribution and the first values, as far as they can be had at once.
    fn help_on_branch(&self, branch: &KnownBranch) -> MimeBundle {
        let mut text = format!("{}: {}", branch.name, branch.said);
        match &branch.column_type {
            Ok(column_type) => {
                let _ = write!(text, " ({}, {column_type})", column_type.kind());
            }
            Err(reason) => {
                let _ = write!(text, "\ncannot be read: {reason}");
            }
        }
        let _ = write!(text, "\nin {}", branch.samples.join(", "));
        // While a cell runs the session is taken; what can be said without it is enough then.
        if let Ok(session) = self.session.try_lock() {
            text += &numbers(&session, branch);
        }
        let html = format!("<pre>{}</pre>", escape_html(&text));
        MimeBundle::text(text).with("text/html", html)
    }
}

fn numbers(session: &Session, branch: &KnownBranch) -> String {
    let mut text = String::new();
    for sample in &branch.samples {
        let Some(specs) = session.known_specs(sample) else {
            text +=
                &session.first_look(sample, branch).map_or_else(String::new, |look| looked_at(sample, &look));
            continue;
        };
        let Ok(found) = specs.branch(&branch.name) else { continue };
        let _ = write!(
            text,
            "\n{sample}: {} to {}, mean {}, standard deviation {}",
            human_number_or_dash(found.min()),
            human_number_or_dash(found.max()),
            human_number_or_dash(found.mean()),
            human_number_or_dash(found.std())
        );
        if let Some(histogram) = found.histogram() {
            let line = plots::sparkline(&histogram.counts, 40);
            let _ = write!(text, "\n{} {line} {}", human_number(histogram.low), human_number(histogram.high));
        }
    }
    if let Some(first) = first_values(session, branch) {
        let _ = write!(text, "\nfirst events: {first}");
    }
    text
}

/// What a look at the first events found, for people.
fn looked_at(sample: &str, look: &FirstLook) -> String {
    let FirstLook { n_events, n_passed, histogram } = look;
    let mut text = format!("\n{sample}: of the first {n_events} events");
    if n_passed < n_events {
        // Writing to a String cannot fail.
        let _ = write!(text, ", {n_passed} of which pass the cuts");
    }
    let Some(filled) = histogram else { return text + ", no values" };
    let _ = write!(
        text,
        ": {} to {}, mean {}, standard deviation {}",
        human_number(filled.smallest),
        human_number(filled.largest),
        human_number_or_dash(filled.bins.mean),
        human_number_or_dash(filled.bins.standard_deviation)
    );
    if let [low, .., high] = filled.bins.edges.as_slice() {
        let line = plots::sparkline(&filled.bins.sum_w, 40);
        let _ = write!(text, "\n{} {line} {}", human_number(*low), human_number(*high));
    }
    text
}

/// The values of the first events, for branches of the files.
fn first_values(session: &Session, branch: &KnownBranch) -> Option<String> {
    const EVENTS: u64 = 5;
    let sample = session.sample(branch.samples.first()?).ok()?;
    let table = sample.tables.first()?;
    let position = table.info().find(&branch.name).ok()?;
    let chunk = read_chunk(&**table, &[position], 0..EVENTS).ok()?;
    let column = chunk.column(&branch.name)?;
    let event = |at: usize| crate::show::values_of_entry(&column.slice(at..at + 1), 6);
    Some((0..column.n_entries()).map(event).collect::<Vec<_>>().join("  "))
}

fn describe_sample(sample: &crate::session::Sample) -> String {
    let weight = sample.weight.as_ref().map_or_else(|| "1".to_string(), ToString::to_string);
    format!(
        "{}: {} events in {} file(s), tree {}\nlabel {}, weight {weight}{}",
        sample.name,
        sample.n_entries(),
        sample.files.len(),
        if sample.tree.is_empty() { "-" } else { &sample.tree },
        sample.label,
        if sample.is_data { ", measured data" } else { "" }
    )
}

/// The name around a byte; with the percent signs of a magic.
fn name_at(code: &str, cursor: usize) -> Option<String> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    let before: usize =
        code[..cursor].chars().rev().take_while(|letter| is_part(*letter)).map(char::len_utf8).sum();
    let after: usize = code[cursor..].chars().take_while(|letter| is_part(*letter)).map(char::len_utf8).sum();
    let mut start = cursor - before;
    let end = cursor + after;
    if start == end {
        // Behind an opening bracket, help is wanted on what stands before it.
        let outside = code[..cursor].trim_end().strip_suffix('(')?;
        return name_at(code, outside.len()).filter(|name| !name.is_empty());
    }
    while code[..start].ends_with('%') {
        start -= 1;
    }
    Some(code[start..end].to_string())
}

/// Numbers as text, for the first of several values.
pub(crate) fn few_values(values: &Values, most: usize) -> String {
    let shown: Vec<String> = match values {
        Values::I64(slice) => slice.iter().take(most).map(ToString::to_string).collect(),
        Values::U64(slice) => slice.iter().take(most).map(ToString::to_string).collect(),
        _ => for_each_type!(values, slice => {
            slice.iter().take(most).map(|value| human_number(event_columns::Number::to_f64(*value))).collect()
        }),
    };
    let rest = if values.len() > most { ", .." } else { "" };
    format!("{}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_a_place() {
        let name = |code: &str, cursor| name_at(code, cursor);
        assert_eq!(name("%hist Jet_pt > 3", 8).as_deref(), Some("Jet_pt"));
        assert_eq!(name("%hist Jet_pt", 3).as_deref(), Some("%hist"));
        assert_eq!(name("sum(", 4).as_deref(), Some("sum"));
        assert_eq!(name("a + ", 4), None);
        assert_eq!(name("été", 0).as_deref(), Some("été"));
    }
}
