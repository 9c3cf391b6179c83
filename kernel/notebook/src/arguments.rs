//! What a magic takes: described once, as data. Parsing, help, completion and the reference page derive from it.

mod help;
mod parse;
mod words;

pub use help::{help_line, help_text, reference_page, usage};
pub use parse::{ArgumentError, Arguments, parse};
pub use words::{Word, split_top_level_commas, words};

/// A magic's own part of the line, before and between its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// Nothing.
    None,
    /// Words, separated by spaces; quotes keep spaces together.
    Words {
        /// Name in the help, such as `FILE`.
        name: &'static str,
        /// What each of them is, in order; the last holds for all that follow.
        kinds: &'static [ValueKind],
        /// The least number of words.
        least: usize,
        /// The largest number of words; any number when absent.
        most: Option<usize>,
    },
    /// Expressions over branches, separated by commas that stand in no bracket.
    Expressions {
        /// Name in the help, such as `EXPRESSION`.
        name: &'static str,
        /// The least number of expressions.
        least: usize,
        /// The largest number of expressions; any number when absent.
        most: Option<usize>,
    },
    /// The text as it stands, spaces and commas included.
    Text {
        /// Name in the help.
        name: &'static str,
        /// What completes it.
        kind: ValueKind,
        /// Whether it must be there.
        is_needed: bool,
    },
}

/// What a value is: checked when it is parsed, and completed when it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A whole number of at least 0.
    Count,
    /// A number.
    Number,
    /// Two numbers, `LOW,HIGH`.
    Range,
    /// A file that exists or will be written.
    File,
    /// A folder.
    Folder,
    /// An expression over branches.
    Expression,
    /// The name of a branch.
    Branch,
    /// The name of a sample of this session.
    Sample,
    /// The name of a magic.
    Magic,
    /// The name of a setting of `%config`.
    Setting,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// These words, or another text.
    Suggestion(&'static [&'static str]),
    /// A colour: `#rgb`, `#rrggbb` or a name.
    Colour,
    /// The path of a tree of the files that stand on the line.
    Tree,
    /// `KEY=VALUE` of a parameter of the training.
    Parameter,
    /// A variable of the environment.
    Variable,
    /// A variable of the Rust cells.
    RustVariable,
    /// Layers in the short form.
    Layers,
    /// A query in SQL.
    Query,
    /// A line of a notebook.
    Line,
}

/// An option, `--name` or `--name VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionInfo {
    /// With its dashes.
    pub name: &'static str,
    /// Name and kind of its value; none for a switch.
    pub value: Option<(&'static str, ValueKind)>,
    /// One sentence.
    pub help: &'static str,
}

/// Whether a magic stands on one line or at the head of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `%name` only.
    Line,
    /// `%%name` only; the rest of the cell is its text.
    Cell,
    /// Either.
    Both,
}

/// A switch.
pub const fn switch(name: &'static str, help: &'static str) -> OptionInfo {
    OptionInfo { name, value: None, help }
}

/// An option with a value.
pub const fn option(
    name: &'static str,
    value: &'static str,
    kind: ValueKind,
    help: &'static str,
) -> OptionInfo {
    OptionInfo { name, value: Some((value, kind)), help }
}

/// `--sample`, as every magic that works on samples has it.
pub const SAMPLES: OptionInfo =
    option("--sample", "NAMES", ValueKind::Sample, "Only these samples, with commas.");

/// `--cut`, as every picture has it.
pub const CUT: OptionInfo =
    option("--cut", "CONDITION", ValueKind::Expression, "A further cut, for this picture only.");
