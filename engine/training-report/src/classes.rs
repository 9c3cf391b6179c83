//! What a classifier gets right after its decision: the weighted confusion matrix, precision, recall and F1 of
//! each class and their averages, and the log loss of its probabilities. The formulas are those of
//! scikit-learn's `confusion_matrix`, `classification_report` and `log_loss`.

use serde::{Deserialize, Serialize};

use crate::ReportError;
use crate::input::{check_finite, check_length, weight_of};
use crate::sum::{Sum, ratio, sum};

/// Summed weights by true and predicted class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfusionMatrix {
    /// `rows[true class][predicted class]`.
    pub rows: Vec<Vec<f64>>,
}

impl ConfusionMatrix {
    /// Counts decisions: `truth` and `predicted` are numbers of classes, one for each event.
    ///
    /// # Errors
    /// Lengths that differ, weights that are not finite, and a class number not below `n_classes`.
    pub fn new(
        n_classes: usize,
        truth: &[u32],
        predicted: &[u32],
        weights: Option<&[f64]>,
    ) -> Result<Self, ReportError> {
        check_length("predictions", truth.len(), predicted.len())?;
        if let Some(weights) = weights {
            check_length("weights", truth.len(), weights.len())?;
            check_finite("weight", weights, 1)?;
        }
        let mut sums = vec![vec![Sum::default(); n_classes]; n_classes];
        for (row, (&truth, &predicted)) in truth.iter().zip(predicted).enumerate() {
            let cell = sums.get_mut(truth as usize).and_then(|sums| sums.get_mut(predicted as usize));
            let label = f64::from(truth.max(predicted));
            cell.ok_or(ReportError::NotAClass { row, label, n_classes })?.add(weight_of(weights, row));
        }
        Ok(Self { rows: sums.iter().map(|row| row.iter().map(|cell| cell.value()).collect()).collect() })
    }

    /// Decides binary scores: class 1 where `score >= threshold`.
    pub fn decide_binary(scores: &[f64], threshold: f64) -> Vec<u32> {
        scores.iter().map(|&score| u32::from(score >= threshold)).collect()
    }

    /// Decides rows of `n_classes` scores: the class of the largest one, the first of several equal ones.
    pub fn decide_classes(scores: &[f64], n_classes: usize) -> Vec<u32> {
        let largest = |row: &[f64]| {
            let mut best = 0;
            for (class, score) in row.iter().enumerate() {
                if *score > row[best] {
                    best = class;
                }
            }
            best as u32
        };
        scores.chunks_exact(n_classes.max(1)).map(largest).collect()
    }

    /// What was decided rightly. The rows are public; a cell that is missing holds nothing.
    fn right(&self, class: usize) -> f64 {
        self.rows.get(class).and_then(|row| row.get(class)).copied().unwrap_or(0.0)
    }

    fn truth(&self, class: usize) -> f64 {
        sum(self.rows.get(class).into_iter().flatten().copied())
    }

    fn predicted(&self, class: usize) -> f64 {
        sum(self.rows.iter().filter_map(|row| row.get(class)).copied())
    }
}

/// Precision, recall and F1 of one class, or the accuracy's neighbours in [`ClassScores`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// Name of the class.
    pub class: String,
    /// Right ones among those predicted as this class; `None` when none was.
    pub precision: Option<f64>,
    /// Right ones among those that are of this class; `None` when none is.
    pub recall: Option<f64>,
    /// Harmonic mean of precision and recall; `None` when the class neither is nor was predicted.
    pub f1: Option<f64>,
    /// Sum of the weights of the events of this class.
    pub support: f64,
}

/// An average of precision, recall and F1 over the classes. A score that does not exist counts as zero, as in
/// scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AverageScores {
    /// Average precision of the classes.
    pub precision: f64,
    /// Average recall.
    pub recall: f64,
    /// Average F1.
    pub f1: f64,
}

/// The classification report: every class, and all together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// One row for each class, in the order of the classes.
    pub classes: Vec<ClassScore>,
    /// Share of the right decisions; `None` when the weights sum to zero.
    pub accuracy: Option<f64>,
    /// Every class counts the same; `None` without classes.
    pub macro_average: Option<AverageScores>,
    /// Every class counts by its support; `None` when the weights sum to zero.
    pub weighted_average: Option<AverageScores>,
    /// Sum of all weights.
    pub support: f64,
}

/// Computes precision, recall and F1 from a confusion matrix. Classes without a name are called by their number.
pub fn class_scores(confusion: &ConfusionMatrix, names: &[String]) -> ClassScores {
    let n_classes = confusion.rows.len();
    let classes: Vec<ClassScore> = (0..n_classes)
        .map(|class| {
            let (right, truth) = (confusion.right(class), confusion.truth(class));
            let predicted = confusion.predicted(class);
            ClassScore {
                class: names.get(class).cloned().unwrap_or_else(|| class.to_string()),
                precision: ratio(right, predicted),
                recall: ratio(right, truth),
                f1: ratio(2.0 * right, truth + predicted),
                support: truth,
            }
        })
        .collect();
    let support = sum(classes.iter().map(|class| class.support));
    let right = sum((0..n_classes).map(|class| confusion.right(class)));
    let macro_average = average(&classes, |_| 1.0);
    let weighted_average = average(&classes, |class| class.support);
    ClassScores { accuracy: ratio(right, support), macro_average, weighted_average, support, classes }
}

fn average(classes: &[ClassScore], weight: impl Fn(&ClassScore) -> f64) -> Option<AverageScores> {
    let total = sum(classes.iter().map(&weight));
    let mean = |value: fn(&ClassScore) -> Option<f64>| {
        ratio(sum(classes.iter().map(|class| weight(class) * value(class).unwrap_or(0.0))), total)
    };
    Some(AverageScores {
        precision: mean(|class| class.precision)?,
        recall: mean(|class| class.recall)?,
        f1: mean(|class| class.f1)?,
    })
}

/// Computes the weighted mean of −ln(probability of the true class). `probabilities` holds one value for each
/// event (that of class 1) when `n_classes` is 2 and there are as many values as events, else `n_classes` values.
/// Probabilities are kept 2.2e-16 away from 0 and 1, as scikit-learn does, so that one wrong certainty costs 36.
///
/// # Errors
/// Lengths that differ, a label that is no class, a probability outside 0..1 (NaN too), non-finite weights, no
/// events, and weights that sum to zero.
pub fn log_loss(
    n_classes: usize,
    truth: &[u32],
    probabilities: &[f64],
    weights: Option<&[f64]>,
) -> Result<f64, ReportError> {
    let n_columns = if n_classes == 2 && probabilities.len() == truth.len() { 1 } else { n_classes };
    check_length("probabilities", truth.len().saturating_mul(n_columns), probabilities.len())?;
    if let Some(weights) = weights {
        check_length("weights", truth.len(), weights.len())?;
        check_finite("weight", weights, 1)?;
    }
    if truth.is_empty() {
        return Err(ReportError::Empty { what: "events", wanted: "the log loss" });
    }
    if let Some(at) = probabilities.iter().position(|value| !(0.0..=1.0).contains(value)) {
        return Err(ReportError::NotAProbability { row: at / n_columns, value: probabilities[at] });
    }
    let (mut loss, mut total) = (Sum::default(), Sum::default());
    for (row, (&class, probabilities)) in truth.iter().zip(probabilities.chunks_exact(n_columns)).enumerate()
    {
        if class as usize >= n_classes {
            return Err(ReportError::NotAClass { row, label: f64::from(class), n_classes });
        }
        let probability = match (n_columns, class) {
            (1, 0) => 1.0 - clip(probabilities[0]),
            (1, _) => clip(probabilities[0]),
            (_, class) => clip(probabilities[class as usize]),
        };
        let weight = weight_of(weights, row);
        loss.add(-weight * probability.ln());
        total.add(weight);
    }
    ratio(loss.value(), total.value()).ok_or(ReportError::NoWeight {
        class: "all".to_owned(),
        sum_weights: total.value(),
        wanted: "the log loss",
    })
}

fn clip(probability: f64) -> f64 {
    probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::{ClassScores, ConfusionMatrix, class_scores, log_loss};

    fn scores(truth: &[u32], predicted: &[u32], weights: Option<&[f64]>) -> ClassScores {
        let names = ["background".to_owned(), "signal".to_owned()];
        class_scores(&ConfusionMatrix::new(2, truth, predicted, weights).unwrap(), &names)
    }

    #[test]
    fn a_small_matrix_by_hand() {
        let answer = scores(&[0, 0, 0, 1, 1], &[0, 0, 1, 1, 0], None);
        let signal = &answer.classes[1];
        assert_eq!((signal.precision, signal.recall, signal.f1), (Some(0.5), Some(0.5), Some(0.5)));
        assert_eq!((answer.accuracy, signal.support, answer.support), (Some(0.6), 2.0, 5.0));
        assert!((answer.macro_average.unwrap().precision - 7.0 / 12.0).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_exist_is_none() {
        let never_predicted = scores(&[0, 1], &[0, 0], None);
        assert_eq!((never_predicted.classes[1].precision, never_predicted.classes[1].f1), (None, Some(0.0)));
        let empty = scores(&[], &[], None);
        assert_eq!((empty.accuracy, empty.weighted_average, empty.classes[0].recall), (None, None, None));
        let weightless = scores(&[0, 1], &[0, 1], Some(&[0.0, 0.0]));
        assert_eq!(weightless.accuracy, None);
    }

    #[test]
    fn a_ragged_matrix_is_no_panic() {
        let ragged = ConfusionMatrix { rows: vec![vec![1.0], vec![]] };
        assert_eq!(class_scores(&ragged, &[]).accuracy, Some(1.0));
    }

    #[test]
    fn the_largest_score_decides_and_the_first_of_equal_ones() {
        assert_eq!(ConfusionMatrix::decide_classes(&[0.2, 0.5, 0.3, 0.4, 0.4, 0.2], 3), [1, 0]);
        assert_eq!(ConfusionMatrix::decide_binary(&[0.49, 0.5, f64::NAN], 0.5), [0, 1, 0]);
    }

    #[test]
    fn log_losses_by_hand() {
        let check = |n_classes, truth: &[u32], probabilities: &[f64], expected: f64| {
            let loss = log_loss(n_classes, truth, probabilities, None).unwrap();
            assert!((loss - expected).abs() < 1e-14, "{loss} {expected}");
        };
        check(2, &[1, 0], &[0.5, 0.5], 2.0_f64.ln());
        check(2, &[1, 0], &[1.0, 0.0], 2.220_446_049_250_313e-16);
        check(2, &[1, 0], &[0.0, 0.0], 18.021_826_694_558_58);
        check(3, &[2, 0], &[0.25, 0.25, 0.5, 0.125, 0.5, 0.375], 2.0 * 2.0_f64.ln());
    }

    #[test]
    fn bad_input_is_named() {
        let error =
            |truth: &[u32], p: &[f64], w: Option<&[f64]>| log_loss(2, truth, p, w).unwrap_err().to_string();
        assert!(error(&[1], &[1.5], None).contains("score of row 0 is 1.5"));
        assert!(error(&[1, 0], &[0.5, f64::NAN], None).contains("row 1 is NaN"));
        assert!(error(&[1, 2], &[0.5, 0.5], None).contains("label of row 1 is 2"));
        assert!(error(&[], &[], None).contains("no events"));
        assert!(error(&[1], &[0.5], Some(&[0.0])).contains("sum to 0"));
        assert!(ConfusionMatrix::new(2, &[2], &[0], None).is_err());
        assert!(ConfusionMatrix::new(2, &[0], &[], None).is_err());
    }
}
