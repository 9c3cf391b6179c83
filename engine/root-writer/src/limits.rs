//! What one file and one basket can hold, and values that have no form in the file.
//!
//! Two defects of oxyroot 0.1.25 are met here, before it meets them:
//! - Beyond 2,000,000,000 bytes it writes keys that no reader understands.
//! - The table of entry offsets of a basket does not grow when an entry of more than 1000 bytes came before
//!   (`WBasket::update` compares a number of entries with a number of bytes), which ends in a panic. The size
//!   of that table is followed here, entry by entry.

use crate::WriteError;
use crate::branches::PlannedBranch;
use event_columns::{Column, ElementType, Number, Piece};
use std::path::Path;

/// The most bytes that are written into one file. oxyroot stops at 2,000,000,000; the rest is for keys.
pub(crate) const MAX_FILE_BYTES: u64 = 1_900_000_000;

/// oxyroot closes a basket when this many bytes are reached.
const BASKET_BYTES: usize = 32 * 1024;

/// Offsets that a new basket has room for.
const FIRST_OFFSETS: usize = 1000;

/// Bytes of an entry of `std::vector`: byte count, version, number of values.
const VECTOR_HEADER_BYTES: usize = 4 + 2 + 4;

/// Follows what one branch has in its open basket.
#[derive(Clone, Debug)]
pub(crate) struct BranchLimits {
    n_entries: usize,
    n_bytes: usize,
    n_offsets: usize,
    /// What oxyroot takes for the capacity: a number of entries or of bytes, whichever was met last.
    capacity: usize,
}

impl Default for BranchLimits {
    fn default() -> Self {
        Self { n_entries: 0, n_bytes: 0, n_offsets: FIRST_OFFSETS, capacity: FIRST_OFFSETS }
    }
}

impl BranchLimits {
    /// Whether an entry of so many bytes can be added to a branch with offsets.
    fn add(&mut self, n_bytes: usize) -> bool {
        if self.n_entries + 1 >= self.capacity {
            self.capacity = self.capacity.saturating_mul(2).max(10);
            self.n_offsets += self.n_offsets.abs_diff(self.capacity);
        }
        if self.n_entries >= self.n_offsets {
            return false;
        }
        self.n_entries += 1;
        self.n_bytes += n_bytes;
        self.capacity = self.capacity.max(n_bytes);
        if self.n_bytes + n_bytes >= BASKET_BYTES {
            *self = Self::default();
        }
        true
    }

    /// Checks a column of a chunk that starts at `first_entry`, and returns the bytes that it takes in the file.
    pub(crate) fn add_column(
        &mut self,
        branch: &PlannedBranch,
        first_entry: u64,
        column: &Column,
    ) -> Result<u64, WriteError> {
        let value_bytes = value_bytes(branch.column_type.element);
        if branch.column_type.offset_levels() == 0 {
            return Ok((column.n_entries() * branch.column_type.width * value_bytes) as u64);
        }
        let (mut entry, mut total) = (first_entry, 0_u64);
        for piece in column.pieces() {
            for range in entry_ranges(piece) {
                let refuse = |reason| WriteError::Value { branch: branch.name.to_string(), entry, reason };
                let n_values = range.len();
                let n_bytes = if branch.column_type.element == ElementType::Text {
                    check_text(piece, range).map_err(refuse)?;
                    n_values + if n_values < 255 { 1 } else { 5 }
                } else {
                    VECTOR_HEADER_BYTES + n_values * value_bytes
                };
                if i32::try_from(n_bytes).is_err() {
                    return Err(refuse("the entry is larger than 2 GiB"));
                }
                if !self.add(n_bytes) {
                    return Err(refuse(UNEVEN));
                }
                total += n_bytes as u64 + 4;
                entry += 1;
            }
        }
        Ok(total)
    }
}

/// Refuses bytes beyond the limit of one file.
pub(crate) fn check_file_bytes(path: &Path, n_bytes: u64, entry: u64) -> Result<(), WriteError> {
    if n_bytes <= MAX_FILE_BYTES {
        return Ok(());
    }
    Err(WriteError::TooLarge { path: path.to_path_buf(), entry, limit_bytes: MAX_FILE_BYTES })
}

const UNEVEN: &str = "more than a thousand short entries follow one of more than 1000 bytes within one basket, \
    which the ROOT writer (oxyroot 0.1.25) cannot store; write this branch as Parquet, or cut the long entry";

fn entry_ranges(piece: &Piece) -> impl Iterator<Item = std::ops::Range<usize>> {
    let offsets = piece.offsets().first().map_or(&[][..], |offsets| &offsets[..]);
    offsets.windows(2).map(|pair| pair[0] as usize..pair[1] as usize)
}

fn check_text(piece: &Piece, range: std::ops::Range<usize>) -> Result<(), &'static str> {
    let bytes = u8::of(piece.values()).and_then(|bytes| bytes.get(range)).unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Err(_) => Err("the text is not UTF-8"),
        Ok(text) if text.contains('\0') => Err("the text has a NUL character, where ROOT would end it"),
        Ok(_) => Ok(()),
    }
}

fn value_bytes(element: ElementType) -> usize {
    match element {
        ElementType::Bool | ElementType::I8 | ElementType::U8 | ElementType::Text => 1,
        ElementType::I16 | ElementType::U16 => 2,
        ElementType::I32 | ElementType::U32 | ElementType::F32 => 4,
        ElementType::I64 | ElementType::U64 | ElementType::F64 => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entries: &[usize], good: bool) {
        let mut limits = BranchLimits::default();
        assert_eq!(entries.iter().all(|n_bytes| limits.add(*n_bytes)), good);
    }

    #[test]
    fn a_long_entry_among_many_short_ones_is_refused() {
        let mut entries = vec![10; 1500];
        check(&entries, true);
        entries[0] = 1210;
        check(&entries, false);
        check(&entries[..1000], true);
        // Large enough to close its basket at once.
        entries[0] = BASKET_BYTES / 2;
        check(&entries, true);
        check(&[50_000; 40], true);
    }
}
