//! What can be wrong with the numbers that a report is asked for.

use thiserror::Error;

/// Why a number could not be computed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ReportError {
    /// Two inputs that belong together have different lengths.
    #[error("{n_found} {what} for {n_expected} expected: give one {what} value for each row (and column)")]
    LengthMismatch {
        /// What has the wrong length.
        what: &'static str,
        /// How many values there should be.
        n_expected: usize,
        /// How many there are.
        n_found: usize,
    },
    /// A value is NaN or infinite.
    #[error(
        "the {what} of row {row} is {value}: non-finite {what}s cannot be ranked or summed; look for a \
         diverged training or for missing values that were not filled"
    )]
    NotFinite {
        /// `score`, `weight` or `label`.
        what: &'static str,
        /// The first such row.
        row: usize,
        /// Its value.
        value: f64,
    },
    /// A label is not the number of a class.
    #[error("the label of row {row} is {label}, but the {n_classes} classes have the labels 0 to {last}",
        last = n_classes.saturating_sub(1))]
    NotAClass {
        /// The first such row.
        row: usize,
        /// Its label.
        label: f64,
        /// How many classes there are.
        n_classes: usize,
    },
    /// There is nothing to compute from.
    #[error("no {what}: there is nothing to compute {wanted} from")]
    Empty {
        /// What is missing.
        what: &'static str,
        /// What was to be computed.
        wanted: &'static str,
    },
    /// A class has no positive total weight, so that no rate of it exists.
    #[error(
        "the weights of the {class} events sum to {sum_weights}: {wanted} needs a positive sum for each class"
    )]
    NoWeight {
        /// Which class.
        class: String,
        /// The sum of its weights.
        sum_weights: f64,
        /// What was to be computed.
        wanted: &'static str,
    },
    /// The numbers are so large that their sums are not finite.
    #[error("{what} overflow: the values are too large to be summed in double precision; rescale them")]
    Overflow {
        /// What cannot be summed.
        what: &'static str,
    },
    /// Scores that should be probabilities are not.
    #[error("the score of row {row} is {value}, outside 0..1: the log loss needs probabilities")]
    NotAProbability {
        /// The first such row.
        row: usize,
        /// Its value.
        value: f64,
    },
    /// A number that the caller chose is out of its range.
    #[error("{what} is {value}, but must be {allowed}")]
    BadSetting {
        /// Name of the setting.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The allowed range in words.
        allowed: &'static str,
    },
    /// A column number is beyond the last column.
    #[error("column {column} of the group `{group}` does not exist: there are {n_columns} columns, from 0")]
    NoSuchColumn {
        /// The group that names it.
        group: String,
        /// The column number.
        column: usize,
        /// How many columns there are.
        n_columns: usize,
    },
}
