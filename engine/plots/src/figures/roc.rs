//! ROC curves: signal efficiency against background efficiency.

use std::fmt::Write as _;

use serde_json::Value;

use crate::frame::Range;
use crate::label::{Label, plain_text};
use crate::legend::Corner;
use crate::lines::{CurveFigure, Look, Series};
use crate::palette::is_colour;
use crate::style::{Figure, Style};
use crate::text::{number, sparkline, table};

/// One curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RocCurve {
    /// What the legend says: the class, or the part where there is one class only.
    pub label: String,
    /// The part of the data, `train` or `test`; may be empty. Where there are several labels and several parts, a label
    /// has one colour and a part one kind of line.
    pub part: String,
    /// Share of the background that passes, point by point.
    pub false_positive_rate: Vec<f64>,
    /// Share of the signal that passes.
    pub true_positive_rate: Vec<f64>,
    /// Area under the curve, shown in the legend.
    pub auc: Option<f64>,
    /// Colour of its label, where it is not that of the palette; holds where there are several labels and parts.
    pub colour: Option<String>,
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
        let series = self.series();
        let lines = self.lines();
        CurveFigure {
            title: "ROC curves",
            x_title: Label::parse("Background efficiency"),
            y_title: Label::parse("Signal efficiency"),
            x: Range::linear(0.0, 1.0),
            y: Range::linear(0.0, 1.05),
            series: &series,
            looks: lines.looks,
            colours: &self.colours(),
            legend: lines.legend,
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
            let _ = writeln!(out, "|{}| {}", sparkline(&line), plain_text(&curve.name()));
            let auc = curve.auc.map_or_else(|| "-".to_owned(), number);
            rows.push(vec![plain_text(&curve.name()), auc, number(at(0.01)), number(at(0.1))]);
        }
        out + &table(&rows)
    }

    fn interactive(&self) -> Option<Value> {
        Some(self.to_vega_lite())
    }
}

/// How the curves look, and what the legend says of that.
struct Lines {
    looks: Vec<Look>,
    legend: Vec<(Look, Label)>,
}

impl RocCurves {
    /// The curves with label and part.
    pub(crate) fn series(&self) -> Vec<Series> {
        let series = |curve: &RocCurve| Series {
            label: curve.name(),
            x: curve.false_positive_rate.clone(),
            y: curve.true_positive_rate.clone(),
        };
        self.curves.iter().map(series).collect()
    }

    /// The chosen colour of each label, in the order of the palette.
    pub(crate) fn colours(&self) -> Vec<Option<&str>> {
        if !self.is_grouped() {
            return Vec::new();
        }
        let of_label = |label: &&str| {
            let mut own = self.curves.iter().filter(|curve| curve.label == *label);
            own.find_map(|curve| curve.colour.as_deref().filter(|colour| is_colour(colour)))
        };
        distinct(self.curves.iter().map(|curve| curve.label.as_str())).iter().map(of_label).collect()
    }

    /// Whether there are several labels and several parts.
    pub(crate) fn is_grouped(&self) -> bool {
        let n = |names: Vec<&str>| names.len();
        n(distinct(self.curves.iter().map(|curve| curve.label.as_str()))) > 1
            && n(distinct(self.curves.iter().map(|curve| curve.part.as_str()))) > 1
    }

    /// A look for each curve; or, where there are several labels and parts, a colour for each label and a kind of line
    /// for each part: the legend then needs a line for each of them, not for each pair.
    fn lines(&self) -> Lines {
        let labels = distinct(self.curves.iter().map(|curve| curve.label.as_str()));
        let parts = distinct(self.curves.iter().map(|curve| curve.part.as_str()));
        if !self.is_grouped() {
            let looks: Vec<Look> = (0..self.curves.len()).map(Look::solid).collect();
            let labels = self.curves.iter().map(|curve| curve.with_auc(&curve.name()));
            return Lines { legend: looks.iter().copied().zip(labels).collect(), looks };
        }
        // The last part, the test events by custom, is drawn solid.
        let n_parts = parts.len();
        let look = |curve: &RocCurve| Look {
            colour: place(&labels, &curve.label),
            dashes: DASHES[(n_parts - 1 - place(&parts, &curve.part)) % DASHES.len()],
            is_thin: true,
            is_grey: false,
        };
        let looks: Vec<Look> = self.curves.iter().map(look).collect();
        let of_label = labels.iter().filter_map(|label| {
            let last = self.curves.iter().rfind(|curve| curve.label == *label)?;
            Some((Look { dashes: "", ..look(last) }, last.with_auc(label)))
        });
        let of_part = parts.iter().filter_map(|part| {
            let first = self.curves.iter().find(|curve| curve.part == *part)?;
            Some((Look { is_grey: true, ..look(first) }, Label::parse(part)))
        });
        Lines { legend: of_label.chain(of_part).collect(), looks }
    }
}

/// From the last part back.
const DASHES: [&str; 3] = ["", "7 4", "2 3"];

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

fn place(names: &[&str], name: &str) -> usize {
    names.iter().position(|known| *known == name).unwrap_or(0)
}

impl RocCurve {
    /// Label and part.
    pub(crate) fn name(&self) -> String {
        match (self.label.as_str(), self.part.as_str()) {
            (label, "") => label.to_owned(),
            ("", part) => part.to_owned(),
            (label, part) => format!("{label}, {part}"),
        }
    }

    pub(crate) fn with_auc(&self, name: &str) -> Label {
        let auc = self.auc.filter(|auc| auc.is_finite()).map(|auc| format!(" (AUC = {auc:.4})"));
        Label::parse(&(name.to_owned() + &auc.unwrap_or_default()))
    }

    /// The largest signal efficiency at no more than this background efficiency.
    fn signal_at(&self, background: f64) -> f64 {
        let points = self.false_positive_rate.iter().zip(&self.true_positive_rate);
        points.filter(|(x, y)| **x <= background && y.is_finite()).map(|(_, y)| *y).fold(0.0, f64::max)
    }
}
