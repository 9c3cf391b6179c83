//! Significance against the cut on the score.

use std::fmt::Write as _;

use crate::frame::Range;
use crate::label::{Label, plain_text};
use crate::legend::Corner;
use crate::lines::{CurveFigure, Look, Series, extent};
use crate::style::{Figure, Style};
use crate::text::{number, sparkline, table};

/// One or more measures of significance for the cut `score >= threshold`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SignificanceCurve {
    /// Thresholds and significances; NaN where there is none.
    pub series: Vec<Series>,
    /// A point to be marked, as (threshold, significance): the best cut.
    pub best: Option<(f64, f64)>,
}

impl Figure for SignificanceCurve {
    fn to_svg(&self, style: &Style) -> String {
        let x = extent(self.series.iter().flat_map(Series::points).map(|(x, _)| x)).unwrap_or((0.0, 1.0));
        let highest =
            extent(self.series.iter().flat_map(Series::points).map(|(_, y)| y)).map_or(1.0, |y| y.1);
        let n_lines = self.series.len() + usize::from(self.best.is_some());
        let (looks, legend) = Look::of_each(&self.series);
        CurveFigure {
            title: "Significance against threshold",
            x_title: Label::parse("Threshold on the model response"),
            y_title: Label::parse("Significance"),
            x: Range::linear(x.0, x.1),
            y: Range::linear(0.0, if highest > 0.0 { highest * (1.1 + 0.07 * n_lines as f64) } else { 1.0 }),
            series: &self.series,
            looks,
            colours: &[],
            legend,
            guide: self.best.map(|(threshold, value)| ((threshold, 0.0), (threshold, value))),
            marks: self.best.into_iter().collect(),
            corner: Corner::TopRight,
        }
        .to_svg(style)
    }

    fn to_text(&self) -> String {
        let mut out = String::from("Significance against threshold\n");
        let mut rows = vec![["", "largest", "at threshold"].map(str::to_owned).to_vec()];
        for series in &self.series {
            let mut points: Vec<_> = series.points().collect();
            points.sort_by(|left, right| left.0.total_cmp(&right.0));
            let values: Vec<f64> = points.iter().map(|point| point.1).collect();
            let _ = writeln!(out, "|{}| {}", sparkline(&values), plain_text(&series.label));
            let best = points.into_iter().reduce(|best, point| if point.1 > best.1 { point } else { best });
            let (threshold, value) = best.unwrap_or((f64::NAN, f64::NAN));
            rows.push(vec![plain_text(&series.label), number(value), number(threshold)]);
        }
        out + &table(&rows)
    }
}
