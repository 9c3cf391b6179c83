//! The order in which a page shows a folder.

use hub_api::{Entry, EntryKind};

/// By what a folder is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// Names, digits in them as numbers: `run2` before `run10`.
    #[default]
    Name,
    /// Bytes.
    Size,
    /// When it was written.
    Modified,
}

/// Key and direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorting {
    /// By what.
    pub key: SortKey,
    /// Largest, newest or last name first.
    pub is_descending: bool,
}

impl SortKey {
    /// All, in the order of the columns.
    pub const ALL: [Self; 3] = [Self::Name, Self::Size, Self::Modified];

    /// The word in the address.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Size => "size",
            Self::Modified => "modified",
        }
    }

    /// The one of a word; names for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|key| key.word() == word).unwrap_or_default()
    }
}

impl Sorting {
    /// What follows `?` in the address.
    #[must_use]
    pub fn query(self) -> String {
        format!("sort={}&order={}", self.key.word(), if self.is_descending { "desc" } else { "asc" })
    }
}

/// Those entries of a whole folder whose names hold `filter` (letters of both cases are one), folders first.
#[must_use]
pub fn arrange(entries: Vec<Entry>, sorting: Sorting, filter: &str) -> Vec<Entry> {
    let filter = filter.trim().to_lowercase();
    let name = |entry: &Entry| entry.path.name().unwrap_or_default().to_lowercase();
    let mut keyed: Vec<(Vec<Part>, Entry)> = entries
        .into_iter()
        .filter(|entry| filter.is_empty() || name(entry).contains(&filter))
        .map(|entry| (natural(&name(&entry)), entry))
        .collect();
    keyed.sort_by(|(left_name, left), (right_name, right)| {
        let by_key = match sorting.key {
            SortKey::Name => left_name.cmp(right_name),
            SortKey::Size => left.size_bytes.cmp(&right.size_bytes),
            SortKey::Modified => left.modified.cmp(&right.modified),
        };
        let by_key = if sorting.is_descending { by_key.reverse() } else { by_key };
        let is_file = |entry: &Entry| entry.kind == EntryKind::File;
        is_file(left)
            .cmp(&is_file(right))
            .then(by_key)
            .then_with(|| left_name.cmp(right_name))
            .then_with(|| left.path.cmp(&right.path))
    });
    keyed.into_iter().map(|(_, entry)| entry).collect()
}

/// A run of digits (without leading zeros: its length, then itself) or a run of other letters.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Digits(usize, String),
    Letters(String),
}

fn natural(name: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        parts.push(if is_digit {
            let digits = run.trim_start_matches('0');
            Part::Digits(digits.len(), digits.to_owned())
        } else {
            Part::Letters(run.to_owned())
        });
        rest = after;
    }
    parts
}
