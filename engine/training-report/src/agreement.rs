//! The over-training check: do two samples of responses come from one distribution? The weighted two-sample
//! test of Kolmogorov and Smirnov, as TMVA applies it to the responses of training and test events.
//!
//! TMVA compares histograms; here every distinct score is a bin of its own, so that no binning hides or invents a
//! difference. With the same bins the numbers are those of ROOT's `TH1::KolmogorovTest`; without weights, those of
//! `TMath::KolmogorovTest`.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::ReportError;
use crate::input::{check_finite, check_length, weight_of};
use crate::sum::{Sum, is_positive, sum};

/// The result of one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KolmogorovSmirnov {
    /// The largest distance of the two cumulative distributions, 0..1 (negative weights can push it beyond).
    pub distance: f64,
    /// The probability of a distance at least this large for two samples of one distribution: small means
    /// over-trained. As asymptotic formula, good for more than about ten events in each sample.
    pub p_value: f64,
    /// Events that the first sample is worth: (Σw)² / Σw², as `TH1` counts them.
    pub effective_n_first: f64,
    /// Events that the second sample is worth.
    pub effective_n_second: f64,
}

/// Compares two samples of scores. The order of the values does not matter; equal scores are compared together.
///
/// # Errors
/// Lengths that differ, numbers that are not finite, an empty sample, and a sample whose weights do not sum to a
/// positive number.
pub fn kolmogorov_smirnov(
    first: (&[f64], Option<&[f64]>),
    second: (&[f64], Option<&[f64]>),
) -> Result<KolmogorovSmirnov, ReportError> {
    let (first_sorted, first_total) = sorted_sample(first.0, first.1, "first")?;
    let (second_sorted, second_total) = sorted_sample(second.0, second.1, "second")?;
    let distance = largest_distance(&first_sorted, first_total, &second_sorted, second_total);
    let effective_n_first = effective_n(&first_sorted, first_total);
    let effective_n_second = effective_n(&second_sorted, second_total);
    if ![distance, effective_n_first, effective_n_second].iter().all(|number| number.is_finite()) {
        return Err(ReportError::Overflow { what: "weights of the Kolmogorov-Smirnov test" });
    }
    // The order of the divisions keeps huge and tiny numbers of events in range.
    let n = effective_n_first / (1.0 + effective_n_first / effective_n_second);
    let p_value = kolmogorov_probability(distance * n.sqrt());
    Ok(KolmogorovSmirnov { distance, p_value, effective_n_first, effective_n_second })
}

/// Computes the probability that the Kolmogorov statistic exceeds `z`: 2 Σ (−1)^(j−1) exp(−2 j² z²).
///
/// It is ROOT's `TMath::KolmogorovProb`, which stops its series and rounds its constants such that it is right to
/// 5e-9; this one is right to 1e-14.
pub fn kolmogorov_probability(z: f64) -> f64 {
    let z = z.abs();
    if z < 0.2 {
        // The true value differs from one by less than 1e-12 here.
        return 1.0;
    }
    let probability = if z < 1.0 {
        // The theta-function form of the same series, which converges quickly for small z.
        let terms =
            (0..4).map(|j| f64::from(2 * j + 1).powi(2)).map(|k| (-k * PI * PI / (8.0 * z * z)).exp());
        1.0 - (2.0 * PI).sqrt() / z * terms.sum::<f64>()
    } else {
        let term = |j: i32| (-2.0 * f64::from(j * j) * z * z).exp();
        2.0 * (term(1) - term(2) + term(3) - term(4))
    };
    probability.clamp(0.0, 1.0)
}

fn sorted_sample(
    scores: &[f64],
    weights: Option<&[f64]>,
    class: &str,
) -> Result<(Vec<(f64, f64)>, f64), ReportError> {
    check_finite("score", scores, 1)?;
    if let Some(weights) = weights {
        check_length("weights", scores.len(), weights.len())?;
        check_finite("weight", weights, 1)?;
    }
    if scores.is_empty() {
        return Err(ReportError::Empty {
            what: "scores in one sample",
            wanted: "the Kolmogorov-Smirnov test",
        });
    }
    let mut sample: Vec<_> =
        scores.iter().enumerate().map(|(row, &score)| (score, weight_of(weights, row))).collect();
    sample.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let total = sum(sample.iter().map(|&(_, weight)| weight));
    if !is_positive(total) {
        let (class, wanted) = (format!("{class} sample's"), "the Kolmogorov-Smirnov test");
        return Err(ReportError::NoWeight { class, sum_weights: total, wanted });
    }
    Ok((sample, total))
}

fn effective_n(sample: &[(f64, f64)], total: f64) -> f64 {
    total * total / sum(sample.iter().map(|&(_, weight)| weight * weight))
}

fn largest_distance(first: &[(f64, f64)], first_total: f64, second: &[(f64, f64)], second_total: f64) -> f64 {
    let (mut first_sum, mut second_sum, mut largest) = (Sum::default(), Sum::default(), 0.0_f64);
    let (mut first_at, mut second_at) = (0, 0);
    loop {
        let here = match (first.get(first_at), second.get(second_at)) {
            (Some(&(left, _)), Some(&(right, _))) => left.min(right),
            (Some(&(score, _)), None) | (None, Some(&(score, _))) => score,
            (None, None) => return largest,
        };
        first_at = add_equal(first, first_at, here, &mut first_sum);
        second_at = add_equal(second, second_at, here, &mut second_sum);
        largest = largest.max((first_sum.value() / first_total - second_sum.value() / second_total).abs());
    }
}

/// Adds the weights of all events of the score `here`; returns the first event after them.
fn add_equal(sample: &[(f64, f64)], from: usize, here: f64, sum: &mut Sum) -> usize {
    let mut at = from;
    while let Some(&(_, weight)) = sample.get(at).filter(|&&(score, _)| score == here) {
        sum.add(weight);
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{kolmogorov_probability, kolmogorov_smirnov};

    #[test]
    fn equal_samples_agree_and_separate_ones_do_not() {
        let low: Vec<f64> = (0..100).map(f64::from).collect();
        let high: Vec<f64> = (0..100).map(|n| f64::from(n) + 1000.0).collect();
        let same = kolmogorov_smirnov((&low, None), (&low, None)).unwrap();
        assert_eq!((same.distance, same.p_value, same.effective_n_first), (0.0, 1.0, 100.0));
        let apart = kolmogorov_smirnov((&low, None), (&high, None)).unwrap();
        assert_eq!(apart.distance, 1.0);
        assert!(apart.p_value < 1e-40);
    }

    #[test]
    fn equal_scores_are_compared_together() {
        let answer = kolmogorov_smirnov((&[1.0, 1.0, 2.0, 0.0], None), (&[1.0, 0.0], None)).unwrap();
        assert_eq!(answer.distance, 0.25);
        let zeros = kolmogorov_smirnov((&[0.0], None), (&[-0.0], None)).unwrap();
        assert_eq!(zeros.distance, 0.0);
    }

    #[test]
    fn both_branches_of_the_probability_meet() {
        let (below, above) = (kolmogorov_probability(1.0 - 1e-15), kolmogorov_probability(1.0));
        assert!((below - above).abs() < 1e-14, "{below} {above}");
        assert_eq!(kolmogorov_probability(0.0), 1.0);
        assert_eq!(kolmogorov_probability(40.0), 0.0);
        assert_eq!(kolmogorov_probability(-1.0), kolmogorov_probability(1.0));
    }

    #[test]
    fn samples_without_weight_are_an_error() {
        let error =
            |weights: &[f64]| kolmogorov_smirnov((&[1.0, 2.0], Some(weights)), (&[1.0], None)).unwrap_err();
        assert!(error(&[1.0, -1.0]).to_string().contains("first sample's events sum to 0"));
        assert!(error(&[1.0]).to_string().contains("1 weights for 2 expected"));
        assert!(error(&[1.0, f64::NAN]).to_string().contains("weight of row 1 is NaN"));
        assert!(kolmogorov_smirnov((&[], None), (&[1.0], None)).is_err());
    }
}
