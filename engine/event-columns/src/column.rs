//! One branch over a range of entries.

use crate::{ColumnType, Piece, PieceError};
use std::ops::Range;

/// A sequence of pieces of one type: a branch, or a new column computed from branches.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the type of a column is called so everywhere")]
pub struct Column {
    column_type: ColumnType,
    n_entries: usize,
    pieces: Vec<Piece>,
}

impl Column {
    /// Joins pieces in order, without copying.
    ///
    /// # Errors
    /// [`PieceError::Type`] when a piece is of another type.
    pub fn new(column_type: ColumnType, pieces: Vec<Piece>) -> Result<Self, PieceError> {
        if pieces.iter().any(|piece| piece.column_type() != column_type) {
            return Err(PieceError::Type { column_type });
        }
        let n_entries = pieces.iter().map(Piece::n_entries).sum();
        Ok(Self { column_type, n_entries, pieces })
    }

    /// What one entry holds.
    pub fn column_type(&self) -> ColumnType {
        self.column_type
    }

    /// Number of entries.
    pub fn n_entries(&self) -> usize {
        self.n_entries
    }

    /// The pieces in order; none where there is no entry.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The entries between two positions, half-open, sharing all buffers.
    ///
    /// # Panics
    /// When the range leaves the column.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(
            range.start <= range.end && range.end <= self.n_entries,
            "{range:?} of {} entries",
            self.n_entries
        );
        let mut pieces = Vec::new();
        let mut piece_start = 0;
        for piece in &self.pieces {
            let piece_end = piece_start + piece.n_entries();
            let (start, end) = (range.start.max(piece_start), range.end.min(piece_end));
            if start < end {
                pieces.push(piece.slice(start - piece_start..end - piece_start));
            }
            piece_start = piece_end;
        }
        Self { column_type: self.column_type, n_entries: range.end - range.start, pieces }
    }

    /// All values of all entries, as 64-bit floats, in order.
    pub fn to_f64(&self) -> Vec<f64> {
        self.pieces.iter().flat_map(|piece| piece.values().slice(piece.value_range()).to_f64()).collect()
    }

    /// Number of values in each entry (bytes for flat text; all levels together for nested lists).
    pub fn values_per_entry(&self) -> Vec<usize> {
        let count = |piece: &Piece| -> Vec<usize> {
            (0..piece.n_entries()).map(|entry| piece.slice(entry..entry + 1).value_range().len()).collect()
        };
        self.pieces.iter().flat_map(count).collect()
    }

    /// Bytes that the pieces keep alive.
    pub fn buffer_bytes(&self) -> usize {
        self.pieces.iter().map(Piece::buffer_bytes).sum()
    }
}

impl From<Piece> for Column {
    fn from(piece: Piece) -> Self {
        Self { column_type: piece.column_type(), n_entries: piece.n_entries(), pieces: vec![piece] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ElementType;

    #[test]
    fn a_slice_across_pieces() {
        let pieces = vec![Piece::flat(vec![1_i32, 2]), Piece::flat(vec![3_i32, 4, 5])];
        let column = Column::new(ColumnType::flat(ElementType::I32), pieces).unwrap();
        let part = column.slice(1..4);
        assert_eq!(part.pieces().len(), 2);
        assert_eq!(part.to_f64(), [2.0, 3.0, 4.0]);
        assert_eq!(column.slice(2..2).n_entries(), 0);
    }

    #[test]
    fn mixed_types_are_refused() {
        let pieces = vec![Piece::flat(vec![1_i32]), Piece::flat(vec![1.0_f64])];
        assert!(Column::new(ColumnType::flat(ElementType::I32), pieces).is_err());
    }

    #[test]
    fn values_of_each_entry() {
        let column = Column::from(Piece::jagged(&[vec![1_u8, 2], vec![], vec![3]]));
        assert_eq!(column.values_per_entry(), [2, 0, 1]);
        assert_eq!(column.to_f64(), [1.0, 2.0, 3.0]);
    }
}
