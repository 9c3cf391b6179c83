//! Help, from the description of a magic.

use super::{Form, Free, ValueKind};
use crate::magic::MagicInfo;
use std::fmt::Write as _;

/// How a magic is written, on one line.
pub fn usage(magic: &MagicInfo) -> String {
    let mut line = format!("%{}", magic.name);
    if magic.form == Form::Cell {
        line.insert(0, '%');
    }
    let free = match magic.free {
        Free::None => String::new(),
        Free::Words { name, least, most, .. } => {
            // A name of several words names each.
            let is_each_named = most == Some(1) || name.contains(' ');
            let repeated = if is_each_named { name.to_string() } else { format!("{name} ..") };
            if least == 0 { format!(" [{repeated}]") } else { format!(" {repeated}") }
        }
        Free::Expressions { name, least, most } => {
            let repeated = if most == Some(1) { name.to_string() } else { format!("{name}, ..") };
            if least == 0 { format!(" [{repeated}]") } else { format!(" {repeated}") }
        }
        Free::Text { name, is_needed, .. } => {
            if is_needed {
                format!(" {name}")
            } else {
                format!(" [{name}]")
            }
        }
    };
    line += &free;
    if !magic.options.is_empty() {
        line += " [OPTIONS]";
    }
    line
}

/// The whole help of a magic.
pub fn help_text(magic: &MagicInfo) -> String {
    let mut text = format!("{}\n\n{}\n", usage(magic), magic.summary);
    if magic.form == Form::Both {
        let _ = writeln!(text, "As %%{} it takes the rest of the cell.", magic.name);
    }
    if !magic.details.is_empty() {
        let _ = write!(text, "\n{}\n", magic.details);
    }
    if !magic.options.is_empty() {
        text += "\nOptions:\n";
        let heads: Vec<String> = magic
            .options
            .iter()
            .map(|option| match option.value {
                None => option.name.to_string(),
                Some((placeholder, _)) => format!("{} {placeholder}", option.name),
            })
            .collect();
        let width = heads.iter().map(String::len).max().unwrap_or(0);
        for (head, option) in heads.iter().zip(magic.options) {
            let _ = writeln!(text, "  {head:<width$}  {}{}", option.help, choices(option.value));
        }
    }
    if !magic.examples.is_empty() {
        text += "\nExamples:\n";
        for example in magic.examples {
            for line in example.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    text
}

fn choices(value: Option<(&str, ValueKind)>) -> String {
    match value {
        Some((_, ValueKind::Choice(choices))) => format!(" One of {}.", choices.join(", ")),
        _ => String::new(),
    }
}

/// Name and summary, for lists.
pub fn help_line(magic: &MagicInfo) -> (String, &'static str) {
    (usage(magic), magic.summary)
}

/// The reference page: every magic with its options and examples, in Markdown.
pub fn reference_page(magics: &[MagicInfo]) -> String {
    let mut page = String::from(
        "# Magics\n\nWritten by `mlaas4hep-kernel reference`. In a notebook, `%NAME?` shows the same.\n",
    );
    for group in crate::magic::Group::ALL {
        let _ = write!(page, "\n## {}\n", group.title());
        for magic in magics.iter().filter(|magic| magic.group == group) {
            let _ = write!(page, "\n### `%{}`\n\n{}", magic.name, magic.summary);
            if !magic.details.is_empty() {
                let _ = write!(page, " {}", magic.details);
            }
            let _ = write!(page, "\n\n```text\n{}\n```\n", usage(magic));
            if !magic.aliases.is_empty() {
                let names: Vec<String> = magic.aliases.iter().map(|name| format!("`%{name}`")).collect();
                let _ = write!(page, "\nAlso {}.\n", names.join(", "));
            }
            if !magic.options.is_empty() {
                page += "\n| option | meaning |\n| --- | --- |\n";
                for option in magic.options {
                    let value =
                        option.value.map_or_else(String::new, |(placeholder, _)| format!(" {placeholder}"));
                    let _ = writeln!(
                        page,
                        "| `{}{value}` | {}{} |",
                        option.name,
                        option.help,
                        choices(option.value)
                    );
                }
            }
            if !magic.examples.is_empty() {
                let _ = write!(page, "\n```text\n{}\n```\n", magic.examples.join("\n\n"));
            }
        }
    }
    page
}
