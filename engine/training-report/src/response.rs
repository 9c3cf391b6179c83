//! The distribution of scores as a histogram: small enough for the stored report, and all that the picture of the
//! response by class needs.

use serde::{Deserialize, Serialize};

use crate::input::weight_of;

/// Weighted counts of scores in equal bins. A value on an inner edge belongs to the bin above it, one on the upper
/// end to the last bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseHistogram {
    /// Name of the class whose events are counted (of the target for a regression's residuals).
    pub class: String,
    /// Bin edges, one more than bins.
    pub edges: Vec<f64>,
    /// Sum of the weights in each bin.
    pub counts: Vec<f64>,
    /// Sum of the squared weights in each bin: the variance of the count.
    pub sum_w2: Vec<f64>,
    /// Sum of the weights below the first edge.
    pub underflow: f64,
    /// Sum of the weights above the last edge.
    pub overflow: f64,
}

impl ResponseHistogram {
    /// Counts finite values of `low..=high` in `n_bins` equal bins; `rows` picks the events.
    pub(crate) fn new(
        class: &str,
        (low, high): (f64, f64),
        n_bins: usize,
        values: impl Iterator<Item = (usize, f64)>,
        weights: Option<&[f64]>,
    ) -> Self {
        let n_bins = n_bins.max(1);
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        let width = (high - low) / n_bins as f64;
        let mut histogram = Self {
            class: class.to_owned(),
            edges: (0..=n_bins).map(|bin| low + width * bin as f64).collect(),
            counts: vec![0.0; n_bins],
            sum_w2: vec![0.0; n_bins],
            underflow: 0.0,
            overflow: 0.0,
        };
        for (row, value) in values {
            let weight = weight_of(weights, row);
            if value < low {
                histogram.underflow += weight;
            } else if value > high {
                histogram.overflow += weight;
            } else {
                let bin = histogram.bin_of(value, (((value - low) / width) as usize).min(n_bins - 1));
                histogram.counts[bin] += weight;
                histogram.sum_w2[bin] += weight * weight;
            }
        }
        histogram
    }

    /// Corrects a bin number that rounding put one off: the edges decide.
    fn bin_of(&self, value: f64, guess: usize) -> usize {
        if value < self.edges[guess] {
            guess.saturating_sub(1)
        } else if guess + 2 < self.edges.len() && value >= self.edges[guess + 1] {
            guess + 1
        } else {
            guess
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ResponseHistogram;

    #[test]
    fn edges_belong_to_the_bin_above_and_the_end_to_the_last() {
        let values = [-0.1, 0.0, 0.25, 0.5, 1.0, 1.1].into_iter().enumerate();
        let histogram = ResponseHistogram::new("signal", (0.0, 1.0), 4, values, None);
        assert_eq!(histogram.counts, [1.0, 1.0, 1.0, 1.0]);
        assert_eq!((histogram.underflow, histogram.overflow), (1.0, 1.0));
    }

    #[test]
    fn weights_are_summed_and_squared() {
        let weights = [2.0, -0.5];
        let values = [0.1, 0.1].into_iter().enumerate();
        let histogram = ResponseHistogram::new("signal", (0.0, 1.0), 1, values, Some(&weights));
        assert_eq!((histogram.counts[0], histogram.sum_w2[0]), (1.5, 4.25));
    }
}
