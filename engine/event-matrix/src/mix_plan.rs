//! How many events of each sample go into each chunk.

use crate::MatrixError;
use serde::{Deserialize, Serialize};

/// How events are shared over chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkRule {
    /// Every event once: samples take turns in proportion to their events, and a chunk is the next so many turns.
    #[default]
    EveryEvent,
    /// As the original: a rounded share of each file, the last file filling the chunk up; a file whose
    /// share rounds to 0 is left out; as soon as one file would come to its end, that file and later ones are read to
    /// their end in a last chunk, while what is left of the earlier ones is lost.
    Original,
}

/// The number of events of each sample in each chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MixPlan {
    /// For each chunk, for each sample.
    pub chunks: Vec<Vec<u64>>,
}

impl MixPlan {
    /// Shares the events of samples (how many pass the selection of each) over chunks of `chunk_size` rows;
    /// `n_wanted` limits the events over all samples. Proportions are those of `n_events`.
    ///
    /// # Errors
    /// [`MatrixError::NoEvents`] without samples or events, [`MatrixError::Setting`] for a chunk size of 0.
    pub fn new(
        n_events: &[u64],
        n_wanted: Option<u64>,
        chunk_size: usize,
        rule: ChunkRule,
    ) -> Result<Self, MatrixError> {
        if chunk_size == 0 {
            return Err(MatrixError::Setting {
                setting: "chunk_size",
                value: "0".into(),
                reason: "a chunk needs at least one row",
            });
        }
        let total = n_events.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        if total.is_none_or(|total| total == 0) {
            let reason = format!("{} samples hold no event that passes its selection", n_events.len());
            return Err(MatrixError::NoEvents { reason });
        }
        let chunk_size = chunk_size as u64;
        let chunks = match rule {
            ChunkRule::EveryEvent => every_event(n_events, n_wanted, chunk_size),
            ChunkRule::Original => original(n_events, n_wanted, chunk_size),
        };
        if chunks.is_empty() && rule == ChunkRule::Original {
            return Err(MatrixError::NoEvents { reason: without_share(n_events, n_wanted, chunk_size) });
        }
        Ok(Self { chunks })
    }

    /// Events of each sample over all chunks.
    pub fn n_used(&self) -> Vec<u64> {
        let n_samples = self.chunks.first().map_or(0, Vec::len);
        (0..n_samples).map(|sample| self.chunks.iter().map(|chunk| chunk[sample]).sum()).collect()
    }

    /// Rows of the largest chunk.
    pub fn max_rows(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.iter().sum()).max().unwrap_or(0)
    }
}

fn every_event(n_events: &[u64], n_wanted: Option<u64>, chunk_size: u64) -> Vec<Vec<u64>> {
    let total: u64 = n_events.iter().sum();
    let wanted = n_wanted.map_or(total, |wanted| wanted.min(total));
    let mut taken = vec![0; n_events.len()];
    let mut chunks = Vec::new();
    let mut end = 0_u64;
    while end < wanted {
        end = end.saturating_add(chunk_size).min(wanted);
        let upto = share(n_events, end);
        chunks.push(upto.iter().zip(&taken).map(|(upto, taken)| upto - taken).collect());
        taken = upto;
    }
    chunks
}

/// How many events of each sample are among the first `n` turns, where the `k`-th event of `n_i` has its turn at
/// `(k + 1/2) / n_i`, and earlier samples go first at equal turns.
fn share(n_events: &[u64], n: u64) -> Vec<u64> {
    let total: u128 = n_events.iter().map(|count| u128::from(*count)).sum();
    // At equal times each sample is within half an event of its proportional share, and the time differs from the
    // proportional one by half an event for each sample at most; from there on it goes by turn.
    let slack = n_events.len() as u128;
    let floor = |count: u64| (u128::from(count) * u128::from(n) / total).saturating_sub(slack) as u64;
    let mut upto: Vec<u64> = n_events.iter().map(|count| floor(*count)).collect();
    let mut left = n - upto.iter().sum::<u64>();
    while left > 0 {
        let next = next_turn(n_events, &upto);
        let Some(next) = next else { break };
        upto[next] += 1;
        left -= 1;
    }
    upto
}

/// The sample whose turn is next, of those that have events left.
pub(crate) fn next_turn(n_events: &[u64], taken: &[u64]) -> Option<usize> {
    // (2 taken + 1) / n compared without division.
    let is_earlier = |left: usize, right: usize| {
        (2 * u128::from(taken[left]) + 1) * u128::from(n_events[right])
            < (2 * u128::from(taken[right]) + 1) * u128::from(n_events[left])
    };
    let mut next: Option<usize> = None;
    for sample in (0..n_events.len()).filter(|&sample| taken[sample] < n_events[sample]) {
        if next.is_none_or(|next| is_earlier(sample, next)) {
            next = Some(sample);
        }
    }
    next
}

/// Why the original's rule gives no chunk at all, and what would give some.
fn without_share(n_events: &[u64], n_wanted: Option<u64>, chunk_size: u64) -> String {
    let n_samples = n_events.len();
    let most = chunk_size.saturating_mul(2).max(n_samples as u64 * 2);
    let enough = (chunk_size..=most).find(|size| !original(n_events, n_wanted, *size).is_empty());
    let enough = enough.map_or_else(|| "a larger number".to_string(), |size| format!("{size} or more"));
    format!(
        "in a chunk of {chunk_size} events the share of each of the {n_samples} files rounds to 0, with which the original \
         never ends; set `chunk_size` to {enough}, or leave out `compat`"
    )
}

fn original(n_events: &[u64], n_wanted: Option<u64>, chunk_size: u64) -> Vec<Vec<u64>> {
    let total = n_events.iter().sum::<u64>() as f64;
    let round = |value: f64| value.round_ties_even() as u64;
    let wanted = n_wanted.map(|wanted| wanted as f64);
    let limits: Vec<u64> = match wanted {
        // The original would also ask a file for events that it does not have; we stop at its end.
        Some(wanted) => {
            n_events.iter().map(|&count| round(count as f64 / total * wanted).max(1).min(count)).collect()
        }
        None => n_events.to_vec(),
    };
    let whole = wanted.unwrap_or(total);
    let shares: Vec<u64> =
        limits.iter().map(|&limit| round(limit as f64 / whole * chunk_size as f64)).collect();
    let mut taken = vec![0; limits.len()];
    let mut chunks = Vec::new();
    let mut is_last = false;
    while !is_last {
        let mut chunk = vec![0; limits.len()];
        for sample in 0..limits.len() {
            let left = limits[sample] - taken[sample];
            is_last |= shares[sample] >= left;
            let rows: u64 = chunk.iter().sum();
            chunk[sample] = if is_last {
                left
            } else if sample + 1 == limits.len() && shares[sample] > 0 {
                chunk_size.saturating_sub(rows).min(left)
            } else {
                shares[sample]
            };
            taken[sample] += chunk[sample];
        }
        // All shares may round to 0 when there are more files than rows in a chunk; the original never ends then.
        if chunk.iter().all(|count| *count == 0) {
            break;
        }
        chunks.push(chunk);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(n_events: &[u64], wanted: Option<u64>, size: usize, rule: ChunkRule, expected: &[&[u64]]) {
        assert_eq!(MixPlan::new(n_events, wanted, size, rule).unwrap().chunks, expected);
    }

    #[test]
    fn the_original_rounds_and_loses() {
        let rule = ChunkRule::Original;
        check(&[100, 100], None, 50, rule, &[&[25, 25], &[25, 25], &[25, 25], &[25, 25]]);
        // 5 of 10 and 2.5, rounded to even, of 5: the last file fills up.
        check(&[10, 20], None, 10, rule, &[&[3, 7], &[3, 7], &[3, 6]]);
        // The second file ends first; one event of the first is lost.
        check(&[11, 10], None, 4, rule, &[&[2, 2], &[2, 2], &[2, 2], &[2, 2], &[2, 2]]);
        check(&[1000, 1000], Some(100), 50, rule, &[&[25, 25], &[25, 25]]);
        check(&[1, 1000], None, 100, rule, &[[0, 100].as_slice(); 10]);
    }

    #[test]
    fn shares_that_all_round_to_zero_are_refused() {
        let check = |n_events: &[u64], size: usize, expected: &str| {
            let error = MixPlan::new(n_events, None, size, ChunkRule::Original).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(&[10, 10], 1, "in a chunk of 1 events the share of each of the 2 files rounds to 0");
        check(&[10, 10], 1, "set `chunk_size` to 2 or more");
        check(&[10, 10, 10, 10, 10], 2, "set `chunk_size` to 3 or more");
        assert_eq!(MixPlan::new(&[10, 10], None, 1, ChunkRule::EveryEvent).unwrap().chunks.len(), 20);
    }

    #[test]
    fn every_event_is_shared_in_proportion() {
        let rule = ChunkRule::EveryEvent;
        check(&[10, 20], None, 10, rule, &[&[3, 7], &[4, 6], &[3, 7]]);
        check(&[1, 5], None, 4, rule, &[&[1, 3], &[0, 2]]);
        check(&[5], Some(3), 4, rule, &[&[3]]);
        assert!(MixPlan::new(&[0, 0], None, 4, rule).is_err());
        assert!(MixPlan::new(&[1], None, 0, rule).is_err());
    }

    proptest! {
        #[test]
        fn no_event_is_lost(n_events in proptest::collection::vec(0..500_u64, 1..6), size in 1..200_usize) {
            prop_assume!(n_events.iter().sum::<u64>() > 0);
            let plan = MixPlan::new(&n_events, None, size, ChunkRule::EveryEvent).unwrap();
            prop_assert_eq!(plan.n_used(), n_events.clone());
            let (last, whole) = plan.chunks.split_last().unwrap();
            prop_assert!(whole.iter().all(|chunk| chunk.iter().sum::<u64>() == size as u64));
            prop_assert!(last.iter().sum::<u64>() <= size as u64);
            let mut taken = vec![0; n_events.len()];
            for chunk in &plan.chunks {
                let before = taken.clone();
                for _ in 0..chunk.iter().sum() {
                    let next = next_turn(&n_events, &taken).unwrap();
                    taken[next] += 1;
                }
                let turns: Vec<u64> = taken.iter().zip(before).map(|(after, before)| after - before).collect();
                prop_assert_eq!(chunk, &turns);
            }
        }

        #[test]
        fn the_original_rule_ends(n_events in proptest::collection::vec(0..500_u64, 1..6), size in 1..200_usize, wanted in proptest::option::of(0..900_u64)) {
            if let Ok(plan) = MixPlan::new(&n_events, wanted, size, ChunkRule::Original) {
                prop_assert!(plan.n_used().iter().zip(&n_events).all(|(used, own)| used <= own));
            }
        }
    }
}
