//! How well a number is predicted: errors, the share of the variance that is explained, and the bias, resolution
//! and response in which detectors are described.

use serde::{Deserialize, Serialize};

use crate::sum::{is_positive, ratio, sum};
use crate::{Part, ReportError};

/// Scores of a regression; every mean is weighted. Units are those of the target (squared for the MSE).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RegressionScores {
    /// Mean squared error.
    pub mse: f64,
    /// Its root; `None` where negative weights make the MSE negative.
    pub rmse: Option<f64>,
    /// Mean absolute error.
    pub mae: f64,
    /// 1 − (squared errors) / (squared distances of the targets from their mean); `None` for a constant target.
    pub r2: Option<f64>,
    /// Mean of prediction − target.
    pub bias: f64,
    /// Standard deviation of prediction − target (divided by the sum of the weights, no correction).
    pub resolution: Option<f64>,
    /// Mean of prediction / target, over the events whose target is not zero; `None` without such events.
    pub response: Option<f64>,
    /// Standard deviation of prediction / target over the same events.
    pub response_resolution: Option<f64>,
    /// Events whose target is zero, left out of the response.
    pub n_zero_targets: u64,
}

/// Computes the scores of one part.
///
/// # Errors
/// Lengths that differ, numbers that are not finite, no events, and weights that do not sum to a positive number.
pub fn regression_scores(part: Part<'_>) -> Result<RegressionScores, ReportError> {
    let wanted = "the scores of a regression";
    part.check_lengths(1)?;
    part.check_finite(1)?;
    if part.labels.is_empty() {
        return Err(ReportError::Empty { what: "events", wanted });
    }
    let n_rows = part.labels.len();
    let total = sum((0..n_rows).map(|row| part.weight(row)));
    if !is_positive(total) {
        return Err(ReportError::NoWeight { class: "all".to_owned(), sum_weights: total, wanted });
    }
    let mean = |value: &dyn Fn(f64, f64) -> f64| {
        let terms = (0..n_rows).map(|row| part.weight(row) * value(part.labels[row], part.scores[row]));
        sum(terms) / total
    };
    let mse = mean(&|target, answer| (answer - target).powi(2));
    let bias = mean(&|target, answer| answer - target);
    let target_mean = mean(&|target, _| target);
    let target_variance = mean(&|target, _| (target - target_mean).powi(2));
    if !(mse.is_finite() && target_variance.is_finite()) {
        return Err(ReportError::Overflow { what: "squared errors" });
    }
    let (response, response_resolution) = response(part);
    Ok(RegressionScores {
        mse,
        rmse: root(mse),
        mae: mean(&|target, answer| (answer - target).abs()),
        r2: ratio(mse, target_variance).map(|share| 1.0 - share),
        bias,
        resolution: root(mean(&|target, answer| (answer - target - bias).powi(2))),
        response,
        response_resolution,
        n_zero_targets: part.labels.iter().filter(|&&target| target == 0.0).count() as u64,
    })
}

fn response(part: Part<'_>) -> (Option<f64>, Option<f64>) {
    let rows = || (0..part.labels.len()).filter(|&row| part.labels[row] != 0.0);
    let quotient = |row: usize| part.scores[row] / part.labels[row];
    let total = sum(rows().map(|row| part.weight(row)));
    let Some(mean) = ratio(sum(rows().map(|row| part.weight(row) * quotient(row))), total) else {
        return (None, None);
    };
    let variance = ratio(sum(rows().map(|row| part.weight(row) * (quotient(row) - mean).powi(2))), total);
    (Some(mean), variance.and_then(root))
}

fn root(value: f64) -> Option<f64> {
    (value >= 0.0 && value.is_finite()).then(|| value.sqrt())
}

#[cfg(test)]
mod tests {
    use super::{Part, regression_scores};

    #[test]
    fn a_small_regression_by_hand() {
        let part = Part { labels: &[1.0, 2.0, 0.0, 4.0], scores: &[2.0, 2.0, 1.0, 6.0], weights: None };
        let scores = regression_scores(part).unwrap();
        assert_eq!((scores.mse, scores.mae, scores.bias), (1.5, 1.0, 1.0));
        assert_eq!((scores.r2, scores.resolution), (Some(1.0 - 1.5 / 2.1875), Some(0.5_f64.sqrt())));
        assert_eq!((scores.response, scores.n_zero_targets), (Some(1.5), 1));
    }

    #[test]
    fn a_constant_target_has_no_r2() {
        let part = Part { labels: &[0.0, 0.0], scores: &[1.0, -1.0], weights: None };
        let scores = regression_scores(part).unwrap();
        assert_eq!((scores.r2, scores.response, scores.response_resolution), (None, None, None));
    }

    #[test]
    fn bad_input_is_named() {
        let error = |labels: &[f64], scores: &[f64], weights: Option<&[f64]>| {
            regression_scores(Part { labels, scores, weights }).unwrap_err().to_string()
        };
        assert!(error(&[], &[], None).contains("no events"));
        assert!(error(&[1.0], &[], None).contains("0 scores for 1 expected"));
        assert!(error(&[1.0], &[f64::INFINITY], None).contains("score of row 0 is inf"));
        assert!(error(&[1.0], &[1.0], Some(&[0.0])).contains("sum to 0"));
    }
}
