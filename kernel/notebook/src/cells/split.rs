//! Which lines of a cell are magics and which are Rust.

use super::balance::{Balance, balance};

/// A piece of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A magic.
    Magic(MagicCall),
    /// Help on a name: `?name`, `name?`; twice for more.
    Help {
        /// The name as it stood, with its percent sign where it has one.
        name: String,
        /// Line in the cell, from 0.
        line: usize,
    },
    /// A command of the shell: `!command`.
    Shell {
        /// The command.
        command: String,
        /// Line in the cell, from 0.
        line: usize,
    },
    /// Rust.
    Rust {
        /// The text.
        code: String,
        /// Line in the cell where it begins, from 0.
        line: usize,
    },
}

/// A magic as it stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MagicCall {
    /// Without percent signs.
    pub name: String,
    /// What follows it on its line, trimmed at the end.
    pub arguments: String,
    /// The rest of the cell, for `%%name`.
    pub body: Option<String>,
    /// Line in the cell, from 0.
    pub line: usize,
}

/// Splits a cell. A `%%name` heads the whole cell. Elsewhere a line that starts with `%name` is a magic where the Rust
/// before it is whole; a backslash at its end joins the next line.
pub fn split(cell: &str) -> Vec<Part> {
    let lines: Vec<&str> = cell.lines().collect();
    let first = lines.iter().position(|line| !line.trim().is_empty());
    if let Some(line) = first
        && let Some((name, arguments)) = head(lines[line], "%%")
    {
        let body = lines[line + 1..].join("\n");
        return vec![Part::Magic(MagicCall { name, arguments, body: Some(body), line })];
    }
    let mut parts = Vec::new();
    let mut rust: Option<(usize, String)> = None;
    let mut at = 0;
    while at < lines.len() {
        let start = at;
        let is_whole = rust.as_ref().is_none_or(|(_, code)| balance(code) == Balance::Closed);
        let special = if is_whole { special(&lines, &mut at) } else { None };
        if let Some(part) = special {
            parts.extend(rust.take().map(|(line, code)| Part::Rust { code, line }));
            parts.push(part);
        } else {
            let (_, code) = rust.get_or_insert_with(|| (start, String::new()));
            code.push_str(lines[start]);
            code.push('\n');
            at = start + 1;
        }
    }
    parts.extend(rust.map(|(line, code)| Part::Rust { code, line }));
    parts.retain(|part| !matches!(part, Part::Rust { code, .. } if code.trim().is_empty()));
    parts
}

/// A line that is not Rust, and those that it takes with it.
fn special(lines: &[&str], at: &mut usize) -> Option<Part> {
    let line = *at;
    let text = lines[line].trim();
    if let Some((name, first)) = head(text, "%") {
        let mut arguments = first;
        *at += 1;
        if name.ends_with('?') {
            return Some(Part::Help { name: format!("%{}", name.trim_end_matches('?')), line });
        }
        if arguments.trim() == "?" {
            return Some(Part::Help { name: format!("%{name}"), line });
        }
        while arguments.ends_with('\\') && *at < lines.len() {
            arguments.pop();
            arguments = format!("{} {}", arguments.trim_end(), lines[*at].trim());
            *at += 1;
        }
        return Some(Part::Magic(MagicCall { name, arguments, body: None, line }));
    }
    if let Some(command) = text.strip_prefix('!').filter(|command| !command.starts_with(['(', '[', '='])) {
        *at += 1;
        return Some(Part::Shell { command: command.trim().to_string(), line });
    }
    let name = text
        .strip_prefix('?')
        .or_else(|| text.strip_suffix('?').filter(|name| is_name(name.trim_end_matches('?'))))?;
    let name = name.trim_matches('?').trim().to_string();
    *at += 1;
    is_name(&name).then_some(Part::Help { name, line })
}

/// Name and rest of a line that starts with a mark and a letter.
fn head(line: &str, mark: &str) -> Option<(String, String)> {
    let rest = line.trim_start().strip_prefix(mark)?;
    if !rest.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') {
        return None;
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    Some((rest[..end].to_string(), rest[end..].trim_start().trim_end().to_string()))
}

/// A name that help can be asked for; an expression with `?` is Rust.
fn is_name(text: &str) -> bool {
    let text = text.strip_prefix("%%").or_else(|| text.strip_prefix('%')).unwrap_or(text);
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn magic(name: &str, arguments: &str, line: usize) -> Part {
        Part::Magic(MagicCall { name: name.into(), arguments: arguments.into(), body: None, line })
    }

    fn rust(code: &str, line: usize) -> Part {
        Part::Rust { code: code.into(), line }
    }

    #[test]
    fn magics_and_rust_in_order() {
        assert_eq!(
            split("%open a.root\nlet x = 1;\nlet y = 2;\n\n  %hist met --log\ny"),
            [
                magic("open", "a.root", 0),
                rust("let x = 1;\nlet y = 2;\n\n", 1),
                magic("hist", "met --log", 4),
                rust("y\n", 5)
            ]
        );
        assert_eq!(split("%hist a, \\\n  b\n"), [magic("hist", "a, b", 0)]);
        assert_eq!(split(" \n\n"), []);
        assert_eq!(split("%lsmagic"), [magic("lsmagic", "", 0)]);
    }

    #[test]
    fn a_percent_sign_inside_rust_is_rust() {
        assert_eq!(split("let s = \"\n%open a\n\";"), [rust("let s = \"\n%open a\n\";\n", 0)]);
        assert_eq!(split("let r = a\n% b;"), [rust("let r = a\n% b;\n", 0)]);
        assert_eq!(split("f(\n%open\n)"), [rust("f(\n%open\n)\n", 0)]);
    }

    #[test]
    fn a_cell_magic_takes_the_rest() {
        let call = MagicCall {
            name: "model".into(),
            arguments: "--task binary".into(),
            body: Some("dense 1\n%x".into()),
            line: 1,
        };
        assert_eq!(split("\n%%model --task binary\ndense 1\n%x"), [Part::Magic(call)]);
    }

    #[test]
    fn help_and_shell() {
        let help = |name: &str| vec![Part::Help { name: name.into(), line: 0 }];
        assert_eq!(split("%hist?"), help("%hist"));
        assert_eq!(split("?Jet_pt"), help("Jet_pt"));
        assert_eq!(split("Jet_pt??"), help("Jet_pt"));
        assert_eq!(split("?%hist"), help("%hist"));
        assert_eq!(split("std::fs::read(\"a\")?"), [rust("std::fs::read(\"a\")?\n", 0)]);
        assert_eq!(split("!ls -l"), [Part::Shell { command: "ls -l".into(), line: 0 }]);
        assert_eq!(split("!(true)"), [rust("!(true)\n", 0)]);
    }
}
