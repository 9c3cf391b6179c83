//! Histograms of several samples with the same bins.

use crate::{Axis, AxisError, Binning};

/// Values are kept up to so many bytes until the bins are known.
const DEFAULT_BUDGET_BYTES: usize = 1 << 30;

/// A filled histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// Bin edges, one more than bins. A bin holds its lower edge and not its upper one.
    pub edges: Vec<f64>,
    /// Sum of the weights in each bin.
    pub sum_w: Vec<f64>,
    /// Sum of the squared weights in each bin.
    pub sum_w2: Vec<f64>,
    /// Sum of the weights below the first edge.
    pub underflow: f64,
    /// Sum of the weights at or above the last edge.
    pub overflow: f64,
    /// Values that are in a bin, below or above.
    pub n_values: u64,
    /// Values that are not a number.
    pub n_nan: u64,
    /// Values whose weight is not finite; they are left out.
    pub n_bad_weights: u64,
    /// Mean of the finite values, with their weights; nothing where they weigh nothing.
    pub mean: Option<f64>,
    /// Standard deviation of the same.
    pub standard_deviation: Option<f64>,
}

/// Fills one histogram for each sample. Bins that were not said are chosen from the values of all samples: these are
/// kept until [`Filler::finish`], or until they take more memory than allowed; then the bins are set from those seen so
/// far, and later values outside count as below or above.
#[derive(Clone, Debug)]
pub struct Filler {
    binning: Binning,
    is_whole: bool,
    axis: Option<Axis>,
    samples: Vec<Sums>,
    kept: Vec<Vec<Block>>,
    kept_bytes: usize,
    budget_bytes: usize,
    /// Some of the finite values, for their quantiles.
    seen: Vec<f64>,
    extremes: Option<(f64, f64)>,
}

type Block = (Vec<f64>, Option<Vec<f64>>);

impl Filler {
    /// Begins a histogram for each of `n_samples`; `is_whole` says that all values are whole numbers.
    ///
    /// # Errors
    /// The bins that were said cannot be made.
    pub fn new(binning: Binning, n_samples: usize, is_whole: bool) -> Result<Self, AxisError> {
        let axis = if binning.is_fixed() { Some(binning.axis(None, is_whole)?) } else { None };
        if let Some(n_bins) = binning.n_bins {
            Axis::equal(n_bins, 0.0, 1.0)?;
        }
        let samples = vec![Sums::new(axis.as_ref()); n_samples];
        Ok(Self {
            binning,
            is_whole,
            axis,
            samples,
            kept: vec![Vec::new(); n_samples],
            kept_bytes: 0,
            budget_bytes: DEFAULT_BUDGET_BYTES,
            seen: Vec::new(),
            extremes: None,
        })
    }

    /// Sets how many bytes of values may be kept until the bins are known; 1 GiB by default.
    #[must_use]
    pub fn with_budget_bytes(self, budget_bytes: usize) -> Self {
        Self { budget_bytes, ..self }
    }

    /// Adds values of a sample; all weigh 1 where there are no weights.
    ///
    /// # Errors
    /// No bins can be made for these values.
    ///
    /// # Panics
    /// When there is no such sample, or weights of another number than values.
    pub fn add(
        &mut self,
        sample: usize,
        values: Vec<f64>,
        weights: Option<Vec<f64>>,
    ) -> Result<(), AxisError> {
        assert!(weights.as_ref().is_none_or(|weights| weights.len() == values.len()), "one weight a value");
        self.samples[sample].add_moments(&values, weights.as_deref());
        if let Some(axis) = &self.axis {
            self.samples[sample].fill(axis, &values, weights.as_deref());
            return Ok(());
        }
        self.look_at(&values);
        self.kept_bytes += 8 * (values.len() + weights.as_ref().map_or(0, Vec::len));
        self.kept[sample].push((values, weights));
        if self.kept_bytes > self.budget_bytes { self.set_axis() } else { Ok(()) }
    }

    /// The histograms of what was added so far, one for each sample.
    ///
    /// # Errors
    /// No bins can be made for these values.
    pub fn so_far(&self) -> Result<Vec<Filled>, AxisError> {
        if let Some(axis) = &self.axis {
            return Ok(self.samples.iter().map(|sums| sums.clone().filled(axis.edges())).collect());
        }
        // The kept values may be a gigabyte; only their sums are new.
        let axis = self.suitable_axis()?;
        let fill =
            |(sums, kept): (&Sums, &Vec<Block>)| sums.clone().filled_with(&axis, kept).filled(axis.edges());
        Ok(self.samples.iter().zip(&self.kept).map(fill).collect())
    }

    /// The histograms, one for each sample.
    ///
    /// # Errors
    /// No bins can be made for these values.
    pub fn finish(self) -> Result<Vec<Filled>, AxisError> {
        self.so_far()
    }

    /// A sample of the values is enough for their quantiles; the extremes need all of them.
    fn look_at(&mut self, values: &[f64]) {
        const SAMPLED: usize = 5_000;
        let stride = (values.len() / SAMPLED).max(1);
        self.seen.extend(values.iter().step_by(stride).filter(|value| value.is_finite()));
        let (mut low, mut high) = self.extremes.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
        for value in values.iter().filter(|value| value.is_finite()) {
            low = low.min(*value);
            high = high.max(*value);
        }
        self.extremes = (low <= high).then_some((low, high));
    }

    fn suitable_axis(&self) -> Result<Axis, AxisError> {
        let range = self.extremes.map(|all| robust_range(&mut self.seen.clone(), all));
        self.binning.axis(range, self.is_whole)
    }

    /// Fixes the bins, and lets go of the values.
    fn set_axis(&mut self) -> Result<(), AxisError> {
        let axis = self.suitable_axis()?;
        for (sums, kept) in self.samples.iter_mut().zip(&mut self.kept) {
            *sums = std::mem::take(sums).filled_with(&axis, &std::mem::take(kept));
        }
        self.axis = Some(axis);
        Ok(())
    }
}

/// From the 1 % to the 99 % quantile and a quarter of their distance more on either side: outliers shrink a picture to
/// nothing. A tail that is not much longer is shown whole.
fn robust_range(seen: &mut [f64], (low, high): (f64, f64)) -> (f64, f64) {
    if seen.is_empty() || low >= high {
        return (low, high);
    }
    let last = (seen.len() - 1) as f64;
    let mut quantile = |q: f64| *seen.select_nth_unstable_by((last * q).round() as usize, f64::total_cmp).1;
    let (p1, p99) = (quantile(0.01), quantile(0.99));
    let margin = 0.25 * (p99 - p1);
    let (robust_low, robust_high) = ((p1 - margin).max(low), (p99 + margin).min(high));
    let is_short = robust_low >= robust_high || high - low <= 1.5 * (robust_high - robust_low);
    // The bins are half-open, and the largest value should be in the last one.
    let (low, high) = if is_short { (low, high) } else { (robust_low, robust_high) };
    (low, high + (high - low) * 1e-9)
}

/// The sums of one sample; the first and the last place are below and above the bins.
#[derive(Clone, Debug, Default)]
struct Sums {
    sum_w: Vec<f64>,
    sum_w2: Vec<f64>,
    n_values: u64,
    n_nan: u64,
    n_bad_weights: u64,
    moments: Moments,
}

impl Sums {
    fn new(axis: Option<&Axis>) -> Self {
        let mut sums = Self::default();
        if let Some(axis) = axis {
            sums.make_room(axis);
        }
        sums
    }

    fn make_room(&mut self, axis: &Axis) {
        self.sum_w = vec![0.0; axis.n_bins() + 2];
        self.sum_w2 = vec![0.0; axis.n_bins() + 2];
    }

    /// With the values that were kept until the bins were known.
    fn filled_with(mut self, axis: &Axis, kept: &[Block]) -> Self {
        self.make_room(axis);
        for (values, weights) in kept {
            self.fill(axis, values, weights.as_deref());
        }
        self
    }

    fn add_moments(&mut self, values: &[f64], weights: Option<&[f64]>) {
        for (at, value) in values.iter().enumerate() {
            self.moments.add(*value, weights.map_or(1.0, |weights| weights[at]));
        }
    }

    fn fill(&mut self, axis: &Axis, values: &[f64], weights: Option<&[f64]>) {
        for (at, value) in values.iter().enumerate() {
            let Some(place) = axis.place(*value) else {
                self.n_nan += 1;
                continue;
            };
            let weight = weights.map_or(1.0, |weights| weights[at]);
            if !weight.is_finite() {
                self.n_bad_weights += 1;
                continue;
            }
            self.n_values += 1;
            self.sum_w[place] += weight;
            self.sum_w2[place] += weight * weight;
        }
    }

    fn filled(self, edges: &[f64]) -> Filled {
        let last = self.sum_w.len() - 1;
        Filled {
            edges: edges.to_vec(),
            sum_w: self.sum_w[1..last].to_vec(),
            sum_w2: self.sum_w2[1..last].to_vec(),
            underflow: self.sum_w[0],
            overflow: self.sum_w[last],
            n_values: self.n_values,
            n_nan: self.n_nan,
            n_bad_weights: self.n_bad_weights,
            mean: self.moments.mean(),
            standard_deviation: self.moments.standard_deviation(),
        }
    }
}

/// Weighted mean and spread, kept around a running mean (West 1979), so that values far from zero keep their digits.
#[derive(Clone, Debug, Default)]
struct Moments {
    sum_w: f64,
    mean: f64,
    spread: f64,
}

impl Moments {
    fn add(&mut self, value: f64, weight: f64) {
        let sum_w = self.sum_w + weight;
        if !value.is_finite() || !weight.is_finite() || weight == 0.0 || sum_w == 0.0 {
            return;
        }
        let distance = value - self.mean;
        let step = distance * weight / sum_w;
        self.spread += self.sum_w * distance * step;
        self.mean += step;
        self.sum_w = sum_w;
    }

    fn mean(&self) -> Option<f64> {
        (self.sum_w > 0.0).then_some(self.mean)
    }

    fn standard_deviation(&self) -> Option<f64> {
        (self.sum_w > 0.0).then(|| (self.spread / self.sum_w).max(0.0).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(low: f64, high: f64, n_bins: usize) -> Binning {
        Binning { n_bins: Some(n_bins), range: Some((low, high)), edges: None }
    }

    #[test]
    fn sums_below_in_and_above() {
        let mut filler = Filler::new(fixed(0.0, 2.0, 2), 1, false).unwrap();
        filler
            .add(0, vec![-1.0, 0.0, 0.5, 1.0, 2.0, f64::NAN], Some(vec![1.0, 2.0, 3.0, -1.0, 5.0, 7.0]))
            .unwrap();
        let filled = filler.finish().unwrap().remove(0);
        assert_eq!(filled.edges, [0.0, 1.0, 2.0]);
        assert_eq!(filled.sum_w, [5.0, -1.0]);
        assert_eq!(filled.sum_w2, [13.0, 1.0]);
        assert_eq!((filled.underflow, filled.overflow), (1.0, 5.0));
        assert_eq!((filled.n_values, filled.n_nan), (5, 1));
    }

    #[test]
    fn samples_share_bins_chosen_from_all_values() {
        let mut filler = Filler::new(Binning::default(), 2, false).unwrap();
        filler.add(0, (0..100).map(f64::from).collect(), None).unwrap();
        filler.add(1, vec![149.0], None).unwrap();
        assert!(filler.so_far().unwrap()[0].edges.len() > 30);
        let filled = filler.finish().unwrap();
        assert_eq!(filled[0].edges, filled[1].edges);
        let (low, high) = (filled[0].edges[0], filled[0].edges[filled[0].edges.len() - 1]);
        assert!(low == 0.0 && (124.0..152.0).contains(&high), "{low} {high}");
        assert_eq!(filled[0].sum_w.iter().sum::<f64>(), 100.0);
        assert_eq!(filled[1].sum_w.iter().sum::<f64>() + filled[1].overflow, 1.0);
    }

    #[test]
    fn beyond_the_budget_bins_are_set_early_and_nothing_is_lost() {
        let mut filler = Filler::new(Binning::default(), 1, false).unwrap().with_budget_bytes(800);
        filler.add(0, (0..101).map(f64::from).collect(), None).unwrap();
        assert!(filler.kept[0].is_empty());
        filler.add(0, vec![1e6, -1e6], None).unwrap();
        let filled = filler.finish().unwrap().remove(0);
        assert_eq!((filled.n_values, filled.underflow, filled.overflow), (103, 1.0, 1.0));
    }

    #[test]
    fn moments_of_values_far_from_zero() {
        let mut filler = Filler::new(Binning::default(), 1, false).unwrap();
        filler.add(0, vec![1e9, 1e9 + 1.0, 1e9 + 2.0], None).unwrap();
        let filled = filler.finish().unwrap().remove(0);
        assert_eq!(filled.mean, Some(1e9 + 1.0));
        assert!((filled.standard_deviation.unwrap() - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_weight_that_is_no_number_spoils_no_bin() {
        let mut filler = Filler::new(fixed(0.0, 1.0, 1), 1, false).unwrap();
        filler.add(0, vec![0.5; 3], Some(vec![1.0, f64::NAN, f64::INFINITY])).unwrap();
        let filled = filler.finish().unwrap().remove(0);
        assert_eq!((filled.sum_w[0], filled.n_bad_weights, filled.mean), (1.0, 2, Some(0.5)));
    }

    #[test]
    fn whole_numbers_far_from_zero_are_told_apart() {
        let mut filler = Filler::new(Binning::default(), 1, true).unwrap();
        let first = 2_f64.powi(52);
        filler.add(0, (0..5000).map(|at| first + f64::from(at)).collect(), None).unwrap();
        let filled = filler.finish().unwrap().remove(0);
        assert!(filled.sum_w.iter().filter(|count| **count > 0.0).count() > 30, "{:?}", filled.edges);
    }

    #[test]
    fn no_values_and_only_nan() {
        let filled = Filler::new(Binning::default(), 1, false).unwrap().finish().unwrap().remove(0);
        assert_eq!((filled.n_values, filled.mean), (0, None));
        let mut filler = Filler::new(Binning::default(), 1, true).unwrap();
        filler.add(0, vec![f64::NAN; 3], None).unwrap();
        assert_eq!(filler.finish().unwrap()[0].n_nan, 3);
        assert!(Filler::new(Binning { n_bins: Some(0), ..Binning::default() }, 1, false).is_err());
    }
}
