//! A table whose columns are in memory already.

use crate::{BranchInfo, EventChunk, EventTable, PieceAt, PieceSink, ReadError, TableInfo};
use std::ops::Range;

/// The columns of a chunk as a table: for data that was made rather than read, and for tests.
#[derive(Clone, Debug)]
pub struct MemoryTable {
    info: TableInfo,
    chunk: EventChunk,
}

impl MemoryTable {
    /// A table of the events of `chunk`, numbered from 0, under the name `source`.
    pub fn new(source: &str, chunk: EventChunk) -> Self {
        let branches = chunk
            .columns()
            .map(|(name, column)| BranchInfo {
                name: name.clone(),
                type_name: column.column_type().to_string(),
                column_type: Ok(column.column_type()),
                stored_bytes: 0,
                decoded_bytes: column.buffer_bytes() as u64,
                codec: String::new(),
            })
            .collect();
        let n_entries = chunk.n_entries() as u64;
        let info = TableInfo { source: source.to_string(), tree: String::new(), n_entries, branches };
        Self { info, chunk }
    }
}

impl EventTable for MemoryTable {
    fn info(&self) -> &TableInfo {
        &self.info
    }

    fn visit(&self, branches: &[usize], entries: Range<u64>, sink: PieceSink<'_>) -> Result<(), ReadError> {
        let end = entries.end.min(self.info.n_entries);
        let start = entries.start.min(end);
        for &branch in branches {
            self.info.readable_type(branch)?;
            let Some((_, column)) = self.chunk.columns().nth(branch) else { continue };
            let mut first_entry = start;
            for piece in column.slice(start as usize..end as usize).pieces() {
                let n_entries = piece.n_entries() as u64;
                if sink(PieceAt { branch, first_entry, piece: piece.clone() }).is_break() {
                    return Err(ReadError::Stopped);
                }
                first_entry += n_entries;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, ColumnType, ElementType, Piece, read_chunk, read_chunk_unless};

    #[test]
    fn a_range_across_pieces() {
        let pieces = vec![Piece::flat(vec![1_i32, 2]), Piece::flat(vec![3_i32, 4, 5])];
        let mut chunk = EventChunk::new(0, 5);
        chunk.set("x", Column::new(ColumnType::flat(ElementType::I32), pieces).unwrap());
        let table = MemoryTable::new("memory", chunk);
        let read = read_chunk(&table, &[0], 1..9).unwrap();
        assert_eq!(read.column("x").unwrap().to_f64(), [2.0, 3.0, 4.0, 5.0]);
        assert_eq!(read.first_entry(), 1);
        let stopped = read_chunk_unless(&table, &[0], 0..5, &|| true);
        assert!(matches!(stopped, Err(ReadError::Stopped)));
    }
}
