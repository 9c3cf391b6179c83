//! Bins along one axis.

use std::fmt;

/// What was said about bins. By default as many as suit, over the range of the values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Binning {
    /// Number of bins; 50 by default, fewer for whole numbers. Without a range they have a round width, and reach over
    /// the values as far as that needs.
    pub n_bins: Option<usize>,
    /// Lowest edge and end of the highest bin; a robust range of the values by default.
    pub range: Option<(f64, f64)>,
    /// All edges; the other two say nothing then.
    pub edges: Option<Vec<f64>>,
}

/// Bins with rising, finite edges. A bin holds its lower edge and not its upper one.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    edges: Vec<f64>,
    /// Bins for each unit where all are equally wide.
    per_unit: Option<f64>,
}

/// Why bins cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AxisError {
    /// The number of bins is 0 or absurd.
    #[error("{n_bins} bins were asked for; say 1 to {MOST_BINS}")]
    NumberOfBins {
        /// What was said.
        n_bins: usize,
    },
    /// A plane of too many cells.
    #[error("{n_x} times {n_y} bins were asked for; a plane has at most {} cells", crate::plane::MOST_CELLS)]
    NumberOfCells {
        /// Bins along x.
        n_x: usize,
        /// Bins along y.
        n_y: usize,
    },
    /// The range is empty or not finite.
    #[error(
        "the range {low} to {high} holds nothing: the first number must be the smaller one, and both finite"
    )]
    Range {
        /// First number.
        low: f64,
        /// Second number.
        high: f64,
    },
    /// The edges do not rise.
    #[error("bin edges must be at least two finite, rising numbers; edge {position} is {edge}")]
    Edges {
        /// Number of the edge, from 0.
        position: usize,
        /// Its value.
        edge: f64,
    },
}

/// More bins than these are a slip.
pub(crate) const MOST_BINS: usize = 20_000;

impl Axis {
    /// Equal bins between two numbers.
    ///
    /// # Errors
    /// No bins, or a range that is empty or not finite.
    pub fn equal(n_bins: usize, low: f64, high: f64) -> Result<Self, AxisError> {
        if n_bins == 0 || n_bins > MOST_BINS {
            return Err(AxisError::NumberOfBins { n_bins });
        }
        let width = (high - low) / n_bins as f64;
        if !(low.is_finite() && high.is_finite() && low < high && width.is_finite() && low + width > low) {
            return Err(AxisError::Range { low, high });
        }
        let edge = |at: usize| if at == n_bins { high } else { low + width * at as f64 };
        Ok(Self { edges: (0..=n_bins).map(edge).collect(), per_unit: Some(n_bins as f64 / (high - low)) })
    }

    /// Bins between given edges.
    ///
    /// # Errors
    /// Fewer than two edges, or edges that do not rise or are not finite.
    pub fn with_edges(edges: Vec<f64>) -> Result<Self, AxisError> {
        let is_wrong = |at: &usize| !edges[*at].is_finite() || (*at > 0 && edges[*at] <= edges[*at - 1]);
        if let Some(position) = (0..edges.len()).find(is_wrong) {
            return Err(AxisError::Edges { position, edge: edges[position] });
        }
        if edges.len() < 2 {
            return Err(AxisError::Edges { position: 0, edge: edges.first().copied().unwrap_or(f64::NAN) });
        }
        Ok(Self { edges, per_unit: None })
    }

    /// All edges, one more than bins.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Number of bins.
    pub fn n_bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// Where a value belongs: 0 is below the range, 1 the first bin, and [`Axis::n_bins`] + 1 at or above its end. Not a
    /// number gives nothing.
    pub fn place(&self, value: f64) -> Option<usize> {
        if value.is_nan() {
            return None;
        }
        let last = self.edges.len() - 1;
        if value < self.edges[0] {
            return Some(0);
        }
        if value >= self.edges[last] {
            return Some(last + 1);
        }
        let Some(per_unit) = self.per_unit else {
            return Some(self.edges.partition_point(|edge| *edge <= value));
        };
        // The product may be off by one rounding; the edges decide.
        let guess = (((value - self.edges[0]) * per_unit) as usize).min(last - 1);
        if value < self.edges[guess] {
            Some(guess)
        } else if value >= self.edges[guess + 1] {
            Some(guess + 2)
        } else {
            Some(guess + 1)
        }
    }
}

impl Binning {
    /// Whether the bins are known without the values.
    pub fn is_fixed(&self) -> bool {
        self.edges.is_some() || self.range.is_some()
    }

    /// The bins that were said, or that suit a range of values; `is_whole` for whole numbers.
    ///
    /// # Errors
    /// What was said makes no bins.
    pub fn axis(&self, found: Option<(f64, f64)>, is_whole: bool) -> Result<Axis, AxisError> {
        if let Some(edges) = &self.edges {
            return Axis::with_edges(edges.clone());
        }
        let n_bins = self.n_bins.unwrap_or(DEFAULT_BINS);
        if let Some((low, high)) = self.range {
            return Axis::equal(n_bins, low, high);
        }
        let Some((low, high)) = found else { return Axis::equal(n_bins, 0.0, 1.0) };
        if is_whole {
            return match self.n_bins {
                None => whole_axis(low, high),
                Some(n_bins) => whole_axis_of(n_bins, low, high),
            };
        }
        match (low < high, self.n_bins) {
            (false, _) => single_value_axis(n_bins, low),
            (true, Some(n_bins)) => round_axis_of(n_bins, low, high),
            (true, None) => round_axis(low, high),
        }
    }
}

/// Bins where nobody said how many.
const DEFAULT_BINS: usize = 50;

/// Bins of a whole width around whole numbers.
fn whole_axis(low: f64, high: f64) -> Result<Axis, AxisError> {
    let (low, high) = (low.ceil(), high.floor().max(low.ceil()));
    let width = ((high - low + 1.0) / DEFAULT_BINS as f64).ceil().max(1.0);
    let n_bins = ((high - low + 1.0) / width).ceil().max(1.0);
    Axis::equal(n_bins as usize, low - 0.5, low - 0.5 + width * n_bins)
        .or_else(|_| single_value_axis(DEFAULT_BINS, low))
}

/// About as many bins as usual, with edges that are round numbers.
fn round_axis(low: f64, high: f64) -> Result<Axis, AxisError> {
    let raw = (high - low) / DEFAULT_BINS as f64;
    let decade = 10_f64.powf(raw.log10().floor());
    let is_nearer = |a: &f64, b: &f64| (a.ln() - raw.ln()).abs().total_cmp(&(b.ln() - raw.ln()).abs());
    let width =
        [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * decade).into_iter().min_by(is_nearer).unwrap_or(raw);
    let first = (low / width).floor();
    // The highest value should be in the last bin, whose upper edge is not its own.
    let n_bins = ((high / width).floor() - first + 1.0).max(1.0);
    if !(n_bins <= 4.0 * DEFAULT_BINS as f64 && decade > 0.0) {
        return Axis::equal(DEFAULT_BINS, low, high).or_else(|_| single_value_axis(DEFAULT_BINS, low));
    }
    Axis::equal(n_bins as usize, first * width, (first + n_bins) * width)
        .or_else(|_| single_value_axis(DEFAULT_BINS, low))
}

/// Widths of bins that are easily read, within a decade.
const ROUND_WIDTHS: [f64; 9] = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];

/// The round widths from a number up: those of its decade and of the next two.
fn round_widths_from(least: f64) -> impl Iterator<Item = f64> {
    let decade = 10_f64.powf(least.log10().floor());
    let widths =
        [1.0, 10.0, 100.0].into_iter().flat_map(move |more| ROUND_WIDTHS.map(|width| width * decade * more));
    // A width that only rounding made smaller is the one that is meant.
    widths.filter(move |width| *width >= least * (1.0 - 1e-7))
}

/// So many bins of a round width, over a range that is as much wider as they need.
fn round_axis_of(n_bins: usize, low: f64, high: f64) -> Result<Axis, AxisError> {
    let n = n_bins as f64;
    let suits = |width: &f64| ((low / width).floor() + n) * width >= high;
    let width = round_widths_from((high - low) / n).find(suits);
    let axis = width.map(|width| {
        let first = (low / width).floor();
        // What is too wide lies on both sides of values on both sides of 0, and above others.
        let spare =
            if low < 0.0 && high > 0.0 { (((first + n) * width - high) / width / 2.0).floor() } else { 0.0 };
        let first = (first - spare) * width;
        Axis::equal(n_bins, first, first + n * width)
    });
    // Around 0, a single bin has no round edge at its start; and digits may be too few.
    match axis {
        Some(Ok(axis)) => Ok(axis),
        _ => Axis::equal(n_bins, low, high),
    }
}

/// So many bins around whole numbers: several numbers in a bin, or several bins for a number. Edges lie between the
/// numbers, so that none is on the edge of its bin without need.
fn whole_axis_of(n_bins: usize, low: f64, high: f64) -> Result<Axis, AxisError> {
    let (low, high) = (low.ceil(), high.floor().max(low.ceil()));
    let (n, n_numbers) = (n_bins as f64, high - low + 1.0);
    if n < n_numbers {
        let suits = |width: &f64| width.fract() == 0.0 && ((low / width).floor() + n) * width > high;
        if let Some(width) = round_widths_from(n_numbers / n).find(suits) {
            let first = (low / width).floor() * width - 0.5;
            return Axis::equal(n_bins, first, first + n * width);
        }
        return Axis::equal(n_bins, low - 0.5, high + 0.5);
    }
    let parts = [1.0, 10.0, 100.0, 1e3, 1e4]
        .into_iter()
        .flat_map(|more| [1.0, 2.0, 4.0, 5.0].map(|part| part * more));
    let n_parts = parts.take_while(|n_parts| n_parts * n_numbers <= n).last().unwrap_or(1.0);
    Axis::equal(n_bins, low - 0.5, low - 0.5 + n / n_parts)
}

/// Bins around the only value there is.
fn single_value_axis(n_bins: usize, value: f64) -> Result<Axis, AxisError> {
    let margin = 0.5_f64.max(value.abs() * 1e-3);
    Axis::equal(n_bins, value - margin, value + margin)
}

impl fmt::Display for Axis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} bins from {} to {}",
            self.n_bins(),
            self.edges[0],
            self.edges[self.edges.len() - 1]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_belongs_to_the_bin_above_it() {
        for (n_bins, low, high) in [(10, 0.0, 1.0), (3, -0.1, 0.2), (1000, 1e-3, 7.7), (7, -5e12, 1e13)] {
            let axis = Axis::equal(n_bins, low, high).unwrap();
            for (at, edge) in axis.edges().iter().enumerate() {
                assert_eq!(axis.place(*edge), Some(at + 1), "{n_bins} {low} {high} edge {at}");
                assert_eq!(axis.place(edge.next_down()), Some(at), "{n_bins} {low} {high} below edge {at}");
            }
        }
        let uneven = Axis::with_edges(vec![0.0, 1.0, 10.0]).unwrap();
        let places =
            [-1.0, 0.0, 0.5, 1.0, 9.9, 10.0, f64::INFINITY].map(|value| uneven.place(value).unwrap());
        assert_eq!(places, [0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(uneven.place(f64::NAN), None);
    }

    #[test]
    fn what_makes_no_bins() {
        assert!(Axis::equal(0, 0.0, 1.0).is_err());
        assert!(Axis::equal(10, 1.0, 1.0).is_err());
        assert!(Axis::equal(10, f64::NEG_INFINITY, 1.0).is_err());
        assert!(Axis::equal(10, 1e300, 1e300_f64.next_up()).is_err());
        assert!(Axis::with_edges(vec![1.0]).is_err());
        assert!(Axis::with_edges(vec![1.0, 1.0]).is_err());
    }

    #[test]
    fn bins_that_suit() {
        let axis = |found, is_whole| Binning::default().axis(found, is_whole).unwrap().to_string();
        assert_eq!(axis(Some((0.0, 7.0)), true), "8 bins from -0.5 to 7.5");
        assert_eq!(axis(Some((0.0, 99.0)), true), "50 bins from -0.5 to 99.5");
        assert_eq!(axis(Some((1.0, 2.99)), false), "40 bins from 1 to 3");
        assert_eq!(axis(Some((-3.3, 249.0)), false), "51 bins from -5 to 250");
        assert_eq!(axis(Some((0.0, 1e-300)), false).split(' ').next(), Some("51"));
        assert_eq!(axis(Some((1e15, 1e15 + 1.0)), false).split(' ').next(), Some("50"));
        assert_eq!(axis(Some((2.0, 2.0)), false), "50 bins from 1.5 to 2.5");
        assert_eq!(axis(None, false), "50 bins from 0 to 1");
    }

    #[test]
    fn so_many_bins_have_round_edges() {
        let check = |n_bins: usize, found, is_whole, expected: &str| {
            let binning = Binning { n_bins: Some(n_bins), ..Binning::default() };
            let axis = binning.axis(Some(found), is_whole).unwrap();
            assert_eq!((axis.n_bins(), axis.to_string()), (n_bins, format!("{n_bins} bins from {expected}")));
            assert!(axis.place(found.0).unwrap() > 0 && axis.place(found.1.next_down()).unwrap() <= n_bins);
        };
        check(50, (0.3, 98.7), false, "0 to 100");
        check(20, (-3.1, 3.1), false, "-4 to 4");
        check(50, (0.0, 255.0), false, "0 to 300");
        check(10, (1012.0, 1013.0), false, "1012 to 1013");
        check(1, (-1.0, 1.0), false, "-1 to 1");
        check(10, (0.0, 9.0), true, "-0.5 to 9.5");
        check(50, (0.0, 10.0), true, "-0.5 to 12");
        check(10, (3.0, 102.0), true, "-0.5 to 149.5");
        check(25, (0.0, 49.0), true, "-0.5 to 49.5");
    }
}
