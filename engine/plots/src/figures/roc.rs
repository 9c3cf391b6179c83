//! ROC curves: signal efficiency against background efficiency.

use std::fmt::Write as _;

use crate::frame::Range;
use crate::label::{Label, plain_text};
use crate::legend::Corner;
use crate::lines::{CurveFigure, Series};
use crate::style::{Figure, Style};
use crate::text::{number, sparkline, table};

/// One curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RocCurve {
    /// What the legend says: the part or the class.
    pub label: String,
    /// Share of the background that passes, point by point.
    pub false_positive_rate: Vec<f64>,
    /// Share of the signal that passes.
    pub true_positive_rate: Vec<f64>,
    /// Area under the curve, shown in the legend.
    pub auc: Option<f64>,
}

/// Some curves and the line of a coin toss.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RocCurves {
    /// The curves.
    pub curves: Vec<RocCurve>,
    /// A point to be marked, as (background efficiency, signal efficiency): the best threshold.
    pub best: Option<(f64, f64)>,
}

impl Figure for RocCurves {
    fn to_svg(&self, style: &Style) -> String {
        let series: Vec<Series> = self
            .curves
            .iter()
            .map(|curve| Series {
                label: curve.label.clone(),
                x: curve.false_positive_rate.clone(),
                y: curve.true_positive_rate.clone(),
            })
            .collect();
        let label = |curve: &RocCurve| {
            let auc = curve.auc.filter(|auc| auc.is_finite()).map(|auc| format!(" (AUC = {auc:.4})"));
            Label::parse(&(curve.label.clone() + &auc.unwrap_or_default()))
        };
        CurveFigure {
            title: "ROC curves",
            x_title: Label::parse("Background efficiency"),
            y_title: Label::parse("Signal efficiency"),
            x: Range::linear(0.0, 1.0),
            y: Range::linear(0.0, 1.05),
            series: &series,
            labels: self.curves.iter().map(label).collect(),
            guide: Some(((0.0, 0.0), (1.0, 1.0))),
            marks: self.best.into_iter().collect(),
            corner: Corner::BottomRight,
        }
        .to_svg(style)
    }

    fn to_text(&self) -> String {
        let mut out = String::from("Signal efficiency against background efficiency 0..1\n");
        let mut rows = vec![["", "AUC", "signal at 1 %", "at 10 % background"].map(str::to_owned).to_vec()];
        for curve in &self.curves {
            let at = |x: f64| curve.signal_at(x);
            let line: Vec<f64> = (0..50).map(|step| at((f64::from(step) + 0.5) / 50.0)).collect();
            let _ = writeln!(out, "|{}| {}", sparkline(&line), plain_text(&curve.label));
            let auc = curve.auc.map_or_else(|| "-".to_owned(), number);
            rows.push(vec![plain_text(&curve.label), auc, number(at(0.01)), number(at(0.1))]);
        }
        out + &table(&rows)
    }
}

impl RocCurve {
    /// The largest signal efficiency at no more than this background efficiency.
    fn signal_at(&self, background: f64) -> f64 {
        let points = self.false_positive_rate.iter().zip(&self.true_positive_rate);
        points.filter(|(x, y)| **x <= background && y.is_finite()).map(|(_, y)| *y).fold(0.0, f64::max)
    }
}
