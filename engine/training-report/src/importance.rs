//! Permutation importance: how much worse does a metric get when the values of one branch are dealt out among
//! the events at random? The model is asked by a callback, so that nothing here needs to know models.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::ReportError;

/// Columns that are shuffled together: all the columns of one branch, so that a jagged branch is one feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnGroup {
    /// Name of the branch.
    pub name: String,
    /// Its columns in the matrix.
    pub columns: Range<usize>,
}

/// What the callback has to do before it scores: in every column of `columns`, row `i` gets the value (and the
/// mask) that stood in row `rows[i]`.
#[derive(Debug, Clone, Copy)]
pub struct ColumnPermutation<'a> {
    /// The shuffled columns.
    pub columns: &'a Range<usize>,
    /// Where each row's value comes from; every row once.
    pub rows: &'a [u32],
}

impl ColumnPermutation<'_> {
    /// Writes the shuffled columns into `target`, a copy of the row-major matrix `source`. Rows or columns that
    /// either matrix does not have are left alone.
    pub fn fill(&self, source: &[f32], target: &mut [f32], n_columns: usize) {
        if n_columns == 0 || self.columns.end > n_columns {
            return;
        }
        for (target_row, &from) in target.chunks_exact_mut(n_columns).zip(self.rows) {
            let start = (from as usize).saturating_mul(n_columns);
            if let Some(source_row) = source.get(start..start.saturating_add(n_columns)) {
                target_row[self.columns.clone()].copy_from_slice(&source_row[self.columns.clone()]);
            }
        }
    }
}

/// The importance of one group of columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// Name of the branch.
    pub name: String,
    /// Metric of the untouched matrix minus metric of the shuffled one, mean over the repeats. For a metric that
    /// should be large (AUC), large means important.
    pub mean: f64,
    /// Standard deviation over the repeats (divided by their number, as scikit-learn does).
    pub standard_deviation: f64,
    /// The drop of each repeat.
    pub drops: Vec<f64>,
}

/// Measures every group, `n_repeats` times. `metric` is called once with `None` (nothing shuffled) and then for
/// each repeat of each group; an error of its ends the work (that is how to cancel).
///
/// The same seed and number of rows give the same shuffles on every machine; those of one group do not depend on
/// which other groups are measured. Sorted by falling mean, then by name.
///
/// # Errors
/// A group with columns that the matrix does not have, no repeats, too many rows (2³²), and what `metric` returns.
pub fn permutation_importance<E: From<ReportError>>(
    (n_rows, n_columns): (usize, usize),
    groups: &[ColumnGroup],
    n_repeats: usize,
    seed: u64,
    mut metric: impl FnMut(Option<ColumnPermutation<'_>>) -> Result<f64, E>,
) -> Result<Vec<Importance>, E> {
    check(n_rows, n_columns, groups, n_repeats)?;
    let untouched = metric(None)?;
    let mut answers = Vec::with_capacity(groups.len());
    let mut rows: Vec<u32> = Vec::new();
    for group in groups {
        let mut random = SplitMix64::new(seed, &group.name);
        let mut drops = Vec::new();
        for _ in 0..n_repeats {
            rows.clear();
            rows.extend(0..n_rows as u32);
            random.shuffle(&mut rows);
            drops.push(untouched - metric(Some(ColumnPermutation { columns: &group.columns, rows: &rows }))?);
        }
        let mean = drops.iter().sum::<f64>() / n_repeats as f64;
        let variance = drops.iter().map(|drop| (drop - mean).powi(2)).sum::<f64>() / n_repeats as f64;
        answers.push(Importance {
            name: group.name.clone(),
            mean,
            standard_deviation: variance.sqrt(),
            drops,
        });
    }
    answers.sort_by(|left, right| right.mean.total_cmp(&left.mean).then_with(|| left.name.cmp(&right.name)));
    Ok(answers)
}

fn check(
    n_rows: usize,
    n_columns: usize,
    groups: &[ColumnGroup],
    n_repeats: usize,
) -> Result<(), ReportError> {
    if n_repeats == 0 {
        return Err(ReportError::BadSetting { what: "n_repeats", value: 0.0, allowed: "at least 1" });
    }
    if u32::try_from(n_rows).is_err() {
        let value = n_rows as f64;
        return Err(ReportError::BadSetting { what: "the number of rows", value, allowed: "below 2^32" });
    }
    match groups.iter().find(|group| group.columns.end > n_columns || group.columns.start > group.columns.end)
    {
        None => Ok(()),
        Some(ColumnGroup { name, columns }) => {
            let column = columns.start.max(columns.end.saturating_sub(1));
            Err(ReportError::NoSuchColumn { group: name.clone(), column, n_columns })
        }
    }
}

/// The generator of Steele, Lea and Flood (OOPSLA 2014): tiny, and the same on every machine for ever.
struct SplitMix64(u64);

impl SplitMix64 {
    /// Seeds by number and name (FNV-1a), so that every branch has its own shuffles.
    fn new(seed: u64, name: &str) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(seed ^ hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A whole number below `bound` (which is not zero): the upper half of a product. Its bias, `bound` / 2⁶⁴,
    /// is far below what any sample shows.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    fn shuffle(&mut self, rows: &mut [u32]) {
        for last in (1..rows.len()).rev() {
            let other = self.below(last + 1);
            rows.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ColumnGroup, ReportError, SplitMix64, permutation_importance};

    fn group(name: &str, columns: std::ops::Range<usize>) -> ColumnGroup {
        ColumnGroup { name: name.to_owned(), columns }
    }

    #[test]
    fn the_column_that_decides_is_the_important_one() {
        let matrix: Vec<f32> = (0..200).flat_map(|row| [(row % 2) as f32, (row % 7) as f32]).collect();
        let groups = [group("noise", 1..2), group("label", 0..1)];
        let ask = |seed| {
            permutation_importance::<ReportError>((200, 2), &groups, 5, seed, |permutation| {
                let mut shuffled = matrix.clone();
                if let Some(permutation) = permutation {
                    permutation.fill(&matrix, &mut shuffled, 2);
                }
                let right =
                    shuffled.chunks_exact(2).enumerate().filter(|(row, v)| v[0] == (row % 2) as f32).count();
                Ok(right as f64 / 200.0)
            })
            .unwrap()
        };
        let first = ask(21);
        assert_eq!((first[0].name.as_str(), first[1].mean), ("label", 0.0));
        assert!((0.4..0.6).contains(&first[0].mean), "{}", first[0].mean);
        assert!(first[0].standard_deviation > 0.0);
        assert_eq!(first, ask(21));
        assert_ne!(first, ask(22));
    }

    #[test]
    fn a_shuffle_is_a_permutation_and_fair() {
        let mut random = SplitMix64::new(1, "pt");
        let mut seen = [0_u32; 24];
        for _ in 0..24_000 {
            let mut rows = [0, 1, 2, 3];
            random.shuffle(&mut rows);
            let code = rows.iter().fold(0, |code, row| code * 4 + row) as usize;
            let mut sorted = rows;
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
            seen[code % 24] += 1;
        }
        assert_eq!(seen.iter().sum::<u32>(), 24_000);
    }

    #[test]
    fn errors_come_through() {
        let ask = |groups: &[ColumnGroup], n_repeats| {
            permutation_importance::<ReportError>((10, 2), groups, n_repeats, 1, |_| Ok(1.0)).map(|a| a.len())
        };
        assert_eq!(ask(&[], 1), Ok(0));
        assert!(ask(&[group("pt", 1..3)], 1).unwrap_err().to_string().contains("column 2 of the group `pt`"));
        assert!(ask(&[], 0).unwrap_err().to_string().contains("n_repeats is 0"));
        let cancelled = permutation_importance((10, 2), &[], 1, 1, |_| {
            Err(ReportError::Empty { what: "time", wanted: "an answer" })
        });
        assert!(cancelled.is_err());
    }
}
