//! What a report is made from: one [`Part`] (train, validation or test) of labels, scores and weights, and
//! the [`Task`] that says how to read them.

use serde::{Deserialize, Serialize};

use crate::ReportError;

/// What the model was trained for; it says how labels and scores are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Task {
    /// Two classes; one score column, the probability (or any response that rises with it) of class 1.
    Binary {
        /// Names of class 0 (background) and class 1 (signal).
        classes: [String; 2],
    },
    /// Several classes; one score column for each, the largest one is the prediction.
    Classes {
        /// Names of the classes, in the order of the columns.
        classes: Vec<String>,
    },
    /// A number; one score column, the prediction.
    Regression {
        /// Name of the target, with its unit.
        target: String,
    },
}

impl Task {
    /// Returns how many score columns a row has.
    pub fn n_columns(&self) -> usize {
        match self {
            Self::Binary { .. } | Self::Regression { .. } => 1,
            Self::Classes { classes } => classes.len(),
        }
    }

    /// Returns the names of the classes; none for a regression.
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Binary { classes } => classes,
            Self::Classes { classes } => classes,
            Self::Regression { .. } => &[],
        }
    }
}

/// The labels, scores and weights of one part of the sample.
#[derive(Debug, Clone, Copy, Default)]
pub struct Part<'a> {
    /// One label for each row: the number of the class (0, 1, ..) or the target of a regression.
    pub labels: &'a [f64],
    /// The model's answers, row after row, [`Task::n_columns`] values each.
    pub scores: &'a [f64],
    /// One weight for each row, negative ones too; 1 each when `None`.
    pub weights: Option<&'a [f64]>,
}

impl Part<'_> {
    /// Returns the weight of a row: 1 without weights.
    pub(crate) fn weight(&self, row: usize) -> f64 {
        weight_of(self.weights, row)
    }

    /// Checks that the lengths agree.
    ///
    /// # Errors
    /// [`ReportError::LengthMismatch`] says what is too short or too long.
    pub fn check_lengths(&self, n_columns: usize) -> Result<(), ReportError> {
        let n_rows = self.labels.len();
        check_length("scores", n_rows.saturating_mul(n_columns), self.scores.len())?;
        self.weights.map_or(Ok(()), |weights| check_length("weights", n_rows, weights.len()))
    }

    /// Checks that every number is finite.
    ///
    /// # Errors
    /// [`ReportError::NotFinite`] names the first one that is not.
    pub fn check_finite(&self, n_columns: usize) -> Result<(), ReportError> {
        check_finite("label", self.labels, 1)?;
        check_finite("score", self.scores, n_columns)?;
        self.weights.map_or(Ok(()), |weights| check_finite("weight", weights, 1))
    }

    /// Reads the labels as numbers of classes.
    ///
    /// # Errors
    /// [`ReportError::NotAClass`] for a label that is no whole number below `n_classes`.
    pub fn class_numbers(&self, n_classes: usize) -> Result<Vec<u32>, ReportError> {
        let numbers = self.labels.iter().enumerate().map(|(row, &label)| {
            let is_class = label >= 0.0 && label.fract() == 0.0 && label < n_classes as f64;
            if is_class { Ok(label as u32) } else { Err(ReportError::NotAClass { row, label, n_classes }) }
        });
        numbers.collect()
    }
}

pub(crate) fn weight_of(weights: Option<&[f64]>, row: usize) -> f64 {
    weights.map_or(1.0, |weights| weights.get(row).copied().unwrap_or(0.0))
}

pub(crate) fn check_length(what: &'static str, n_expected: usize, n_found: usize) -> Result<(), ReportError> {
    if n_expected == n_found {
        Ok(())
    } else {
        Err(ReportError::LengthMismatch { what, n_expected, n_found })
    }
}

pub(crate) fn check_finite(what: &'static str, values: &[f64], n_columns: usize) -> Result<(), ReportError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(ReportError::NotFinite { what, row: at / n_columns.max(1), value: values[at] }),
    }
}
