//! How many values of a piece are in which bucket of a distribution.

use crate::sketch::key;
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// Ranges of keys up to this are counted in a table; wider ones, which only the first pieces of a branch have, are sorted.
const MOST_PLACES: usize = 1 << 16;
/// Places that are looked at together: most of a table stays empty.
const BLOCK_PLACES: usize = 64;

/// Counts keys within a range.
pub(crate) enum KeyCounts {
    /// A place for each key.
    InTable {
        /// The key of the first place.
        first_key: i32,
        /// The table of this thread, given back at the end.
        table: Table,
    },
    /// All keys as they came.
    AsTheyCome(Vec<i32>),
}

/// Counts that are all 0 while nobody counts.
#[derive(Default)]
pub(crate) struct Table {
    counts: Vec<u32>,
    /// For each block of places, whether one of them was counted.
    touched: Vec<bool>,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

impl KeyCounts {
    /// Nothing counted yet; all keys will be in `range`.
    pub(crate) fn new(range: RangeInclusive<i32>) -> Self {
        let first_key = *range.start();
        let n_places = (i64::from(*range.end()) - i64::from(first_key) + 1).max(0) as usize;
        if n_places > MOST_PLACES {
            return Self::AsTheyCome(Vec::new());
        }
        let mut table = TABLE.take();
        if table.counts.len() < n_places {
            table.counts.resize(n_places.next_multiple_of(BLOCK_PLACES), 0);
            table.touched.resize(table.counts.len() / BLOCK_PLACES, false);
        }
        Self::InTable { first_key, table }
    }

    /// Counts the buckets of finite values.
    pub(crate) fn add(&mut self, values: &[f64], resolution: u32) {
        let keys = values.iter().map(|value| key(*value as f32, resolution));
        match self {
            Self::AsTheyCome(all) => all.extend(keys),
            Self::InTable { first_key, table } => {
                for key in keys {
                    let place = (key - *first_key) as usize;
                    table.counts[place] += 1;
                    table.touched[place / BLOCK_PLACES] = true;
                }
            }
        }
    }

    /// The counts by rising key; none is 0.
    pub(crate) fn finish(self) -> Vec<(i32, u64)> {
        let mut sorted: Vec<(i32, u64)> = Vec::new();
        match self {
            Self::AsTheyCome(mut keys) => {
                keys.sort_unstable();
                for key in keys {
                    match sorted.last_mut() {
                        Some((last, count)) if *last == key => *count += 1,
                        _ => sorted.push((key, 1)),
                    }
                }
            }
            Self::InTable { first_key, mut table } => {
                let blocks = table.counts.chunks_mut(BLOCK_PLACES).zip(&mut table.touched).enumerate();
                for (block, (counts, touched)) in blocks.filter(|(_, (_, touched))| **touched) {
                    let first_key = first_key + (block * BLOCK_PLACES) as i32;
                    for (place, count) in counts.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
                        sorted.push((first_key + place as i32, u64::from(*count)));
                        *count = 0;
                    }
                    *touched = false;
                }
                TABLE.set(table);
            }
        }
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_a_list_count_alike() {
        let values: Vec<f64> = (0..3000).map(|number| f64::from(number * 37 % 1000 - 500) / 8.0).collect();
        let range = key(-62.5, 4)..=key(62.5, 4);
        for _ in 0..2 {
            let mut in_table = KeyCounts::new(range.clone());
            assert!(matches!(in_table, KeyCounts::InTable { .. }));
            in_table.add(&values, 4);
            let mut as_they_come = KeyCounts::AsTheyCome(Vec::new());
            as_they_come.add(&values, 4);
            let counts = in_table.finish();
            assert_eq!(counts, as_they_come.finish());
            assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 3000);
        }
        assert!(matches!(KeyCounts::new(i32::MIN..=i32::MAX), KeyCounts::AsTheyCome(_)));
    }
}
