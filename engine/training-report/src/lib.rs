//! Numbers about a trained model. Labels, scores and weights come in; a [`Report`] goes out, as JSON (serde),
//! as aligned text (`Display`) and as the numbers that pictures are drawn from. Knows no events, no files and
//! no pictures.
//!
//! Every number can also be had alone: [`roc_curve`], [`significance_curve`], [`ConfusionMatrix`],
//! [`class_scores`], [`log_loss`], [`kolmogorov_smirnov`], [`regression_scores`], [`permutation_importance`],
//! [`correlation_matrix`].
//!
//! ```
//! use training_report::{Part, PartName, Report, ReportInput, ReportSettings, Task};
//!
//! let test = Part { labels: &[0.0, 0.0, 1.0, 1.0], scores: &[0.1, 0.4, 0.35, 0.8], weights: None };
//! let task = Task::Binary { classes: ["background".into(), "signal".into()] };
//! let input = ReportInput { task, train: None, validation: None, test: Some(test), history: vec![] };
//! let report = Report::new(&input, ReportSettings::default())?;
//! let part = report.part(PartName::Test).and_then(|part| part.classification.as_ref());
//! assert_eq!(part.and_then(|part| part.auc), Some(0.75));
//! # Ok::<(), training_report::ReportError>(())
//! ```
//!
//! **Negative weights** (next-to-leading-order generators make them) are summed as they are. The rates of a
//! ROC curve then need not rise from point to point and an AUC may leave 0..1 when the sample is small; the
//! formulas stay those of Mann and Whitney, so that the expectation is right. What has no meaning (the total
//! weight of a class is zero or negative) is an error in the single functions and `None` in the report.

mod agreement;
mod classes;
mod correlation;
mod error;
mod importance;
mod input;
mod ranking;
mod regression;
mod report;
mod response;
mod roc;
mod significance;
mod sum;
mod text;

pub use agreement::{KolmogorovSmirnov, kolmogorov_probability, kolmogorov_smirnov};
pub use classes::{AverageScores, ClassScore, ClassScores, ConfusionMatrix, class_scores, log_loss};
pub use correlation::{CorrelationMatrix, correlation_matrix};
pub use error::ReportError;
pub use importance::{ColumnGroup, ColumnPermutation, Importance, permutation_importance};
pub use input::{Part, Task};
pub use regression::{RegressionScores, regression_scores};
pub use report::{
    ClassSeparation, ClassificationPart, Epoch, Overtraining, PartName, PartReport, Report, ReportInput,
    ReportSettings,
};
pub use response::ResponseHistogram;
pub use roc::{BestThreshold, RocCurve, roc_curve};
pub use significance::{SignificanceCurve, SignificancePoint, SignificanceSettings, significance_curve};
