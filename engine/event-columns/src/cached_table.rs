//! A table that remembers what it decoded.

use crate::{EventTable, Offsets, Piece, PieceAt, PieceSink, ReadError, TableInfo};
use std::collections::{BTreeMap, HashSet};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Wraps a table and keeps decoded pieces in memory up to a budget, so that a second pass decodes nothing
/// that still fits. Pieces are kept whole as they are first met and never thrown out.
pub struct CachedTable<T> {
    table: T,
    budget_bytes: usize,
    used_bytes: AtomicUsize,
    /// Addresses of the kept offsets: those that several branches share take their memory once.
    kept_offsets: Mutex<HashSet<usize>>,
    /// For each branch, the kept pieces by their first entry.
    kept: Vec<Mutex<BTreeMap<u64, Piece>>>,
}

impl<T: EventTable> CachedTable<T> {
    /// Keeps at most `budget_bytes` of decoded buffers; 0 keeps nothing.
    pub fn new(table: T, budget_bytes: usize) -> Self {
        let kept = table.info().branches.iter().map(|_| Mutex::default()).collect();
        Self { table, budget_bytes, used_bytes: AtomicUsize::new(0), kept_offsets: Mutex::default(), kept }
    }

    /// Bytes of decoded buffers held now.
    pub fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// Whether a further piece of this size may still be kept; reserves the room if so.
    fn reserve(&self, n_bytes: usize) -> bool {
        self.used_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(n_bytes).filter(|sum| *sum <= self.budget_bytes)
            })
            .is_ok()
    }

    /// Hands out the kept entries of a branch within a range and returns the ranges that are missing.
    fn serve(
        &self,
        branch: usize,
        entries: &Range<u64>,
        sink: PieceSink<'_>,
    ) -> Result<Vec<Range<u64>>, ReadError> {
        let found: Vec<(u64, Piece)> = {
            let kept = self.kept[branch].lock().unwrap_or_else(PoisonError::into_inner);
            let first = kept.range(..=entries.start).next_back().map_or(entries.start, |(start, _)| *start);
            kept.range(first..entries.end).map(|(start, piece)| (*start, piece.clone())).collect()
        };
        let mut missing = Vec::new();
        let mut position = entries.start;
        for (start, piece) in found {
            let end = (start + piece.n_entries() as u64).min(entries.end);
            if end <= position {
                continue;
            }
            if start > position {
                missing.push(position..start);
                position = start;
            }
            let part = piece.slice((position - start) as usize..(end - start) as usize);
            if sink(PieceAt { branch, first_entry: position, piece: part }).is_break() {
                return Err(ReadError::Stopped);
            }
            position = end;
        }
        if position < entries.end {
            missing.push(position..entries.end);
        }
        Ok(missing)
    }

    /// A cut piece shares its buffer with its other half and would count twice, or keep entries nobody asked for; it
    /// is kept all the same, for the second pass asks for the same cuts.
    fn keep(&self, piece: &PieceAt) {
        let mut kept = self.kept[piece.branch].lock().unwrap_or_else(PoisonError::into_inner);
        if piece.piece.n_entries() == 0 || kept.contains_key(&piece.first_entry) {
            return;
        }
        let mut kept_offsets = self.kept_offsets.lock().unwrap_or_else(PoisonError::into_inner);
        let address = |offsets: &Offsets| Arc::as_ptr(offsets.shared().0) as usize;
        let mut new = piece.piece.offsets().to_vec();
        new.retain(|offsets| !kept_offsets.contains(&address(offsets)));
        let n_offset_bytes: usize = new.iter().map(|offsets| offsets.buffer_bytes()).sum();
        if self.reserve(n_offset_bytes + piece.piece.values().buffer_bytes()) {
            kept_offsets.extend(new.iter().map(address));
            kept.insert(piece.first_entry, piece.piece.clone());
        }
    }
}

impl<T: EventTable> EventTable for CachedTable<T> {
    fn info(&self) -> &TableInfo {
        self.table.info()
    }

    fn visit(&self, branches: &[usize], entries: Range<u64>, sink: PieceSink<'_>) -> Result<(), ReadError> {
        let n_entries = self.info().n_entries;
        let entries = entries.start.min(n_entries)..entries.end.min(n_entries);
        // Branches that miss the same ranges are read together, so that the reader can use all threads.
        let mut missing: BTreeMap<(u64, u64), Vec<usize>> = BTreeMap::new();
        for &branch in branches {
            for range in self.serve(branch, &entries, sink)? {
                missing.entry((range.start, range.end)).or_default().push(branch);
            }
        }
        let keep_and_pass = |piece: PieceAt| -> ControlFlow<()> {
            self.keep(&piece);
            sink(piece)
        };
        for ((start, end), branches) in missing {
            self.table.visit(&branches, start..end, &keep_and_pass)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BranchInfo, ColumnType, ElementType, read_chunk};

    /// One branch of ten entries stored as pieces of three, counting how many pieces were decoded.
    struct Counting {
        info: TableInfo,
        decoded: AtomicUsize,
    }

    impl EventTable for Counting {
        fn info(&self) -> &TableInfo {
            &self.info
        }
        fn visit(
            &self,
            branches: &[usize],
            entries: Range<u64>,
            sink: PieceSink<'_>,
        ) -> Result<(), ReadError> {
            for &branch in branches {
                for start in (0..10_u64).step_by(3) {
                    let end = (start + 3).min(10);
                    let (cut_start, cut_end) = (start.max(entries.start), end.min(entries.end));
                    if cut_start < cut_end {
                        self.decoded.fetch_add(1, Ordering::Relaxed);
                        let piece = Piece::flat((start as i32..end as i32).collect::<Vec<_>>());
                        let piece = piece.slice((cut_start - start) as usize..(cut_end - start) as usize);
                        let _ = sink(PieceAt { branch, first_entry: cut_start, piece });
                    }
                }
            }
            Ok(())
        }
    }

    fn counting() -> Counting {
        let branch = BranchInfo {
            name: "x".into(),
            type_name: "int".into(),
            column_type: Ok(ColumnType::flat(ElementType::I32)),
            stored_bytes: 0,
            decoded_bytes: 0,
            codec: String::new(),
        };
        let info =
            TableInfo { source: "memory".into(), tree: String::new(), n_entries: 10, branches: vec![branch] };
        Counting { info, decoded: AtomicUsize::new(0) }
    }

    #[test]
    fn a_second_pass_decodes_nothing_that_fits() {
        let table = CachedTable::new(counting(), 1 << 20);
        for _ in 0..2 {
            for (start, end) in [(0, 4), (4, 9), (9, 10), (2, 8)] {
                let chunk = read_chunk(&table, &[0], start..end).unwrap();
                let expected: Vec<f64> = (start..end).map(|entry| entry as f64).collect();
                assert_eq!(chunk.column("x").unwrap().to_f64(), expected);
            }
        }
        assert_eq!(table.table.decoded.load(Ordering::Relaxed), 2 + 2 + 1);
    }

    #[test]
    fn nothing_is_kept_beyond_the_budget() {
        let table = CachedTable::new(counting(), 13);
        read_chunk(&table, &[0], 0..10).unwrap();
        assert_eq!(table.used_bytes(), 12);
        assert_eq!(read_chunk(&table, &[0], 0..10).unwrap().column("x").unwrap().to_f64().len(), 10);
    }
}
