//! Pearson's correlation of every pair of columns, weighted, over the rows in which both columns have a value.

use serde::{Deserialize, Serialize};

use crate::ReportError;
use crate::input::{check_finite, check_length, weight_of};

/// Correlations of named columns, symmetric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorrelationMatrix {
    /// Names of the columns.
    pub names: Vec<String>,
    /// `rows[i][j]` is the correlation of columns i and j, −1..1; `None` where a column is constant over the rows
    /// that both have, or where there are fewer than two such rows.
    pub rows: Vec<Vec<Option<f64>>>,
}

/// Computes the correlations of the columns of a row-major matrix. NaN and infinite values count as missing: each
/// pair of columns uses the rows in which both have a value (as pandas does). The time grows with rows × columns²;
/// ten thousand rows are enough for two digits.
///
/// # Errors
/// Lengths that differ and weights that are not finite.
pub fn correlation_matrix(
    names: Vec<String>,
    values: &[f32],
    weights: Option<&[f64]>,
) -> Result<CorrelationMatrix, ReportError> {
    let n_columns = names.len();
    let n_rows = values.len().checked_div(n_columns).unwrap_or(0);
    check_length("values", n_rows * n_columns, values.len())?;
    if let Some(weights) = weights {
        check_length("weights", n_rows, weights.len())?;
        check_finite("weight", weights, 1)?;
    }
    let columns: Vec<Vec<f64>> = (0..n_columns).map(|column| centred(values, column, n_columns)).collect();
    let mut rows = vec![vec![None; n_columns]; n_columns];
    for i in 0..n_columns {
        for j in i..n_columns {
            let correlation = correlation(&columns[i], &columns[j], weights);
            rows[i][j] = correlation;
            rows[j][i] = correlation;
        }
    }
    Ok(CorrelationMatrix { names, rows })
}

/// One column without its mean (so that a large offset costs no digits), NaN where there is no value.
fn centred(values: &[f32], column: usize, n_columns: usize) -> Vec<f64> {
    let column = || {
        let cells = values.iter().skip(column).step_by(n_columns).map(|&value| f64::from(value));
        cells.map(|value| if value.is_finite() { value } else { f64::NAN })
    };
    let (n, sum) =
        column().filter(|value| value.is_finite()).fold((0.0, 0.0), |(n, sum), v| (n + 1.0, sum + v));
    column().map(|value| value - sum / n).collect()
}

fn correlation(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> Option<f64> {
    let pairs = || {
        let both = x.iter().zip(y).enumerate().filter(|(_, (x, y))| !x.is_nan() && !y.is_nan());
        both.map(|(row, (&x, &y))| (weight_of(weights, row), x, y))
    };
    let [total, sum_x, sum_y] =
        pairs().fold([0.0; 3], |[total, sx, sy], (w, x, y)| [total + w, sx + w * x, sy + w * y]);
    let (mean_x, mean_y) = (sum_x / total, sum_y / total);
    let [xx, yy, xy] = pairs().fold([0.0; 3], |[xx, yy, xy], (w, x, y)| {
        let (x, y) = (x - mean_x, y - mean_y);
        [xx + w * x * x, yy + w * y * y, xy + w * x * y]
    });
    let answer = xy / (xx.sqrt() * yy.sqrt());
    // Rounding may leave 1 + 1e-16; only negative weights can leave more, and then it has no meaning.
    (answer.abs() <= 1.0 + 1e-9).then(|| answer.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::correlation_matrix;

    fn check(values: &[f32], weights: Option<&[f64]>, expected: [Option<f64>; 3]) {
        let matrix = correlation_matrix(vec!["a".into(), "b".into()], values, weights).unwrap();
        let [aa, ab, bb] = [matrix.rows[0][0], matrix.rows[0][1], matrix.rows[1][1]];
        assert_eq!(matrix.rows[1][0], ab);
        for (answer, expected) in [aa, ab, bb].into_iter().zip(expected) {
            assert_eq!(answer.is_some(), expected.is_some(), "{values:?}");
            assert!(
                (answer.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-15,
                "{answer:?} {expected:?}"
            );
        }
    }

    #[test]
    fn small_matrices_by_hand() {
        let nan = f32::NAN;
        check(&[1.0, 2.0, 2.0, 4.0, 3.0, 6.0], None, [Some(1.0), Some(1.0), Some(1.0)]);
        check(&[1.0, 3.0, 2.0, 2.0, 3.0, 1.0], None, [Some(1.0), Some(-1.0), Some(1.0)]);
        check(&[1.0, 5.0, 2.0, 5.0], None, [Some(1.0), None, None]);
        check(&[1.0, nan, nan, 2.0], None, [None, None, None]);
        check(&[1.0, 1.0, 2.0, 2.0, 3.0, nan, nan, 9.0], None, [Some(1.0), Some(1.0), Some(1.0)]);
        // A weight of two is the row twice: (1,1), (2,3), (2,3), (3,2).
        check(
            &[1.0, 1.0, 2.0, 3.0, 3.0, 2.0],
            Some(&[1.0, 2.0, 1.0]),
            [Some(1.0), Some(1.0 / (2.0_f64 * 2.75).sqrt()), Some(1.0)],
        );
        check(&[], None, [None, None, None]);
        // A large offset costs no digits.
        check(&[1e7, 1.0, 1e7 + 1.0, 2.0, 1e7 + 2.0, 3.0], None, [Some(1.0), Some(1.0), Some(1.0)]);
    }

    #[test]
    fn lengths_are_checked() {
        assert!(correlation_matrix(vec!["a".into(), "b".into()], &[1.0], None).is_err());
        assert!(correlation_matrix(vec!["a".into()], &[1.0], Some(&[])).is_err());
        assert!(correlation_matrix(vec![], &[1.0], None).is_err());
        assert_eq!(correlation_matrix(vec![], &[], None).unwrap().rows.len(), 0);
    }
}
