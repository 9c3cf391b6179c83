//! A table with further columns beside its own.

use event_columns::{BranchInfo, Column, EventTable, PieceAt, PieceSink, ReadError, TableInfo};
use std::ops::Range;
use std::sync::Arc;

/// A table and columns in memory over the same entries, such as scores.
pub struct ExtendedTable {
    table: Arc<dyn EventTable>,
    info: TableInfo,
    columns: Vec<Column>,
}

impl ExtendedTable {
    /// The codec of added columns, as tables of branches show it.
    pub const CODEC: &'static str = "in memory";

    /// Adds columns; one of a name that the table has already hides it.
    ///
    /// # Errors
    /// A column has another number of entries than the table.
    pub fn new(table: Arc<dyn EventTable>, columns: Vec<(String, Column)>) -> Result<Self, String> {
        let mut info = table.info().clone();
        let n_entries = info.n_entries;
        let mut kept = Vec::new();
        for (name, column) in columns {
            if column.n_entries() as u64 != n_entries {
                return Err(format!(
                    "column {name} has {} entries where {} has {n_entries}",
                    column.n_entries(),
                    info.display_name()
                ));
            }
            for branch in info.branches.iter_mut().filter(|branch| *branch.name == *name) {
                branch.name = format!("{name} (in the file)").into();
            }
            info.branches.push(BranchInfo {
                name: name.into(),
                type_name: column.column_type().to_string(),
                column_type: Ok(column.column_type()),
                stored_bytes: 0,
                decoded_bytes: column.buffer_bytes() as u64,
                codec: Self::CODEC.to_string(),
            });
            kept.push(column);
        }
        Ok(Self { table, info, columns: kept })
    }
}

impl EventTable for ExtendedTable {
    fn info(&self) -> &TableInfo {
        &self.info
    }

    fn visit(&self, branches: &[usize], entries: Range<u64>, sink: PieceSink<'_>) -> Result<(), ReadError> {
        let n_own = self.info.branches.len() - self.columns.len();
        let (stored, added): (Vec<usize>, Vec<usize>) = branches.iter().partition(|branch| **branch < n_own);
        let end = entries.end.min(self.info.n_entries);
        let start = entries.start.min(end);
        for branch in added {
            let Some(column) = self.columns.get(branch - n_own) else { continue };
            let mut first_entry = start;
            for piece in column.slice(start as usize..end as usize).pieces() {
                if sink(PieceAt { branch, first_entry, piece: piece.clone() }).is_break() {
                    return Err(ReadError::Stopped);
                }
                first_entry += piece.n_entries() as u64;
            }
        }
        if stored.is_empty() { Ok(()) } else { self.table.visit(&stored, start..end, sink) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::{EventChunk, MemoryTable, Piece, read_chunk};

    #[test]
    fn own_and_added_columns_are_read_together() {
        let mut chunk = EventChunk::new(0, 3);
        chunk.set("x", Piece::flat(vec![1_i32, 2, 3]).into());
        let table = Arc::new(MemoryTable::new("made", chunk));
        let added = vec![("score".to_string(), Piece::flat(vec![0.5_f32, 0.25, 1.0]).into())];
        let extended = ExtendedTable::new(table.clone(), added).unwrap();
        let read = read_chunk(&extended, &[1, 0], 1..3).unwrap();
        assert_eq!(read.column("score").unwrap().to_f64(), [0.25, 1.0]);
        assert_eq!(read.column("x").unwrap().to_f64(), [2.0, 3.0]);
        let short = vec![("s".to_string(), Piece::flat(vec![0.5_f32]).into())];
        assert!(ExtendedTable::new(table, short).is_err());
    }
}
