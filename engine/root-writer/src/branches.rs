//! Which form each column takes in the file.

use crate::WriteError;
use event_columns::{ColumnType, ElementType, EventChunk};
use std::sync::Arc;

/// Longest fixed array: oxyroot knows arrays by their length at compile time, so each length costs build time.
pub(crate) const MAX_FIXED_WIDTH: usize = 4;

/// Longest name of a tree or branch, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// A branch that can be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlannedBranch {
    pub(crate) name: Arc<str>,
    pub(crate) column_type: ColumnType,
}

impl PlannedBranch {
    /// The class of the branch as oxyroot spells it; nothing for a branch of plain leaves.
    ///
    /// oxyroot cannot write `vector<bool>`; its bytes are those of a `vector<uint8_t>` of 0 and 1.
    pub(crate) fn written_class(&self) -> Option<&'static str> {
        self.column_type.is_jagged().then_some(match self.column_type.element {
            ElementType::I8 => "vector<int8_t>",
            ElementType::U8 | ElementType::Bool | ElementType::Text => "vector<uint8_t>",
            ElementType::I16 => "vector<int16_t>",
            ElementType::U16 => "vector<uint16_t>",
            ElementType::I32 => "vector<int32_t>",
            ElementType::U32 => "vector<uint32_t>",
            ElementType::I64 => "vector<int64_t>",
            ElementType::U64 => "vector<uint64_t>",
            ElementType::F32 => "vector<float>",
            ElementType::F64 => "vector<double>",
        })
    }
}

/// Checks the names and types of the columns of a chunk.
pub(crate) fn plan_branches(chunk: &EventChunk) -> Result<Vec<PlannedBranch>, WriteError> {
    chunk
        .columns()
        .map(|(name, column)| {
            check_name("branch", name)?;
            let column_type = column.column_type();
            check_type(column_type).map_err(|reason| WriteError::Unsupported {
                branch: name.to_string(),
                column_type,
                reason,
            })?;
            Ok(PlannedBranch { name: Arc::clone(name), column_type })
        })
        .collect()
}

/// A name must survive in every reader: no separators of paths, dimensions and template arguments.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), WriteError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME_BYTES {
        "it is longer than 255 bytes"
    } else if name.chars().any(|letter| letter.is_control() || "/[]<>".contains(letter)) {
        "it has a control character or one of / [ ] < >"
    } else {
        return Ok(());
    };
    Err(WriteError::Name { what, name: name.to_string(), reason })
}

fn check_type(column_type: ColumnType) -> Result<(), &'static str> {
    match column_type {
        ColumnType { element: ElementType::Text, depth: 0, .. } => Ok(()),
        ColumnType { element: ElementType::Text, .. } => {
            Err("lists of text are not supported; write one text for each event, or Parquet")
        }
        ColumnType { depth: 0, width: 1..=MAX_FIXED_WIDTH, .. } | ColumnType { depth: 1, width: 1, .. } => {
            Ok(())
        }
        ColumnType { depth: 0, .. } => Err("arrays of more than 4 values are not supported; make it a list"),
        ColumnType { depth: 1, .. } => {
            Err("lists of arrays are not supported; write one list for each component")
        }
        _ => Err("lists of lists are not supported; write one flat list and a list of lengths, or Parquet"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["x", "Jet_pt", "a.b", "größe", "x y"] {
            assert!(check_name("branch", good).is_ok(), "{good}");
        }
        for bad in ["", "a/b", "x[3]", "vector<int>", "a\n", &"x".repeat(256)] {
            assert!(check_name("branch", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn types() {
        let check = |column_type: ColumnType, good: bool| assert_eq!(check_type(column_type).is_ok(), good);
        check(ColumnType::flat(ElementType::Bool), true);
        check(ColumnType::fixed(ElementType::F32, 4), true);
        check(ColumnType::fixed(ElementType::F32, 5), false);
        check(ColumnType::jagged(ElementType::Bool), true);
        check(ColumnType { element: ElementType::F32, depth: 1, width: 3 }, false);
        check(ColumnType { element: ElementType::F32, depth: 2, width: 1 }, false);
        check(ColumnType::flat(ElementType::Text), true);
        check(ColumnType::jagged(ElementType::Text), false);
    }
}
