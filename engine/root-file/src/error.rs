//! What can go wrong with a ROOT file, where, and what to do about it.

use crate::cursor::Broken;
use byte_source::ByteSourceError;
use std::fmt;

/// Why a ROOT file, or a part of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RootFileError {
    /// The bytes could not be had.
    #[error("{place}: {cause}")]
    Source {
        /// What was being read.
        place: Box<Place>,
        /// Why the source refused.
        #[source]
        cause: ByteSourceError,
    },
    /// The file is of another format.
    #[error("{file} is no ROOT file: it does not start with `root` but with {found:?}")]
    NotRoot {
        /// The file.
        file: String,
        /// Its first bytes as text.
        found: String,
    },
    /// Bytes that do not follow the format.
    #[error(
        "{place}: broken at byte {offset} while reading {attempted}: {reason}; \
         the file is damaged or was not closed: copy it again, or let ROOT's `rootls` try it"
    )]
    Broken {
        /// File, tree, branch and basket.
        place: Box<Place>,
        /// Byte of the file; for compressed parts, byte after decompression.
        offset: u64,
        /// What was being read.
        attempted: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A part of the file claims more memory than the budget allows.
    #[error(
        "{place}: {attempted} claims {claimed_bytes} bytes, the budget is {budget_bytes}; \
         the file is damaged, or raise the budget"
    )]
    Budget {
        /// File, tree, branch and basket.
        place: Box<Place>,
        /// What was being read.
        attempted: &'static str,
        /// Bytes that it would take.
        claimed_bytes: u64,
        /// Bytes that it may take.
        budget_bytes: u64,
    },
    /// The file holds no object of that name.
    #[error("{file} has no `{name}`; {}", choices_or_nearest(choices, nearest))]
    NoSuchTree {
        /// The file.
        file: String,
        /// What was asked for.
        name: String,
        /// The trees of the file.
        choices: Vec<String>,
        /// Those that look like the name, best first.
        nearest: Vec<String>,
    },
    /// The object is an `RNTuple`, the newer format of columns.
    #[error(
        "`{key}` of {file} is an RNTuple, not a TTree; this version reads TTrees: \
         convert it with ROOT, or choose another tree"
    )]
    RNTuple {
        /// The file.
        file: String,
        /// Path and cycle of the object.
        key: String,
    },
    /// The object is something else.
    #[error("`{key}` of {file} is a {class_name}, not a tree; {}", choices_or_nearest(choices, &[]))]
    NotATree {
        /// The file.
        file: String,
        /// Path and cycle of the object.
        key: String,
        /// Its class.
        class_name: String,
        /// The trees of the file.
        choices: Vec<String>,
    },
    /// The tree was written by a version that is not known.
    #[error(
        "{place}: {class_name} of version {version} cannot be read, {known} can; write it again with a newer ROOT"
    )]
    Version {
        /// File, tree and branch.
        place: Box<Place>,
        /// The class.
        class_name: String,
        /// Its version.
        version: u16,
        /// The versions that can be read.
        known: &'static str,
    },
}

fn choices_or_nearest(choices: &[String], nearest: &[String]) -> String {
    const MOST: usize = 20;
    if !nearest.is_empty() {
        return format!("did you mean {}?", nearest.join(" or "));
    }
    match choices.len() {
        0 => "it holds no tree at all".to_string(),
        n if n > MOST => format!("its trees are {} and {} more", choices[..MOST].join(", "), n - MOST),
        _ => format!("its trees are {}", choices.join(", ")),
    }
}

/// Where in a file something is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Path or address of the file.
    pub file: String,
    /// Path and cycle of the tree.
    pub tree: Option<String>,
    /// Full name of the branch.
    pub branch: Option<String>,
    /// Number of the basket within its branch.
    pub basket: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if let Some(tree) = &self.tree {
            write!(formatter, ", tree {tree}")?;
        }
        if let Some(branch) = &self.branch {
            write!(formatter, ", branch {branch}")?;
        }
        if let Some(basket) = self.basket {
            write!(formatter, ", basket {basket}")?;
        }
        Ok(())
    }
}

impl Place {
    /// A place in a file, no tree yet.
    pub(crate) fn file(name: &str) -> Self {
        Self { file: name.to_string(), ..Self::default() }
    }

    /// Turns broken bytes into an error at this place; `start` is the byte of the file where the buffer began.
    pub(crate) fn broken(&self, attempted: &'static str, start: u64, broken: Broken) -> RootFileError {
        let offset = start.saturating_add(broken.offset as u64);
        RootFileError::Broken { place: Box::new(self.clone()), offset, attempted, reason: broken.reason }
    }

    pub(crate) fn source(&self, cause: ByteSourceError) -> RootFileError {
        RootFileError::Source { place: Box::new(self.clone()), cause }
    }
}
