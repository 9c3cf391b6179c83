//! A histogram as a caller hands it over: edges and sums, checked once, so that every figure can rely on them.

use thiserror::Error;

use crate::poisson::garwood_interval;

/// Weighted counts in bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    edges: Vec<f64>,
    counts: Vec<f64>,
    sum_w2: Vec<f64>,
    underflow: f64,
    overflow: f64,
    /// Sums of squared weights below and above all bins.
    outside_sum_w2: (f64, f64),
    /// Ends of the error bars where they do not follow from counts and squared sums any more: of scaled counts.
    intervals: Option<Vec<(f64, f64)>>,
}

/// Why numbers are no histogram.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum HistogramError {
    /// The lengths do not belong together.
    #[error(
        "{n_edges} edges, {n_counts} counts and {n_sum_w2} squared sums: n bins have n + 1 edges, n counts and n squared sums"
    )]
    Lengths {
        /// Number of edges.
        n_edges: usize,
        /// Number of counts.
        n_counts: usize,
        /// Number of squared sums.
        n_sum_w2: usize,
    },
    /// The edges do not rise, or are not finite.
    #[error(
        "edge {at} is {edge} and the one before is {before}: edges must be finite and rise from bin to bin"
    )]
    Edges {
        /// Number of the edge, from 0.
        at: usize,
        /// Its value.
        edge: f64,
        /// The value before it (its own for the first edge).
        before: f64,
    },
}

impl Histogram {
    /// Checks and keeps sums of weights (`counts`) and of squared weights (`sum_w2`, the variance of the counts) in
    /// bins between `edges`. A count that is not finite is kept as zero with zero variance, and so is a negative
    /// variance.
    ///
    /// # Errors
    /// Lengths that do not belong together, and edges that are not finite or do not rise.
    pub fn new(
        edges: Vec<f64>,
        counts: Vec<f64>,
        sum_w2: Vec<f64>,
        underflow: f64,
        overflow: f64,
    ) -> Result<Self, HistogramError> {
        let (n_edges, n_counts, n_sum_w2) = (edges.len(), counts.len(), sum_w2.len());
        if n_edges != n_counts + 1 || n_sum_w2 != n_counts {
            return Err(HistogramError::Lengths { n_edges, n_counts, n_sum_w2 });
        }
        for (at, &edge) in edges.iter().enumerate() {
            let before = if at == 0 { edge } else { edges[at - 1] };
            if !edge.is_finite() || (at > 0 && edge <= before) {
                return Err(HistogramError::Edges { at, edge, before });
            }
        }
        let sum_w2: Vec<f64> = sum_w2.into_iter().map(|variance| finite(variance).max(0.0)).collect();
        let counts: Vec<f64> = counts.into_iter().map(finite).collect();
        let (underflow, overflow) = (finite(underflow), finite(overflow));
        let mean_weight = mean_weight(&counts, &sum_w2);
        let outside_sum_w2 = (finite(underflow.abs() * mean_weight), finite(overflow.abs() * mean_weight));
        Ok(Self { edges, counts, sum_w2, underflow, overflow, outside_sum_w2, intervals: None })
    }

    /// Sets the sums of squared weights of underflow and overflow. Without them, weights outside the bins are taken to
    /// be as large as those inside on average. What is not finite or negative becomes zero.
    #[must_use]
    pub fn with_outside_sum_w2(mut self, below: f64, above: f64) -> Self {
        let tidy = |variance: f64| if variance.is_finite() { variance.clamp(0.0, 1e300) } else { 0.0 };
        self.outside_sum_w2 = (tidy(below), tidy(above));
        self
    }

    /// Makes a histogram of events of weight one: the variance of each count is the count.
    ///
    /// # Errors
    /// As [`Histogram::new`].
    pub fn unweighted(edges: Vec<f64>, counts: Vec<f64>) -> Result<Self, HistogramError> {
        Self::new(edges, counts.clone(), counts, 0.0, 0.0)
    }

    /// Returns the bin edges, one more than bins.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Returns the sum of the weights in each bin.
    pub fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// Returns the sum of the squared weights in each bin.
    pub fn sum_w2(&self) -> &[f64] {
        &self.sum_w2
    }

    /// Returns the sum of the weights below the first edge.
    pub fn underflow(&self) -> f64 {
        self.underflow
    }

    /// Returns the sum of the weights above the last edge.
    pub fn overflow(&self) -> f64 {
        self.overflow
    }

    /// Returns the sums of the squared weights below the first and above the last edge.
    pub fn outside_sum_w2(&self) -> (f64, f64) {
        self.outside_sum_w2
    }

    /// Returns the lower and upper end of the error bar of a bin: Garwood's interval where events were counted
    /// (every squared sum equals its count), ± the root of the squared sum where they were weighted.
    pub fn error_interval(&self, bin: usize) -> (f64, f64) {
        let (Some(&count), Some(&variance)) = (self.counts.get(bin), self.sum_w2.get(bin)) else {
            return (0.0, 0.0);
        };
        if let Some(intervals) = &self.intervals {
            intervals.get(bin).copied().unwrap_or((count, count))
        } else if self.is_unweighted() {
            garwood_interval(count)
        } else {
            (count - variance.sqrt(), count + variance.sqrt())
        }
    }

    pub(crate) fn n_bins(&self) -> usize {
        self.counts.len()
    }

    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        (self.n_bins() > 0).then(|| (self.edges[0], self.edges[self.n_bins()]))
    }

    pub(crate) fn total(&self) -> f64 {
        self.counts.iter().sum()
    }

    pub(crate) fn is_unweighted(&self) -> bool {
        self.counts
            .iter()
            .zip(&self.sum_w2)
            .all(|(count, variance)| (count - variance).abs() <= 1e-9 * count.abs())
    }

    pub(crate) fn centre(&self, bin: usize) -> f64 {
        f64::midpoint(self.edges[bin], self.edges[bin + 1])
    }

    /// The common width of all bins.
    pub(crate) fn equal_width(&self) -> Option<f64> {
        let (low, high) = self.range()?;
        let width = (high - low) / self.n_bins() as f64;
        let is_equal = |pair: &[f64]| ((pair[1] - pair[0]) - width).abs() < width * 1e-6;
        self.edges.windows(2).all(is_equal).then_some(width)
    }

    /// Bin by bin the sum with another histogram of the same edges.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let add = |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(l, r)| l + r).collect();
        Self {
            edges: self.edges.clone(),
            counts: add(&self.counts, &other.counts),
            sum_w2: add(&self.sum_w2, &other.sum_w2),
            underflow: self.underflow + other.underflow,
            overflow: self.overflow + other.overflow,
            outside_sum_w2: (
                self.outside_sum_w2.0 + other.outside_sum_w2.0,
                self.outside_sum_w2.1 + other.outside_sum_w2.1,
            ),
            intervals: None,
        }
    }

    /// The bins that reach into a range; the others are counted as underflow and overflow.
    pub(crate) fn in_range(&self, (low, high): (f64, f64)) -> Self {
        let first = self.edges[1..].iter().take_while(|&&upper| upper <= low).count();
        let last = self.edges[..self.n_bins()].iter().take_while(|&&lower| lower < high).count().max(first);
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        Self {
            edges: self.edges[first..=last].to_vec(),
            counts: self.counts[first..last].to_vec(),
            sum_w2: self.sum_w2[first..last].to_vec(),
            underflow: self.underflow + sum(&self.counts[..first]),
            overflow: self.overflow + sum(&self.counts[last..]),
            outside_sum_w2: (
                self.outside_sum_w2.0 + sum(&self.sum_w2[..first]),
                self.outside_sum_w2.1 + sum(&self.sum_w2[last..]),
            ),
            intervals: self.intervals.as_ref().map(|intervals| intervals[first..last].to_vec()),
        }
    }

    /// The same with underflow and overflow in the first and last bin. Unchanged without bins.
    pub(crate) fn folded(&self) -> Self {
        let mut folded = self.clone();
        if let (Some(count), Some(variance)) = (folded.counts.first_mut(), folded.sum_w2.first_mut()) {
            *count += std::mem::take(&mut folded.underflow);
            *variance += std::mem::take(&mut folded.outside_sum_w2.0);
        }
        if let (Some(count), Some(variance)) = (folded.counts.last_mut(), folded.sum_w2.last_mut()) {
            *count += std::mem::take(&mut folded.overflow);
            *variance += std::mem::take(&mut folded.outside_sum_w2.1);
        }
        folded
    }

    /// Each count times the factor of its bin, and its error bar with it.
    pub(crate) fn scaled(&self, factor: impl Fn(usize) -> f64) -> Self {
        let bins = 0..self.n_bins();
        let interval = |bin: usize| {
            let (low, high) = self.error_interval(bin);
            (finite(low * factor(bin)), finite(high * factor(bin)))
        };
        Self {
            counts: bins.clone().map(|bin| finite(self.counts[bin] * factor(bin))).collect(),
            sum_w2: bins.clone().map(|bin| finite(self.sum_w2[bin] * factor(bin) * factor(bin))).collect(),
            intervals: Some(bins.map(interval).collect()),
            ..self.clone()
        }
    }

    /// The density of unit area, as TMVA draws responses: each count over the total and the width of its bin. Unchanged
    /// where the total is not positive.
    pub(crate) fn normalised(&self) -> Self {
        self.density(self.total())
    }

    /// Each count over a total and the width of its bin. Unchanged where the total is not positive.
    pub(crate) fn density(&self, total: f64) -> Self {
        if !(total > 0.0 && total.is_finite()) {
            return self.clone();
        }
        self.scaled(|bin| 1.0 / total / (self.edges[bin + 1] - self.edges[bin]))
    }
}

/// A number that can be drawn: sums of two of them do not overflow.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value.clamp(-1e300, 1e300) } else { 0.0 }
}

/// The mean of the weights, weighted by themselves; one where there are none.
fn mean_weight(counts: &[f64], sum_w2: &[f64]) -> f64 {
    let weight = sum_w2.iter().sum::<f64>() / counts.iter().map(|count| count.abs()).sum::<f64>();
    if weight.is_finite() && weight > 0.0 { weight } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn what_is_no_histogram_is_refused() {
        let error = |edges: &[f64], n: usize| {
            Histogram::new(edges.to_vec(), vec![1.0; n], vec![1.0; n], 0.0, 0.0).unwrap_err().to_string()
        };
        assert!(error(&[0.0, 1.0], 2).contains("2 edges, 2 counts"));
        assert!(error(&[], 0).contains("0 edges"));
        assert!(error(&[0.0, 2.0, 1.0], 2).contains("edge 2 is 1 and the one before is 2"));
        assert!(error(&[0.0, f64::NAN], 1).contains("edge 1 is NaN"));
    }

    #[test]
    fn errors_are_garwood_for_counts_and_roots_for_weights() {
        let counted = Histogram::unweighted(vec![0.0, 1.0, 2.0], vec![0.0, 1.0]).unwrap();
        assert!((counted.error_interval(0).1 - 1.841_021_645_009_263_5).abs() < 1e-12);
        let weighted = Histogram::new(vec![0.0, 1.0], vec![5.0], vec![4.0], 0.0, 0.0).unwrap();
        assert_eq!(weighted.error_interval(0), (3.0, 7.0));
        assert_eq!(weighted.error_interval(7), (0.0, 0.0));
    }

    #[test]
    fn a_density_has_area_one() {
        let counted = Histogram::unweighted(vec![0.0, 1.0, 3.0], vec![1.0, 3.0]).unwrap().normalised();
        assert_eq!(counted.counts(), [0.25, 0.375]);
    }

    fn counted() -> Histogram {
        let edges = vec![0.0, 1.0, 2.0, 3.0, 4.0];
        let counts = vec![1.0, 2.0, 4.0, 8.0];
        Histogram::new(edges, counts.clone(), counts, 16.0, 32.0).unwrap()
    }

    #[test]
    fn what_a_range_cuts_off_is_outside() {
        let cut = counted().in_range((0.5, 2.0));
        assert_eq!((cut.edges(), cut.counts()), (&[0.0, 1.0, 2.0][..], &[1.0, 2.0][..]));
        assert_eq!((cut.underflow(), cut.overflow(), cut.outside_sum_w2()), (16.0, 44.0, (16.0, 44.0)));
        let above = counted().in_range((7.0, 8.0));
        assert_eq!((above.counts(), above.underflow(), above.overflow()), (&[][..], 31.0, 32.0));
        let below = counted().in_range((-3.0, -2.0));
        assert_eq!((below.counts(), below.underflow(), below.overflow()), (&[][..], 16.0, 47.0));
    }

    #[test]
    fn folding_keeps_the_sum() {
        let folded = counted().folded();
        assert_eq!(folded.counts(), [17.0, 2.0, 4.0, 40.0]);
        assert_eq!(folded.sum_w2(), folded.counts());
        assert_eq!((folded.underflow(), folded.overflow()), (0.0, 0.0));
        let one = Histogram::new(vec![0.0, 1.0], vec![3.0], vec![6.0], 1.0, 2.0).unwrap();
        assert_eq!((one.folded().counts(), one.folded().sum_w2()), (&[6.0][..], &[12.0][..]));
        let known = one.with_outside_sum_w2(0.5, f64::NAN).folded();
        assert_eq!(known.sum_w2(), [6.5]);
    }

    #[test]
    fn a_density_keeps_its_relative_errors() {
        let (counted, density) = (counted(), counted().density(30.0));
        let (low, high) = counted.error_interval(2);
        assert_eq!(density.error_interval(2), (low * (1.0 / 30.0), high * (1.0 / 30.0)));
    }
}
