//! The receiver operating characteristic: how much signal is kept against how much background, for every
//! possible cut on the score, and the area under it.

use serde::{Deserialize, Serialize};

use crate::ReportError;
use crate::ranking::{Level, levels};
use crate::sum::{Sum, is_positive};

/// A ROC curve. Point 0 is the cut that nothing passes; point `i > 0` is the cut `score >= thresholds[i]`.
/// The three lists have one length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RocCurve {
    /// Falling thresholds; `None` (JSON `null`) for the first point, which lies above every score.
    pub thresholds: Vec<Option<f64>>,
    /// Weighted share of the background that passes.
    pub false_positive_rate: Vec<f64>,
    /// Weighted share of the signal that passes.
    pub true_positive_rate: Vec<f64>,
    /// Area under the exact curve, with all its points: the probability that a signal event scores higher than
    /// a background event, ties counted half.
    pub auc: f64,
    /// The cut of the largest geometric mean of both efficiencies.
    pub best_threshold: BestThreshold,
}

/// The cut `score >= threshold` of the largest G-mean, √(true positive rate · (1 − false positive rate)); the
/// highest one of several equal ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BestThreshold {
    /// The cut.
    pub threshold: f64,
    /// The G-mean there, 0..1.
    pub g_mean: f64,
    /// Signal efficiency there.
    pub true_positive_rate: f64,
    /// Background efficiency there.
    pub false_positive_rate: f64,
}

/// Computes the exact ROC curve: one point for each distinct score.
///
/// # Errors
/// Lengths that differ, scores or weights that are not finite, and classes without positive total weight.
pub fn roc_curve(
    is_signal: &[bool],
    scores: &[f64],
    weights: Option<&[f64]>,
) -> Result<RocCurve, ReportError> {
    RocCurve::from_levels(&levels(is_signal, scores, weights)?)
}

impl RocCurve {
    pub(crate) fn from_levels(levels: &[Level]) -> Result<Self, ReportError> {
        let total = levels.last().copied().unwrap_or(Level { threshold: 0.0, signal: 0.0, background: 0.0 });
        for (class, sum_weights) in [("signal", total.signal), ("background", total.background)] {
            if !is_positive(sum_weights) {
                let (class, wanted) = (class.to_owned(), "a ROC curve");
                return Err(ReportError::NoWeight { class, sum_weights, wanted });
            }
        }
        let mut curve = Self {
            thresholds: vec![None],
            false_positive_rate: vec![0.0],
            true_positive_rate: vec![0.0],
            auc: area(levels) / (total.signal * total.background),
            best_threshold: best_threshold(levels, total),
        };
        for level in levels {
            curve.thresholds.push(Some(level.threshold));
            curve.false_positive_rate.push(level.background / total.background);
            curve.true_positive_rate.push(level.signal / total.signal);
        }
        let rates = curve.true_positive_rate.iter().chain(&curve.false_positive_rate);
        if !(curve.auc.is_finite() && rates.copied().all(f64::is_finite)) {
            return Err(ReportError::Overflow { what: "rates of the ROC curve" });
        }
        Ok(curve)
    }

    /// Keeps a subset of the points for storage and pictures; `auc` and `best_threshold` stay exact.
    ///
    /// Kept are the first and the last point, the best threshold, and every point at which the way along both
    /// axes since the last kept one has reached `2 / n_points`: about `n_points` in all, denser nowhere, and the
    /// largest gap that a straight line bridges is that of one score level or `2 / n_points`.
    #[must_use]
    pub fn thinned(&self, n_points: usize) -> Self {
        // The lists are public; a shorter one sets the length.
        let rates = self.false_positive_rate.len().min(self.true_positive_rate.len());
        let n_all = self.thresholds.len().min(rates);
        if n_all == 0 {
            return self.clone();
        }
        let step = 2.0 / n_points.max(1) as f64;
        let (mut kept, mut last): (Vec<usize>, usize) = (vec![0], 0);
        let at = |point: usize| (self.false_positive_rate[point], self.true_positive_rate[point]);
        for point in 1..n_all {
            let ((x, y), (last_x, last_y)) = (at(point), at(last));
            let is_best = self.thresholds[point] == Some(self.best_threshold.threshold);
            let way = (x - last_x).abs() + (y - last_y).abs();
            if is_best || point + 1 == n_all || n_all <= n_points || way >= step {
                kept.push(point);
                last = point;
            }
        }
        Self {
            thresholds: kept.iter().map(|&point| self.thresholds[point]).collect(),
            false_positive_rate: kept.iter().map(|&point| self.false_positive_rate[point]).collect(),
            true_positive_rate: kept.iter().map(|&point| self.true_positive_rate[point]).collect(),
            auc: self.auc,
            best_threshold: self.best_threshold,
        }
    }
}

/// The trapezoids under the curve, in units of summed weights; equal to the Mann-Whitney sum over all pairs.
fn area(levels: &[Level]) -> f64 {
    let (mut area, mut signal, mut background) = (Sum::default(), 0.0, 0.0);
    for level in levels {
        area.add((level.background - background) * f64::midpoint(signal, level.signal));
        (signal, background) = (level.signal, level.background);
    }
    area.value()
}

fn best_threshold(levels: &[Level], total: Level) -> BestThreshold {
    let mut best =
        BestThreshold { threshold: 0.0, g_mean: -1.0, true_positive_rate: 0.0, false_positive_rate: 0.0 };
    for level in levels {
        let true_positive_rate = level.signal / total.signal;
        let false_positive_rate = level.background / total.background;
        // Negative weights can push a rate out of 0..1; such a cut has no G-mean and counts as zero.
        let g_mean = (true_positive_rate * (1.0 - false_positive_rate)).max(0.0).sqrt();
        if g_mean > best.g_mean {
            best =
                BestThreshold { threshold: level.threshold, g_mean, true_positive_rate, false_positive_rate };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::{ReportError, roc_curve};

    fn check(labels: &[u8], scores: &[f64], weights: Option<&[f64]>, auc: f64, best: f64) {
        let is_signal: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
        let curve = roc_curve(&is_signal, scores, weights).unwrap();
        assert_eq!((curve.auc, curve.best_threshold.threshold), (auc, best), "{labels:?} {scores:?}");
    }

    #[test]
    fn small_curves_are_exact() {
        check(&[0, 1], &[0.2, 0.8], None, 1.0, 0.8);
        check(&[1, 0], &[0.2, 0.8], None, 0.0, 0.8);
        check(&[0, 1], &[0.5, 0.5], None, 0.5, 0.5);
        check(&[0, 0, 1, 1], &[0.1, 0.4, 0.35, 0.8], None, 0.75, 0.8);
        check(&[0, 0, 1, 1], &[0.1, 0.4, 0.35, 0.8], Some(&[1.0, 3.0, 1.0, 3.0]), 0.8125, 0.8);
        // A background event of weight -1 at the lowest score takes away one of the others.
        check(&[0, 0, 1, 0], &[0.1, 0.4, 0.35, 0.05], Some(&[1.0, 1.0, 1.0, -1.0]), 0.0, 0.4);
    }

    #[test]
    fn a_class_without_weight_is_an_error() {
        let error = |is_signal: &[bool], weights: Option<&[f64]>| {
            roc_curve(is_signal, &vec![0.5; is_signal.len()], weights).unwrap_err().to_string()
        };
        assert!(error(&[], None).contains("the weights of the signal events sum to 0"));
        assert!(error(&[true], None).contains("background events sum to 0"));
        assert!(error(&[true, false], Some(&[1.0, -1.0])).contains("background events sum to -1"));
    }

    #[test]
    fn numbers_that_cannot_be_ranked_are_an_error() {
        let nan = roc_curve(&[true, false], &[0.5, f64::NAN], None).unwrap_err();
        assert!(matches!(nan, ReportError::NotFinite { what: "score", row: 1, .. }));
        let short = roc_curve(&[true, false], &[0.5], None).unwrap_err();
        assert!(matches!(short, ReportError::LengthMismatch { what: "scores", n_expected: 2, n_found: 1 }));
    }

    #[test]
    fn thinning_keeps_the_ends_the_best_and_the_area() {
        let is_signal: Vec<bool> = (0..1000).map(|row| row % 3 == 0).collect();
        let scores: Vec<f64> = (0..1000).map(|row| f64::from(row * 7919 % 1000)).collect();
        let exact = roc_curve(&is_signal, &scores, None).unwrap();
        let thin = exact.thinned(50);
        assert_eq!(exact.thresholds.len(), 1001);
        assert!((20..=52).contains(&thin.thresholds.len()), "{}", thin.thresholds.len());
        assert_eq!((thin.auc, thin.best_threshold), (exact.auc, exact.best_threshold));
        assert_eq!((thin.thresholds[0], thin.true_positive_rate.last()), (None, Some(&1.0)));
        assert!(thin.thresholds.contains(&Some(exact.best_threshold.threshold)));
        assert_eq!(exact.thinned(5000), exact);
    }
}
