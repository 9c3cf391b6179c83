//! From a line to checked arguments.

use super::words::{split_top_level_commas, words};
use super::{Free, OptionInfo, ValueKind};
use crate::magic::MagicInfo;
use event_columns::nearest_names;
use std::collections::BTreeMap;

/// What stood on a line, checked against what the magic takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    /// The free part in pieces: words, or expressions. One piece for a text.
    pub free: Vec<String>,
    options: BTreeMap<&'static str, Vec<String>>,
}

/// Why a line cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n    {line}\n    {}{}", " ".repeat(*column), "^".repeat((*width).max(1)))]
pub struct ArgumentError {
    /// What is wrong and what to write.
    pub message: String,
    /// The line, with the magic's name.
    pub line: String,
    /// Letters before the place.
    pub column: usize,
    /// Letters of the place.
    pub width: usize,
}

impl Arguments {
    /// Whether an option or a switch was given.
    pub fn has(&self, name: &str) -> bool {
        self.options.contains_key(name)
    }

    /// The last value of an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.options.get(name)?.last().map(String::as_str)
    }

    /// All values of an option that was given several times.
    pub fn values(&self, name: &str) -> &[String] {
        self.options.get(name).map_or(&[], Vec::as_slice)
    }

    /// An option that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.value(name)?.parse().ok()
    }

    /// An option that is a whole number.
    pub fn count(&self, name: &str) -> Option<usize> {
        parse_count(self.value(name)?)
    }

    /// An option that is a range.
    pub fn range(&self, name: &str) -> Option<(f64, f64)> {
        parse_range(self.value(name)?)
    }

    /// The free part as one text.
    pub fn text(&self) -> &str {
        self.free.first().map_or("", String::as_str)
    }
}

/// Checks a line (what follows the magic's name) against what the magic takes.
///
/// # Errors
/// [`ArgumentError`] points at the place.
pub fn parse(magic: &MagicInfo, line: &str) -> Result<Arguments, ArgumentError> {
    let mut arguments = Arguments::default();
    let mut segments: Vec<(usize, &str)> = Vec::new();
    let parser = Parser { magic, line };
    let mut free_from = 0;
    let found = words(line);
    let mut position = 0;
    while let Some(word) = found.get(position) {
        position += 1;
        if !is_option(line, word.start) {
            continue;
        }
        let (name, glued) = match word.text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (word.text.as_str(), None),
        };
        let option = parser.option(name, word.start)?;
        segments.push((free_from, &line[free_from..word.start]));
        free_from = word.end;
        let value = match (option.value, glued) {
            (None, None) => String::new(),
            (None, Some(_)) => {
                return Err(parser.error(word.start, name.len(), format!("{name} takes no value")));
            }
            (Some(_), Some(value)) => value,
            (Some((placeholder, _)), None) => {
                let Some(next) = found.get(position).filter(|next| !is_option(line, next.start)) else {
                    let message = format!("{name} needs a value: {name} {placeholder}");
                    return Err(parser.error(word.start, name.len(), message));
                };
                position += 1;
                free_from = next.end;
                next.text.clone()
            }
        };
        if let Some((placeholder, kind)) = option.value {
            check_value(kind, &value).map_err(|expected| {
                parser.error(
                    word.start,
                    free_from - word.start,
                    format!("{name} {placeholder}: `{value}` is not {expected}"),
                )
            })?;
        }
        arguments.options.entry(option.name).or_default().push(value);
    }
    segments.push((free_from, &line[free_from..]));
    arguments.free = parser.free(&segments)?;
    Ok(arguments)
}

/// A word begins an option where it starts with two dashes and a letter.
fn is_option(line: &str, start: usize) -> bool {
    let rest = &line[start..];
    rest.strip_prefix("--").is_some_and(|name| name.starts_with(|letter: char| letter.is_ascii_alphabetic()))
}

struct Parser<'a> {
    magic: &'a MagicInfo,
    line: &'a str,
}

impl Parser<'_> {
    fn error(&self, byte: usize, n_bytes: usize, message: String) -> ArgumentError {
        let head = format!("%{} ", self.magic.name);
        let count = |text: Option<&str>| text.map_or(0, |text| text.chars().count());
        let end = (byte + n_bytes).min(self.line.len());
        ArgumentError {
            message,
            column: head.chars().count() + count(self.line.get(..byte)),
            width: count(self.line.get(byte..end)),
            line: head + self.line.trim_end(),
        }
    }

    fn option(&self, name: &str, start: usize) -> Result<&OptionInfo, ArgumentError> {
        let options = self.magic.options;
        if let Some(option) = options.iter().find(|option| option.name == name) {
            return Ok(option);
        }
        let nearest = nearest_names(name, options.iter().map(|option| option.name), 2);
        let hint = if nearest.is_empty() {
            format!("%{}? lists its options", self.magic.name)
        } else {
            format!("did you mean {}?", nearest.join(" or "))
        };
        Err(self.error(start, name.len(), format!("%{} has no option {name}; {hint}", self.magic.name)))
    }

    fn free(&self, segments: &[(usize, &str)]) -> Result<Vec<String>, ArgumentError> {
        let all = || segments.iter().filter(|(_, text)| !text.trim().is_empty());
        let first =
            all().next().map_or(self.line.len(), |(at, text)| at + text.len() - text.trim_start().len());
        match self.magic.free {
            Free::None => match all().next() {
                None => Ok(Vec::new()),
                Some((_, text)) => {
                    let message = format!("%{} takes no `{}`; see %{0}?", self.magic.name, text.trim());
                    Err(self.error(first, text.trim().len(), message))
                }
            },
            Free::Words { name, least, most, .. } => {
                let pieces: Vec<String> =
                    all().flat_map(|(_, text)| words(text)).map(|word| word.text).collect();
                self.counted(pieces, name, least, most, first)
            }
            Free::Expressions { name, least, most } => {
                let pieces = all().flat_map(|(_, text)| split_top_level_commas(text));
                let pieces = pieces.map(|(_, text)| text.to_string()).collect();
                self.counted(pieces, name, least, most, first)
            }
            Free::Text { name, is_needed, .. } => {
                let text = all().map(|(_, text)| text.trim()).collect::<Vec<_>>().join(" ");
                if text.is_empty() {
                    return self.counted(Vec::new(), name, usize::from(is_needed), None, first);
                }
                Ok(vec![text])
            }
        }
    }

    fn counted(
        &self,
        pieces: Vec<String>,
        name: &str,
        least: usize,
        most: Option<usize>,
        first: usize,
    ) -> Result<Vec<String>, ArgumentError> {
        if pieces.len() < least {
            let message = format!("%{} needs {name}; write {}", self.magic.name, super::usage(self.magic));
            return Err(self.error(self.line.len(), 1, message));
        }
        if let Some(most) = most
            && pieces.len() > most
        {
            let message = format!(
                "%{} takes {most} {name}, {} were given: {}",
                self.magic.name,
                pieces.len(),
                pieces.join(", ")
            );
            return Err(self.error(first, 1, message));
        }
        Ok(pieces)
    }
}

/// What a value should have been, where it is not.
fn check_value(kind: ValueKind, value: &str) -> Result<(), String> {
    let is_right = match kind {
        ValueKind::Count => parse_count(value).is_some(),
        ValueKind::Number => value.parse::<f64>().is_ok_and(|number| !number.is_nan()),
        ValueKind::Range => parse_range(value).is_some(),
        ValueKind::Choice(choices) => choices.contains(&value),
        ValueKind::Parameter => value.split_once('=').is_some_and(|(key, _)| !key.is_empty()),
        _ => !value.is_empty(),
    };
    if is_right {
        return Ok(());
    }
    Err(match kind {
        ValueKind::Count => "a whole number".to_string(),
        ValueKind::Number => "a number".to_string(),
        ValueKind::Range => "two numbers LOW,HIGH of which the first is the smaller one".to_string(),
        ValueKind::Choice(choices) => format!("one of {}", choices.join(", ")),
        ValueKind::Parameter => "KEY=VALUE, such as scaler=robust".to_string(),
        _ => "a text".to_string(),
    })
}

fn parse_count(text: &str) -> Option<usize> {
    let number: f64 = text.replace('_', "").parse().ok()?;
    (number.fract() == 0.0 && (0.0..1e15).contains(&number)).then_some(number as usize)
}

fn parse_range(text: &str) -> Option<(f64, f64)> {
    let (low, high) = text.split_once(',')?;
    let (low, high): (f64, f64) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    (low < high && low.is_finite() && high.is_finite()).then_some((low, high))
}
