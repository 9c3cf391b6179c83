//! A histogram with equal bins.

/// Counts in equal bins between two edges, with under- and overflow and the sums of squared weights.
///
/// Shown as a picture with axes; the title of the axis may name a unit: `"leading jet $p_T$ [GeV]"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    axis: String,
    low: f64,
    high: f64,
    /// Underflow, the bins, overflow.
    counts: Vec<f64>,
    squared: Vec<f64>,
    entries: u64,
    skipped: u64,
}

/// More bins than this are no picture, and may be a slip for an edge.
const MOST_BINS: usize = 1_000_000;

impl Histogram {
    /// An empty histogram of `bins` equal bins over `low..high`. Edges in the wrong order are exchanged; there is at
    /// least one bin and at most a million, and an empty or infinite range becomes one of width 1.
    pub fn new(axis: &str, bins: usize, low: f64, high: f64) -> Self {
        let (low, high) = if low <= high { (low, high) } else { (high, low) };
        let (low, high) = match (low.is_finite(), (high - low).is_finite() && high > low) {
            (true, true) => (low, high),
            (true, false) => (low, low + low.abs().max(1.0)),
            (false, _) => (0.0, 1.0),
        };
        let slots = bins.clamp(1, MOST_BINS) + 2;
        Self {
            axis: axis.to_string(),
            low,
            high,
            counts: vec![0.0; slots],
            squared: vec![0.0; slots],
            entries: 0,
            skipped: 0,
        }
    }

    /// A histogram of all of `values`.
    pub fn of<T: crate::Primitive>(axis: &str, bins: usize, low: f64, high: f64, values: &[T]) -> Self {
        let mut histogram = Self::new(axis, bins, low, high);
        for value in values {
            histogram.fill(value.to_f64());
        }
        histogram
    }

    /// Counts `value` once.
    pub fn fill(&mut self, value: f64) {
        self.fill_weighted(value, 1.0);
    }

    /// Counts `value` with a weight. What is no number is left out and counted in [`Histogram::skipped`].
    pub fn fill_weighted(&mut self, value: f64, weight: f64) {
        if value.is_nan() || !weight.is_finite() {
            self.skipped += 1;
            return;
        }
        let slot = self.slot(value);
        self.counts[slot] += weight;
        self.squared[slot] += weight * weight;
        self.entries += 1;
    }

    /// 0 for underflow, then the bins; the upper edge belongs to the overflow.
    fn slot(&self, value: f64) -> usize {
        let bins = self.n_bins();
        if value < self.low {
            return 0;
        }
        if value >= self.high {
            return bins + 1;
        }
        let bin = (value - self.low) / (self.high - self.low) * bins as f64;
        (bin as usize).min(bins - 1) + 1
    }

    /// The title of the axis.
    pub fn axis(&self) -> &str {
        &self.axis
    }

    /// The number of bins.
    pub fn n_bins(&self) -> usize {
        self.counts.len() - 2
    }

    /// The edges of the bins, one more than there are bins.
    pub fn edges(&self) -> Vec<f64> {
        let width = (self.high - self.low) / self.n_bins() as f64;
        let mut edges: Vec<f64> = (0..self.n_bins()).map(|bin| self.low + bin as f64 * width).collect();
        edges.push(self.high);
        edges
    }

    /// The sums of weights in the bins.
    pub fn counts(&self) -> &[f64] {
        &self.counts[1..=self.n_bins()]
    }

    /// The statistical errors of the bins: the roots of the sums of squared weights.
    pub fn errors(&self) -> Vec<f64> {
        self.squared[1..=self.n_bins()].iter().map(|squared| squared.sqrt()).collect()
    }

    /// The sum of weights below the first bin.
    pub fn underflow(&self) -> f64 {
        self.counts[0]
    }

    /// The sum of weights from the last edge on.
    pub fn overflow(&self) -> f64 {
        self.counts[self.n_bins() + 1]
    }

    /// How many values were counted, under- and overflow included.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// How many values were left out because they or their weights are no numbers.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The sum of weights in the bins.
    pub fn sum(&self) -> f64 {
        self.counts().iter().sum()
    }

    /// The mean of the centres of the bins; `None` where the weights add up to nothing.
    pub fn mean(&self) -> Option<f64> {
        self.moment(|centre| centre)
    }

    /// The standard deviation of the centres of the bins; `None` where the weights add up to nothing.
    pub fn standard_deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        Some(self.moment(|centre| (centre - mean).powi(2))?.max(0.0).sqrt())
    }

    fn moment(&self, of: impl Fn(f64) -> f64) -> Option<f64> {
        let sum = self.sum();
        let edges = self.edges();
        let centres = edges.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
        let weighted: f64 = centres.zip(self.counts()).map(|(centre, count)| of(centre) * count).sum();
        (sum != 0.0).then_some(weighted / sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_their_bins() {
        let mut histogram = Histogram::new("x", 4, 0.0, 2.0);
        for value in [-0.1, 0.0, 0.49, 0.5, 1.999, 2.0, f64::INFINITY, f64::NAN] {
            histogram.fill(value);
        }
        histogram.fill_weighted(1.0, 3.0);
        assert_eq!(histogram.counts(), [2.0, 1.0, 3.0, 1.0]);
        assert_eq!(histogram.errors(), [2.0_f64.sqrt(), 1.0, 3.0, 1.0]);
        assert_eq!((histogram.underflow(), histogram.overflow()), (1.0, 2.0));
        assert_eq!((histogram.entries(), histogram.skipped()), (8, 1));
        assert_eq!(histogram.edges(), [0.0, 0.5, 1.0, 1.5, 2.0]);
        // (0.25 * 2 + 0.75 + 1.25 * 3 + 1.75) / 7
        assert!((histogram.mean().unwrap() - 6.75 / 7.0).abs() < 1e-12);
    }

    #[test]
    fn senseless_ranges_still_make_a_histogram() {
        for (low, high) in
            [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (f64::MIN, f64::MAX)]
        {
            let mut histogram = Histogram::new("x", 0, low, high);
            histogram.fill(1.0);
            assert_eq!((histogram.n_bins(), histogram.entries()), (1, 1));
            assert!(histogram.edges().windows(2).all(|pair| pair[0] < pair[1]), "{low} {high}");
        }
        assert_eq!(Histogram::new("x", 2, 0.0, 1.0).mean(), None);
    }
}
