//! Train, validation and test.

use crate::order::mix;
use crate::{MatrixError, Rng};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Weights are learnt from these rows.
    Train,
    /// Training is judged by these rows while it runs.
    Validation,
    /// Nothing is decided by these rows.
    Test,
}

/// Numbers that tell an event apart from all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventIdentifier {
    /// Run.
    pub run: i64,
    /// Luminosity block.
    pub lumi: i64,
    /// Event.
    pub event: i64,
}

/// How rows are dealt to the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitRule {
    /// In each chunk, so that every class has its share of every part; labels are classes.
    #[default]
    Stratified,
    /// In each chunk at random; for regression.
    Random,
    /// By run, luminosity block and event alone, so that an event is in the same part wherever and however often it
    /// comes up. The sizes follow the fractions only on average.
    EventIdentifier,
}

/// How rows are split. The sizes are those of two calls of scikit-learn's `train_test_split`: the test part
/// is the fraction of all rows, rounded up, and the validation part that of the rest: 64, 16 and 20 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitSettings {
    /// How rows are dealt.
    pub rule: SplitRule,
    /// Part of all rows that is for test, from 0 up to but not including 1.
    pub test_fraction: f64,
    /// Part of the rest that is for validation, from 0 up to but not including 1.
    pub validation_fraction: f64,
}

impl Default for SplitSettings {
    fn default() -> Self {
        Self { rule: SplitRule::default(), test_fraction: 0.2, validation_fraction: 0.2 }
    }
}

impl SplitSettings {
    /// Looks whether the fractions are fractions.
    ///
    /// # Errors
    /// [`MatrixError::Setting`].
    pub fn check(&self) -> Result<(), MatrixError> {
        for (setting, value) in
            [("test_fraction", self.test_fraction), ("validation_fraction", self.validation_fraction)]
        {
            if !(0.0..1.0).contains(&value) {
                let reason = "it must be at least 0 and less than 1";
                return Err(MatrixError::Setting { setting, value: value.to_string(), reason });
            }
        }
        Ok(())
    }
}

/// The part of each row: by [`SplitRule::Stratified`] over equal labels, else at random. The same seed and labels give the
/// same answer. A class with too few rows for three parts is in some of them only.
pub fn split_rows(labels: &[f32], settings: &SplitSettings, seed: u64) -> Vec<Part> {
    let mut classes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate() {
        let class = if settings.rule == SplitRule::Stratified { label.to_bits() } else { 0 };
        classes.entry(class).or_default().push(row);
    }
    let mut classes: Vec<Vec<usize>> = classes.into_values().collect();
    let mut rng = Rng::new(seed, 1);
    for rows in &mut classes {
        rng.shuffle(rows);
    }
    let mut parts = vec![Part::Train; labels.len()];
    for (part, fraction) in
        [(Part::Test, settings.test_fraction), (Part::Validation, settings.validation_fraction)]
    {
        let sizes: Vec<usize> = classes.iter().map(Vec::len).collect();
        let n_left: usize = sizes.iter().sum();
        let n_part = ((fraction * n_left as f64).ceil() as usize).min(n_left);
        for (rows, n_rows) in classes.iter_mut().zip(shares(&sizes, n_part)) {
            let rest = rows.split_off(rows.len() - n_rows);
            for row in rest {
                parts[row] = part;
            }
        }
    }
    parts
}

/// The part of an event by its identifier alone.
pub fn split_by_identifier(identifier: EventIdentifier, settings: &SplitSettings, seed: u64) -> Part {
    let EventIdentifier { run, lumi, event } = identifier;
    let hash = [run, lumi, event].into_iter().fold(mix(seed ^ 0x51f7), |hash, number| {
        mix(hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number as u64)
    });
    // The upper 53 bits as a number from 0 to 1.
    let position = (hash >> 11) as f64 / (1_u64 << 53) as f64;
    let validation_end =
        settings.test_fraction + (1.0 - settings.test_fraction) * settings.validation_fraction;
    if position < settings.test_fraction {
        Part::Test
    } else if position < validation_end {
        Part::Validation
    } else {
        Part::Train
    }
}

/// Shares `n` over classes in proportion to their sizes: rounded down, and one more for the largest remainders.
fn shares(sizes: &[usize], n: usize) -> Vec<usize> {
    let total: u128 = sizes.iter().map(|size| *size as u128).sum::<u128>().max(1);
    let exact = |size: usize| size as u128 * n as u128;
    let mut shares: Vec<usize> = sizes.iter().map(|size| (exact(*size) / total) as usize).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(exact(sizes[class]) % total));
    let n_left = n - shares.iter().sum::<usize>();
    order.into_iter().take(n_left).for_each(|class| shares[class] += 1);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(parts: &[Part], labels: &[f32], label: f32) -> [usize; 3] {
        [Part::Train, Part::Validation, Part::Test].map(|part| {
            parts.iter().zip(labels).filter(|(own, own_label)| **own == part && **own_label == label).count()
        })
    }

    fn check(n_zero: usize, n_one: usize, expected: [[usize; 3]; 2]) {
        let labels: Vec<f32> = (0..n_zero + n_one).map(|row| if row < n_zero { 0.0 } else { 1.0 }).collect();
        let parts = split_rows(&labels, &SplitSettings::default(), 21);
        assert_eq!([count(&parts, &labels, 0.0), count(&parts, &labels, 1.0)], expected);
        assert_eq!(parts, split_rows(&labels, &SplitSettings::default(), 21));
    }

    #[test]
    fn sizes_are_those_of_scikit_learn() {
        check(500, 500, [[320, 80, 100], [320, 80, 100]]);
        // 101 rows: 21 test; of 80, 16 validation.
        check(101, 0, [[64, 16, 21], [0, 0, 0]]);
        check(90, 10, [[58, 14, 18], [6, 2, 2]]);
        check(0, 0, [[0, 0, 0], [0, 0, 0]]);
        check(1, 1, [[0, 0, 1], [0, 1, 0]]);
    }

    #[test]
    fn an_event_is_always_in_the_same_part() {
        let settings = SplitSettings { rule: SplitRule::EventIdentifier, ..SplitSettings::default() };
        let mut counts = [0; 3];
        for event in 0..10_000 {
            let identifier = EventIdentifier { run: 1, lumi: event / 100, event };
            let part = split_by_identifier(identifier, &settings, 21);
            assert_eq!(part, split_by_identifier(identifier, &settings, 21));
            counts[part as usize] += 1;
        }
        let close = |count: i32, expected: i32| (count - expected).abs() < 200;
        assert!(close(counts[0], 6400) && close(counts[1], 1600) && close(counts[2], 2000), "{counts:?}");
    }
}
