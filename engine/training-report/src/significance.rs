//! How significant the signal is after a cut on the score, for every possible cut: the approximate median
//! significance (AMS) and the simpler s/√(s+b).
//!
//! AMS = `√(2((s + b + b_r) ln(1 + s / (b + b_r)) − s))` is the median significance of discovery for a counting
//! experiment (Cowan, Cranmer, Gross, Vitells, arXiv:1007.1727, eq. 97 with `b_r` = 0); the constant `b_r` keeps
//! cuts with hardly any background from winning by chance (Higgs machine-learning challenge, `b_r` = 10).

use serde::{Deserialize, Serialize};

use crate::ReportError;
use crate::ranking::{Level, levels};

/// How the significance is computed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignificanceSettings {
    /// `b_r`, added to the background, in expected events; not negative. Default 10.
    pub background_regularisation: f64,
    /// The signal events that the experiment expects before the cut: the signal weights are scaled to this sum.
    /// `None` (default) takes the weights as they are. A test part that holds a fifth of the sample needs it.
    pub expected_signal: Option<f64>,
    /// The same for the background.
    pub expected_background: Option<f64>,
}

impl Default for SignificanceSettings {
    fn default() -> Self {
        Self { background_regularisation: 10.0, expected_signal: None, expected_background: None }
    }
}

/// What one cut `score >= threshold` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SignificancePoint {
    /// The cut.
    pub threshold: f64,
    /// Expected signal events that pass.
    pub signal: f64,
    /// Expected background events that pass.
    pub background: f64,
    /// The AMS; `None` where negative weights leave `s < 0` or `b + b_r <= 0`.
    pub ams: Option<f64>,
    /// s/√(s+b); `None` where s + b is not positive.
    pub s_over_sqrt_s_plus_b: Option<f64>,
}

/// Significance against threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignificanceCurve {
    /// How it was computed.
    pub settings: SignificanceSettings,
    /// Falling thresholds, one for each distinct score (fewer after [`SignificanceCurve::thinned`]).
    pub points: Vec<SignificancePoint>,
    /// The cut with the largest AMS of all distinct scores; the highest one of several equal ones.
    pub best_ams: Option<SignificancePoint>,
    /// The cut with the largest s/√(s+b).
    pub best_s_over_sqrt_s_plus_b: Option<SignificancePoint>,
}

/// Computes the significance for the cut at every distinct score.
///
/// # Errors
/// Lengths that differ, scores or weights that are not finite, a negative or non-finite setting, and an expected
/// number of events for a class whose weights do not sum to a positive number.
pub fn significance_curve(
    is_signal: &[bool],
    scores: &[f64],
    weights: Option<&[f64]>,
    settings: SignificanceSettings,
) -> Result<SignificanceCurve, ReportError> {
    SignificanceCurve::from_levels(&levels(is_signal, scores, weights)?, settings)
}

impl SignificanceCurve {
    pub(crate) fn from_levels(levels: &[Level], settings: SignificanceSettings) -> Result<Self, ReportError> {
        settings.check()?;
        let total = levels.last().map_or((0.0, 0.0), |level| (level.signal, level.background));
        let signal_scale = scale("signal", settings.expected_signal, total.0)?;
        let background_scale = scale("background", settings.expected_background, total.1)?;
        let points: Vec<_> = levels
            .iter()
            .map(|level| {
                let (s, b) = (level.signal * signal_scale, level.background * background_scale);
                SignificancePoint::new(level.threshold, s, b, settings.background_regularisation)
            })
            .collect();
        if !points.iter().all(|point| point.signal.is_finite() && point.background.is_finite()) {
            return Err(ReportError::Overflow { what: "expected events" });
        }
        let best_ams = best(&points, |point| point.ams);
        let best_s_over_sqrt_s_plus_b = best(&points, |point| point.s_over_sqrt_s_plus_b);
        Ok(Self { settings, points, best_ams, best_s_over_sqrt_s_plus_b })
    }

    /// Keeps a subset of the points for storage and pictures; the best ones stay those of all points.
    ///
    /// The range of thresholds is cut into `n_points` equal steps; kept is the first point that reaches into
    /// each step, and both ends and both best points.
    #[must_use]
    pub fn thinned(&self, n_points: usize) -> Self {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return self.clone();
        };
        if self.points.len() <= n_points {
            return self.clone();
        }
        let width = (first.threshold - last.threshold) / n_points.max(1) as f64;
        let is_best = |point: &SignificancePoint| {
            [self.best_ams, self.best_s_over_sqrt_s_plus_b].contains(&Some(*point))
        };
        let mut next = first.threshold;
        let mut points = Vec::new();
        for point in &self.points {
            let reaches = point.threshold <= next;
            if reaches || point == last || is_best(point) {
                points.push(*point);
            }
            while width > 0.0 && point.threshold <= next {
                let before = next;
                next -= width;
                if next == before {
                    break;
                }
            }
        }
        Self { points, ..self.clone() }
    }
}

impl SignificanceSettings {
    pub(crate) fn check(self) -> Result<(), ReportError> {
        let numbers = [
            ("background_regularisation", Some(self.background_regularisation)),
            ("expected_signal", self.expected_signal),
            ("expected_background", self.expected_background),
        ];
        for (what, value) in numbers {
            let value = value.unwrap_or(0.0);
            if !value.is_finite() || value < 0.0 {
                return Err(ReportError::BadSetting { what, value, allowed: "zero or more, and finite" });
            }
        }
        Ok(())
    }
}

impl SignificancePoint {
    fn new(threshold: f64, signal: f64, background: f64, regularisation: f64) -> Self {
        let b = background + regularisation;
        let ams = (signal >= 0.0 && b > 0.0).then(|| ams(signal, b)).filter(|value| value.is_finite());
        let all = signal + background;
        let simple = (all > 0.0).then(|| signal / all.sqrt()).filter(|value| value.is_finite());
        Self { threshold, signal, background, ams, s_over_sqrt_s_plus_b: simple }
    }
}

/// The formula at the top of the file. For s much smaller than b the two terms cancel, and the series
/// s²/b (1 − x/3 + x²/6 − x³/10) with x = s/b keeps the digits that the subtraction would lose.
fn ams(s: f64, b: f64) -> f64 {
    let x = s / b;
    let squared = if x < 1e-3 {
        s * x * (1.0 - x / 3.0 + x * x / 6.0 - x * x * x / 10.0)
    } else {
        2.0 * ((s + b) * x.ln_1p() - s)
    };
    squared.max(0.0).sqrt()
}

fn scale(class: &str, expected: Option<f64>, sum_weights: f64) -> Result<f64, ReportError> {
    match expected {
        None => Ok(1.0),
        Some(expected) if sum_weights > 0.0 => Ok(expected / sum_weights),
        Some(_) => {
            let wanted = "the scaling to an expected number of events";
            Err(ReportError::NoWeight { class: class.to_owned(), sum_weights, wanted })
        }
    }
}

fn best(
    points: &[SignificancePoint],
    value: impl Fn(&SignificancePoint) -> Option<f64>,
) -> Option<SignificancePoint> {
    let mut best: Option<(f64, SignificancePoint)> = None;
    for point in points {
        if let Some(value) = value(point)
            && best.is_none_or(|(highest, _)| value > highest)
        {
            best = Some((value, *point));
        }
    }
    best.map(|(_, point)| point)
}

#[cfg(test)]
mod tests {
    use super::{SignificanceSettings, ams, significance_curve};

    #[test]
    fn the_formula_agrees_with_its_series_where_they_meet() {
        // Computed with 60 decimal digits; the last two lie on either side of the switch to the series.
        let cases = [
            (10.0, 100.0, 0.983_991_644_756_940_6),
            (1.0, 1e6, 0.000_999_999_833_333_402_8),
            (1.0, 990.0, 0.031_776_738_039_250_26),
            (1.0, 1010.0, 0.031_460_648_534_640_506),
        ];
        for (s, b, expected) in cases {
            assert!((ams(s, b) / expected - 1.0).abs() < 1e-12, "{s} {b}: {}", ams(s, b));
        }
        assert_eq!(ams(0.0, 5.0), 0.0);
    }

    #[test]
    fn the_best_cut_is_found_among_all_scores() {
        let settings = SignificanceSettings { background_regularisation: 0.0, ..Default::default() };
        let is_signal = [true, true, false, true, false, false];
        let scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
        let curve = significance_curve(&is_signal, &scores, None, settings).unwrap();
        // Without background and without `b_r` there is no AMS; the first cut with background wins.
        assert_eq!(curve.points[0].ams, None);
        assert_eq!(curve.best_ams.unwrap().threshold, 0.6);
        assert_eq!(curve.best_s_over_sqrt_s_plus_b.unwrap().threshold, 0.6);
        assert_eq!(curve.best_s_over_sqrt_s_plus_b.unwrap().s_over_sqrt_s_plus_b, Some(1.5));
    }

    #[test]
    fn expected_events_scale_the_weights() {
        let settings = SignificanceSettings {
            expected_signal: Some(100.0),
            expected_background: Some(1000.0),
            ..Default::default()
        };
        let curve = significance_curve(&[true, false], &[0.9, 0.1], Some(&[0.5, 4.0]), settings).unwrap();
        let numbers: Vec<_> = curve.points.iter().map(|p| (p.signal, p.background)).collect();
        assert_eq!(numbers, [(100.0, 0.0), (100.0, 1000.0)]);
        assert!(significance_curve(&[true], &[0.9], None, settings).is_err());
        let negative = SignificanceSettings { background_regularisation: -1.0, ..Default::default() };
        assert!(significance_curve(&[true], &[0.9], None, negative).is_err());
    }

    #[test]
    fn thinning_keeps_ends_and_best() {
        let is_signal: Vec<bool> = (0..1000).map(|row| row % 5 < 2).collect();
        let scores: Vec<f64> = (0..1000).map(|row| f64::from(row * 7919 % 1000)).collect();
        let all = significance_curve(&is_signal, &scores, None, SignificanceSettings::default()).unwrap();
        let thin = all.thinned(40);
        assert!((40..=44).contains(&thin.points.len()), "{}", thin.points.len());
        assert_eq!((thin.points[0].threshold, thin.points.last().unwrap().threshold), (999.0, 0.0));
        assert!(thin.points.contains(&all.best_ams.unwrap()));
        let equal = significance_curve(&[true, false], &[0.5, 0.5], None, SignificanceSettings::default());
        assert_eq!(equal.unwrap().thinned(40).points.len(), 1);
    }
}
