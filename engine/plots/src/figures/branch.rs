//! The spectrum of one branch, with a box of its numbers.

use super::counts::count_range;
use crate::canvas::{Anchor, Canvas, Ink, Pen};
use crate::frame::{Frame, Range};
use crate::histogram::Histogram;
use crate::label::{Label, plain_text};
use crate::lines::steps;
use crate::style::{Figure, Style};
use crate::text::{number, number_label, sparkline, table};

/// What the specs know of a branch.
#[derive(Debug, Clone, PartialEq)]
pub struct BranchHistogram {
    /// Name of the branch, taken literally.
    pub branch: String,
    /// Its values in bins.
    pub histogram: Histogram,
    /// How many values were counted.
    pub n_values: u64,
    /// How many of them are NaN.
    pub n_nan: u64,
    /// Mean of the finite values.
    pub mean: Option<f64>,
    /// Standard deviation of the finite values.
    pub standard_deviation: Option<f64>,
    /// Whether the vertical axis is logarithmic.
    pub is_log: bool,
}

impl Figure for BranchHistogram {
    fn to_svg(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style.size(), &format!("Values of {}", self.branch));
        let (low, high) = self.histogram.range().unwrap_or((0.0, 1.0));
        let y = count_range(self.histogram.counts().iter().copied(), self.is_log, 0.0);
        let frame = Frame::new(style, Range::linear(low, high), y);
        let colour = style.palette.colour(0);
        let base = if self.is_log { frame.y.low } else { 0.0 };
        let outline = steps(&frame, &self.histogram, base);
        canvas.polygon(&outline, colour, 0.3);
        canvas.polyline(&outline, Pen::solid(colour, 2.0 * frame.scale));
        if self.histogram.total() == 0.0 {
            frame.note(&mut canvas, "no entries");
        }
        frame.draw(&mut canvas);
        frame.label_x(&mut canvas, &Label::styled(&self.branch, false, false));
        let width = self.histogram.equal_width().map_or_else(|| "bin".to_owned(), number_label);
        frame.label_y(&mut canvas, &Label::parse(&format!("Values / {width}")), |_| true);
        frame.label_experiment(&mut canvas, style);
        self.draw_box(&mut canvas, &frame);
        canvas.finish()
    }

    fn to_text(&self) -> String {
        let (low, high) = self.histogram.range().unwrap_or((0.0, 1.0));
        let rows: Vec<Vec<String>> =
            self.numbers().into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
        let line = sparkline(self.histogram.counts());
        format!("{}\n{} |{line}| {}\n{}", plain_text(&self.branch), number(low), number(high), table(&rows))
    }
}

impl BranchHistogram {
    fn numbers(&self) -> Vec<(&'static str, String)> {
        let or_dash = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
        let mut numbers = vec![
            ("Values", self.n_values.to_string()),
            ("Mean", or_dash(self.mean)),
            ("Std dev", or_dash(self.standard_deviation)),
            ("Underflow", number(self.histogram.underflow())),
            ("Overflow", number(self.histogram.overflow())),
        ];
        if self.n_nan > 0 {
            numbers.push(("NaN", self.n_nan.to_string()));
        }
        numbers
    }

    /// The box stands in the upper corner over the lower counts.
    fn draw_box(&self, canvas: &mut Canvas, frame: &Frame) {
        let counts = self.histogram.counts();
        let highest = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
        let third = counts.len().div_ceil(3).min(counts.len());
        let is_left = highest(&counts[..third]) < highest(&counts[counts.len() - third..]);
        let numbers = self.numbers();
        let unit = frame.scale;
        let widest = numbers.iter().map(|(_, value)| Label::parse(value).width()).fold(0.0, f64::max);
        let size = ((widest + 6.2) * 13.0 * unit, (numbers.len() as f64 * 18.0 + 12.0) * unit);
        let inset = 18.0 * unit;
        let left = if is_left { frame.left + inset } else { frame.right - inset - size.0 };
        let top = frame.top + inset;
        canvas.rect((left, top), size, "#fff", 0.85);
        canvas.outline((left, top), size, Pen::solid("#000", 0.8 * unit));
        for (at, (name, value)) in numbers.iter().enumerate() {
            let baseline = top + (at as f64 * 18.0 + 19.0) * unit;
            let ink = Ink::black(13.0 * unit, Anchor::Start);
            canvas.text((left + 8.0 * unit, baseline), &Label::styled(name, false, false), ink);
            let ink = Ink::black(13.0 * unit, Anchor::End);
            canvas.text((left + size.0 - 8.0 * unit, baseline), &Label::styled(value, false, false), ink);
        }
    }
}
