//! Events in falling order of their score: the one sorted pass that the ROC curve, the best threshold and the
//! significance are read from. Equal scores are one level, so that ties are right by construction.

use crate::ReportError;
use crate::input::{check_finite, check_length, weight_of};
use crate::sum::Sum;

/// What passes the cut `score >= threshold`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    pub(crate) threshold: f64,
    /// Sum of the weights of the signal events that pass.
    pub(crate) signal: f64,
    /// Sum of the weights of the background events that pass.
    pub(crate) background: f64,
}

/// The levels of all distinct scores, from the highest to the lowest. Events of weight zero make none.
pub(crate) fn levels(
    is_signal: &[bool],
    scores: &[f64],
    weights: Option<&[f64]>,
) -> Result<Vec<Level>, ReportError> {
    check_length("scores", is_signal.len(), scores.len())?;
    check_finite("score", scores, 1)?;
    if let Some(weights) = weights {
        check_length("weights", is_signal.len(), weights.len())?;
        check_finite("weight", weights, 1)?;
    }
    let mut events: Vec<(u64, f64, bool)> = is_signal
        .iter()
        .zip(scores)
        .enumerate()
        .map(|(row, (&is_signal, &score))| (falling_key(score), weight_of(weights, row), is_signal))
        .filter(|&(_, weight, _)| weight != 0.0)
        .collect();
    // Sorting whole numbers is faster than comparing floats.
    events.sort_unstable_by_key(|&(key, _, _)| key);

    let (mut signal, mut background) = (Sum::default(), Sum::default());
    let mut levels = Vec::new();
    for (at, &(key, weight, is_signal)) in events.iter().enumerate() {
        if is_signal {
            signal.add(weight);
        } else {
            background.add(weight);
        }
        if events.get(at + 1).is_none_or(|&(next, _, _)| next != key) {
            let (signal, background) = (signal.value(), background.value());
            levels.push(Level { threshold: score_of(key), signal, background });
        }
    }
    Ok(levels)
}

/// The bits of a finite number, arranged so that a larger number has a smaller key; both zeros are one.
fn falling_key(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    let rising = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
    !rising
}

fn score_of(key: u64) -> f64 {
    let rising = !key;
    f64::from_bits(if rising >> 63 == 1 { rising & !(1 << 63) } else { !rising })
}

#[cfg(test)]
mod tests {
    use super::{falling_key, levels, score_of};

    #[test]
    fn keys_fall_as_scores_rise_and_come_back() {
        let rising = [f64::MIN, -2.0, -1e-300, 0.0, 1e-300, 0.5, 1.0, f64::MAX];
        for pair in rising.windows(2) {
            assert!(falling_key(pair[0]) > falling_key(pair[1]), "{pair:?}");
        }
        for score in rising {
            assert_eq!(score_of(falling_key(score)), score);
        }
        assert_eq!(falling_key(0.0), falling_key(-0.0));
    }

    #[test]
    fn equal_scores_are_one_level() {
        let levels = levels(&[true, false, true], &[0.5, 0.5, 0.9], Some(&[1.0, 2.0, 4.0])).unwrap();
        let numbers: Vec<_> = levels.iter().map(|l| (l.threshold, l.signal, l.background)).collect();
        assert_eq!(numbers, [(0.9, 4.0, 0.0), (0.5, 5.0, 2.0)]);
    }
}
