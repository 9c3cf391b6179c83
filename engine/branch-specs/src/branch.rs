//! What is known of one branch.

use crate::accumulate::{Numbers, PieceNumbers};
use crate::{ExactSum, Histogram, SpecsMode, ValueSketch};
use event_columns::{ColumnType, ElementType};
use std::sync::Arc;

/// Bins of the histogram that is shown for a branch.
const HISTOGRAM_BINS: usize = 50;
/// Beyond this the squares of values leave the range of 64-bit floats.
const LARGEST_SQUARABLE: f64 = 1e150;
/// Beyond this the square of the sum does.
const LARGEST_SUM: f64 = 1e154;

/// The numbers of one branch over all its values. Values that are NaN or infinite are counted and otherwise left
/// out; booleans are 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchSpecs {
    pub(crate) name: Arc<str>,
    pub(crate) type_name: String,
    pub(crate) jagged: bool,
    pub(crate) column_type: Option<ColumnType>,
    pub(crate) numbers: Numbers,
    pub(crate) jdim: usize,
    pub(crate) distribution: Option<ValueSketch>,
    pub(crate) widths: Option<ValueSketch>,
}

impl BranchSpecs {
    /// A branch of which no value was seen yet.
    pub(crate) fn new(name: Arc<str>, type_name: String, column_type: ColumnType, mode: SpecsMode) -> Self {
        let full = mode == SpecsMode::Full && column_type.is_numeric();
        let numbers = Numbers { squares: full.then(Default::default), ..Numbers::default() };
        Self {
            name,
            type_name,
            jagged: expands(column_type),
            column_type: Some(column_type),
            numbers,
            jdim: 0,
            distribution: full.then(ValueSketch::default),
            widths: (full && column_type.is_jagged()).then(ValueSketch::default),
        }
    }

    /// Full name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The type as the format of the file spells it, such as `vector<float>`; empty where unknown.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// What an entry holds; unknown in specs that the original wrote.
    pub fn column_type(&self) -> Option<ColumnType> {
        self.column_type
    }

    /// `flat`, `fixed`, `jagged`, `doubly jagged` or `text`.
    pub fn kind(&self) -> &'static str {
        match self.column_type {
            Some(column_type) => column_type.kind(),
            None if self.jagged => "jagged",
            None => "flat",
        }
    }

    /// Whether the branch becomes several columns: lists and fixed arrays of numbers. These are the original's `jkeys`.
    pub fn is_jagged(&self) -> bool {
        self.jagged
    }

    /// Whether the values are numbers; true where the type is unknown.
    pub fn is_numeric(&self) -> bool {
        self.column_type.is_none_or(|column_type| column_type.is_numeric())
    }

    /// Number of values of any kind.
    pub fn n(&self) -> u64 {
        self.numbers.n
    }

    /// Number of values that are not a number.
    pub fn n_nan(&self) -> u64 {
        self.numbers.n_nan
    }

    /// Number of infinite values, of either sign.
    pub fn n_inf(&self) -> u64 {
        self.numbers.n_inf
    }

    /// Number of finite values.
    pub fn n_finite(&self) -> u64 {
        self.numbers.n.saturating_sub(self.numbers.n_nan).saturating_sub(self.numbers.n_inf)
    }

    /// Smallest finite value; nothing where there is none.
    pub fn min(&self) -> Option<f64> {
        self.numbers.min.is_finite().then_some(self.numbers.min)
    }

    /// Largest finite value; nothing where there is none.
    pub fn max(&self) -> Option<f64> {
        self.numbers.max.is_finite().then_some(self.numbers.max)
    }

    /// Sum of the finite values, rounded once.
    pub fn sum(&self) -> f64 {
        self.numbers.sum.to_f64()
    }

    /// Mean of the finite values; nothing where there is none.
    pub fn mean(&self) -> Option<f64> {
        (self.n_finite() > 0).then(|| self.sum() / self.n_finite() as f64)
    }

    /// Standard deviation of the finite values (root of the mean square distance from the mean, as `numpy.std`);
    /// nothing where there is no value, in the fast mode, and for values beyond 1e150 or whose sum
    /// may be beyond 1e154.
    pub fn std(&self) -> Option<f64> {
        let n = self.n_finite() as f64;
        let largest = self.max()?.max(-self.min()?);
        if largest > LARGEST_SQUARABLE || largest * n > LARGEST_SUM || n == 0.0 {
            return None;
        }
        // n times the sum of squares, less the square of the sum: two large numbers with a small difference.
        let mut difference = ExactSum::default();
        for part in self.numbers.squares.as_ref()?.parts() {
            difference.add_product(n, part);
        }
        let sum = self.numbers.sum.parts();
        for left in &sum {
            for right in &sum {
                difference.add_product(-left, *right);
            }
        }
        Some((difference.to_f64().max(0.0) / n / n).sqrt())
    }

    /// The largest number of values in one entry: the original's `jdim`, and 1 for a flat branch with entries.
    pub fn jdim(&self) -> usize {
        self.jdim
    }

    /// The distribution of the finite values; only in the full mode.
    pub fn distribution(&self) -> Option<&ValueSketch> {
        self.distribution.as_ref()
    }

    /// The distribution of the number of values in an entry; only in the full mode and for lists.
    pub fn widths(&self) -> Option<&ValueSketch> {
        self.widths.as_ref()
    }

    /// The value below which the fraction `q` of the finite values lies; only in the full mode. Right to the relative
    /// width of a bucket of the distribution, and a whole number for whole numbers.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let distribution = self.distribution.as_ref()?;
        let (low, _) = distribution.quantile_bucket(q)?;
        let value = if self.is_whole() { low.ceil() } else { distribution.quantile(q)? };
        Some(value.clamp(self.min()?, self.max()?))
    }

    /// Distance of the quantiles 0.25 and 0.75; 0 where both lie in one bucket of the distribution, which cannot tell
    /// them apart. Only in the full mode.
    pub fn interquartile_range(&self) -> Option<f64> {
        let distribution = self.distribution.as_ref()?;
        if distribution.quantile_bucket(0.25)? == distribution.quantile_bucket(0.75)? {
            return Some(0.0);
        }
        Some(self.quantile(0.75)? - self.quantile(0.25)?)
    }

    /// At most fifty bins over a robust range, around whole numbers for whole numbers; only in the full mode.
    pub fn histogram(&self) -> Option<Histogram> {
        let (distribution, min, max) = (self.distribution.as_ref()?, self.min()?, self.max()?);
        if self.is_whole() {
            distribution.histogram_of_whole_numbers(HISTOGRAM_BINS, min, max)
        } else {
            distribution.histogram(HISTOGRAM_BINS, min, max)
        }
    }

    /// Whether the type holds whole numbers only.
    fn is_whole(&self) -> bool {
        let element = self.column_type.map(|column_type| column_type.element);
        element.is_some_and(|element| {
            !matches!(element, ElementType::F32 | ElementType::F64 | ElementType::Text)
        })
    }

    /// Takes in what was found in a piece.
    pub(crate) fn add(&mut self, found: &PieceNumbers) {
        self.numbers.merge(&found.numbers);
        self.jdim = self.jdim.max(found.width);
        if let (Some(distribution), Some((resolution, counts))) =
            (&mut self.distribution, &found.distribution)
        {
            distribution.add_sorted(*resolution, counts);
        }
        if let Some(widths) = &mut self.widths {
            found.widths.iter().for_each(|(width, count)| widths.add_counted(*width as f64, *count));
        }
    }

    /// Takes in the same branch of other data. Where the types of the numbers differ, the common one is `f64`.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.numbers.merge(&other.numbers);
        self.jdim = self.jdim.max(other.jdim);
        self.column_type = match (self.column_type, other.column_type) {
            (Some(own), Some(their)) if own.element != their.element => {
                self.type_name = format!("{} or {}", self.type_name, other.type_name);
                Some(ColumnType { element: ElementType::F64, ..own })
            }
            (own, their) => own.or(their),
        };
        self.distribution = merged(self.distribution.take(), other.distribution.as_ref());
        self.widths = merged(self.widths.take(), other.widths.as_ref());
    }

    /// Whether the same column of a matrix can hold both.
    pub(crate) fn has_shape_of(&self, other: &Self) -> bool {
        match (self.column_type, other.column_type) {
            (Some(own), Some(their)) => {
                own.depth == their.depth && own.width == their.width && own.is_numeric() == their.is_numeric()
            }
            _ => self.jagged == other.jagged,
        }
    }
}

/// Whether a type becomes several columns.
pub(crate) fn expands(column_type: ColumnType) -> bool {
    column_type.is_numeric() && (column_type.depth > 0 || column_type.width > 1)
}

fn merged(own: Option<ValueSketch>, their: Option<&ValueSketch>) -> Option<ValueSketch> {
    let mut own = own?;
    own.merge(their?);
    Some(own)
}
