//! The entries of one branch that were stored together.

use crate::{ColumnType, Offsets, Slice, Values};
use std::ops::Range;

/// A run of consecutive entries of one branch, in Arrow layout.
///
/// `offsets[0]` has one number more than there are entries; entry `i` holds the elements
/// `offsets[0][i] .. offsets[0][i + 1]` of the next level. The last level counts elements of
/// `column_type.width` values (bytes, for text). Offsets never fall, may start above 0, and index the
/// values as they stand here; both are checked when a piece is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    column_type: ColumnType,
    n_entries: usize,
    offsets: Vec<Offsets>,
    values: Values,
}

/// Buffers that do not fit together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PieceError {
    /// The number of offset arrays is not what the type asks for.
    #[error("a column of {column_type} has {expected} levels of offsets, {found} were given")]
    Levels {
        /// The type of the column.
        column_type: ColumnType,
        /// [`ColumnType::offset_levels`].
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// An offset array is empty, falls, is negative, or ends beyond the level below.
    #[error("offsets of level {level} are broken: {reason}")]
    Offsets {
        /// Level, outermost first, from 0.
        level: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// The values are of another type.
    #[error("a column of {column_type} was given values of another type")]
    Type {
        /// The type of the column.
        column_type: ColumnType,
    },
    /// The number of values is no multiple of the width.
    #[error("{n_values} values do not make whole elements of {width}")]
    Width {
        /// Number of values.
        n_values: usize,
        /// Values in one element.
        width: usize,
    },
}

impl Piece {
    /// Makes a piece after checking that its buffers fit together.
    ///
    /// # Errors
    /// [`PieceError`] says which buffer does not fit.
    pub fn new(
        column_type: ColumnType,
        offsets: Vec<Slice<i64>>,
        values: Values,
    ) -> Result<Self, PieceError> {
        let checked = offsets.into_iter().enumerate().map(|(level, array)| {
            Offsets::new(array).map_err(|reason| PieceError::Offsets { level, reason })
        });
        Self::with_offsets(column_type, checked.collect::<Result<_, _>>()?, values)
    }

    /// As [`Piece::new`], with offsets that were checked before, as those that branches share.
    ///
    /// # Errors
    /// [`PieceError`] says which buffer does not fit.
    pub fn with_offsets(
        column_type: ColumnType,
        offsets: Vec<Offsets>,
        values: Values,
    ) -> Result<Self, PieceError> {
        let levels = column_type.offset_levels();
        if offsets.len() != levels {
            return Err(PieceError::Levels { column_type, expected: levels, found: offsets.len() });
        }
        if values.element_type() != Values::empty(column_type.element).element_type() {
            return Err(PieceError::Type { column_type });
        }
        let width = column_type.width.max(1);
        if !values.len().is_multiple_of(width) {
            return Err(PieceError::Width { n_values: values.len(), width });
        }
        let n_elements = values.len() / width;
        for (level, array) in offsets.iter().enumerate() {
            let below = offsets.get(level + 1).map_or(n_elements, |next| next.len().saturating_sub(1));
            if array.last().is_none_or(|last| *last as u64 > below as u64) {
                return Err(PieceError::Offsets { level, reason: "the last offset is beyond the values" });
            }
        }
        let n_entries = offsets.first().map_or(n_elements, |array| array.len() - 1);
        Ok(Self { column_type, n_entries, offsets, values })
    }

    /// A piece of one value for each entry.
    pub fn flat<T: crate::Number>(values: Vec<T>) -> Self
    where
        Values: From<Vec<T>>,
    {
        Self {
            column_type: ColumnType::flat(T::ELEMENT),
            n_entries: values.len(),
            offsets: vec![],
            values: values.into(),
        }
    }

    /// A piece of lists, from the list of each entry.
    pub fn jagged<T: crate::Number>(lists: &[Vec<T>]) -> Self
    where
        Values: From<Vec<T>>,
    {
        let mut offsets = Vec::with_capacity(lists.len() + 1);
        offsets.push(0_i64);
        for list in lists {
            offsets.push(offsets[offsets.len() - 1] + list.len() as i64);
        }
        let widest = lists.iter().map(Vec::len).max().unwrap_or(0);
        let values: Vec<T> = lists.iter().flatten().copied().collect();
        let column_type = ColumnType::jagged(T::ELEMENT);
        Self {
            column_type,
            n_entries: lists.len(),
            offsets: vec![Offsets::known(offsets, widest)],
            values: values.into(),
        }
    }

    /// No entry of the given type.
    pub fn empty(column_type: ColumnType) -> Self {
        let offsets = (0..column_type.offset_levels()).map(|_| Offsets::known(vec![0], 0)).collect();
        Self { column_type, n_entries: 0, offsets, values: Values::empty(column_type.element) }
    }

    /// What one entry holds.
    pub fn column_type(&self) -> ColumnType {
        self.column_type
    }

    /// Number of entries.
    pub fn n_entries(&self) -> usize {
        self.n_entries
    }

    /// The levels of offsets, outermost first; none for a flat or fixed branch of numbers.
    pub fn offsets(&self) -> &[Offsets] {
        &self.offsets
    }

    /// All values, also those that the offsets do not reach (a slice of a piece keeps its neighbours' values).
    /// For flat and fixed branches these are exactly the values of the entries.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The positions in [`Piece::values`] that belong to the entries of this piece, half-open.
    pub fn value_range(&self) -> Range<usize> {
        let Some(outermost) = self.offsets.first() else { return 0..self.values.len() };
        let (mut start, mut end) = (outermost[0] as usize, outermost[outermost.len() - 1] as usize);
        for level in &self.offsets[1..] {
            (start, end) = (level[start] as usize, level[end] as usize);
        }
        let width = self.column_type.width;
        start * width..end * width
    }

    /// The entries between two positions, half-open, sharing all buffers.
    ///
    /// # Panics
    /// When the range leaves the piece.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(
            range.start <= range.end && range.end <= self.n_entries,
            "{range:?} of {} entries",
            self.n_entries
        );
        let mut piece = self.clone();
        piece.n_entries = range.end - range.start;
        if let Some(outermost) = piece.offsets.first_mut() {
            *outermost = outermost.of_lists(range);
        } else {
            let width = piece.column_type.width;
            piece.values = self.values.slice(range.start * width..range.end * width);
        }
        piece
    }

    /// The largest number of values in one entry, over all levels: the original's `jdim`.
    pub fn max_values_per_entry(&self) -> usize {
        let width = self.column_type.width;
        if self.n_entries == 0 {
            return 0;
        }
        match self.offsets.as_slice() {
            [] => width,
            [level] => level.widest() * width,
            [outermost, inner @ ..] => {
                let reach = |mut position: usize| {
                    for level in inner {
                        position = level[position] as usize;
                    }
                    position
                };
                outermost
                    .windows(2)
                    .map(|pair| reach(pair[1] as usize) - reach(pair[0] as usize))
                    .max()
                    .unwrap_or(0)
                    * width
            }
        }
    }

    /// Bytes that this piece keeps alive; buffers shared with other pieces count in each.
    pub fn buffer_bytes(&self) -> usize {
        self.values.buffer_bytes() + self.offsets.iter().map(|offsets| offsets.buffer_bytes()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ElementType;

    #[test]
    fn a_slice_keeps_its_own_entries() {
        let piece = Piece::jagged(&[vec![1.0_f32, 2.0], vec![], vec![3.0]]);
        let tail = piece.slice(1..3);
        assert_eq!(tail.n_entries(), 2);
        assert_eq!(tail.value_range(), 2..3);
        assert_eq!(tail.max_values_per_entry(), 1);
        assert_eq!(piece.max_values_per_entry(), 2);
    }

    #[test]
    fn doubly_jagged_widths_count_all_values_of_an_entry() {
        let column_type = ColumnType { element: ElementType::I32, depth: 2, width: 1 };
        let offsets = vec![Slice::from(vec![0, 2, 2, 3]), Slice::from(vec![0, 1, 4, 6])];
        let piece = Piece::new(column_type, offsets, vec![1, 2, 3, 4, 5, 6].into()).unwrap();
        assert_eq!(piece.n_entries(), 3);
        assert_eq!(piece.max_values_per_entry(), 4);
        assert_eq!(piece.slice(2..3).value_range(), 4..6);
    }

    #[test]
    fn broken_buffers_are_refused() {
        let jagged = ColumnType::jagged(ElementType::F32);
        let check = |offsets: Vec<i64>, message: &str| {
            let error = Piece::new(jagged, vec![Slice::from(offsets)], vec![1.0_f32].into()).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        };
        check(vec![], "empty");
        check(vec![-1, 0], "negative");
        check(vec![1, 0], "smaller");
        check(vec![0, 2], "beyond");
        assert!(Piece::new(jagged, vec![], vec![1.0_f32].into()).is_err());
        assert!(Piece::new(ColumnType::flat(ElementType::F64), vec![], vec![1.0_f32].into()).is_err());
        assert!(Piece::new(ColumnType::fixed(ElementType::F32, 2), vec![], vec![1.0_f32].into()).is_err());
    }
}
