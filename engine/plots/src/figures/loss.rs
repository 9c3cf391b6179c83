//! Loss (or a metric) of training and validation, epoch by epoch.

use std::fmt::Write as _;

use serde_json::Value;

use crate::frame::Range;
use crate::label::{Label, plain_text};
use crate::legend::Corner;
use crate::lines::{CurveFigure, Look, Series, extent};
use crate::style::{Figure, Style};
use crate::text::{number, sparkline, table};

/// Curves over the epochs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LossCurves {
    /// Title of the vertical axis; empty for `Loss`.
    pub y_title: String,
    /// Numbers of the epochs and values; an epoch without a value is NaN and interrupts its curve.
    pub series: Vec<Series>,
    /// The epoch whose model was kept, marked on the last curve that has it.
    pub best_epoch: Option<u32>,
}

impl Figure for LossCurves {
    fn to_svg(&self, style: &Style) -> String {
        let x = extent(self.series.iter().flat_map(Series::points).map(|(x, _)| x)).unwrap_or((0.0, 1.0));
        let y = extent(self.series.iter().flat_map(Series::points).map(|(_, y)| y)).unwrap_or((0.0, 1.0));
        let span = y.1 - y.0;
        let headroom = 0.08 + 0.06 * self.series.len() as f64;
        let (looks, legend) = Look::of_each(&self.series);
        CurveFigure {
            title: self.title(),
            x_title: Label::parse("Epoch"),
            y_title: Label::parse(self.title()),
            x: Range { is_whole: true, ..Range::linear(x.0.min(x.1 - 1.0), x.1) },
            y: Range::linear(y.0 - 0.08 * span, y.1 + headroom * span),
            series: &self.series,
            looks,
            colours: &[],
            legend,
            guide: None,
            marks: self.best().into_iter().collect(),
            corner: Corner::TopRight,
        }
        .to_svg(style)
    }

    fn to_text(&self) -> String {
        let mut out = format!("{} by epoch\n", plain_text(self.title()));
        let mut rows = vec![["", "first", "last", "lowest"].map(str::to_owned).to_vec()];
        for series in &self.series {
            let values: Vec<f64> = series.points().map(|(_, y)| y).collect();
            let _ = writeln!(out, "|{}| {}", sparkline(&values), plain_text(&series.label));
            let lowest = values.iter().copied().fold(f64::NAN, f64::min);
            let or_nan = |value: Option<&f64>| number(value.copied().unwrap_or(f64::NAN));
            rows.push(vec![
                plain_text(&series.label),
                or_nan(values.first()),
                or_nan(values.last()),
                number(lowest),
            ]);
        }
        out + &table(&rows)
    }

    fn interactive(&self) -> Option<Value> {
        Some(self.to_vega_lite())
    }
}

impl LossCurves {
    pub(crate) fn title(&self) -> &str {
        if self.y_title.is_empty() { "Loss" } else { &self.y_title }
    }

    pub(crate) fn best(&self) -> Option<(f64, f64)> {
        let epoch = f64::from(self.best_epoch?);
        self.series.iter().rev().find_map(|series| series.points().find(|&(x, _)| x == epoch))
    }
}
