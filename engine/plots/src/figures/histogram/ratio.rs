//! The panel below a histogram: data divided by simulation or, without data, each sample divided by the first one.

use super::HistogramFigure;
use crate::axis::{Axis, Tick};
use crate::canvas::{Canvas, Pen};
use crate::frame::Frame;
use crate::histogram::Histogram;
use crate::label::Label;
use crate::lines::{draw_band, draw_point};
use crate::style::Style;

/// All that the panel shows.
pub(crate) struct Ratio {
    pub(crate) title: String,
    pub(crate) edges: Vec<f64>,
    /// The relative uncertainty of what is divided by, around one, bin by bin.
    pub(crate) band: Vec<(f64, f64)>,
    pub(crate) lines: Vec<Line>,
    /// Why there is no line.
    note: &'static str,
}

/// The quotients of one numerator.
pub(crate) struct Line {
    pub(crate) colour: String,
    /// Points for data, steps for a sample.
    is_points: bool,
    pub(crate) quotients: Vec<Quotient>,
}

/// One bin of a numerator divided by the same bin of the denominator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quotient {
    pub(crate) bin: usize,
    pub(crate) value: f64,
    /// Ends of the error bar, of the numerator's error alone.
    pub(crate) error: (f64, f64),
}

impl HistogramFigure {
    pub(crate) fn ratio(&self, style: &Style, total: Option<&Histogram>) -> Ratio {
        let first = self.samples.first();
        let below = if self.data.is_some() { total } else { first.map(|sample| &sample.histogram) };
        let mut lines = Vec::new();
        let (title, note) = match (&self.data, first) {
            (Some(data), _) => {
                let quotients = below.map(|below| quotients(&data.histogram, below)).unwrap_or_default();
                lines.push(Line { colour: "#000".to_owned(), is_points: true, quotients });
                ("Data / MC".to_owned(), "no ratio: it needs data and samples in the same bins")
            }
            (None, first) => {
                for (at, sample) in self.samples.iter().enumerate().skip(1) {
                    let quotients =
                        below.map(|below| quotients(&sample.histogram, below)).unwrap_or_default();
                    let colour = self.colour(style, at).to_owned();
                    lines.push(Line { colour, is_points: false, quotients });
                }
                let name = first.map_or("first", |sample| &sample.label);
                (format!("Ratio to {name}"), "no ratio: it needs two samples in the same bins")
            }
        };
        lines.retain(|line| !line.quotients.is_empty());
        Ratio {
            title,
            edges: below.map_or_else(Vec::new, |below| below.edges().to_vec()),
            band: below.map_or_else(Vec::new, relative_band),
            lines,
            note,
        }
    }
}

/// One histogram divided by another, where the latter is positive and the former has entries.
pub(crate) fn quotients(above: &Histogram, below: &Histogram) -> Vec<Quotient> {
    if above.edges() != below.edges() {
        return Vec::new();
    }
    let divided = (0..above.n_bins()).filter_map(|bin| {
        let (count, divisor) = (above.counts()[bin], below.counts()[bin]);
        let (low, high) = above.error_interval(bin);
        let is_there = divisor > 0.0 && (count != 0.0 || above.sum_w2()[bin] != 0.0);
        let (value, error) = (count / divisor, (low / divisor, high / divisor));
        let is_finite = [value, error.0, error.1].iter().all(|value| value.is_finite());
        (is_there && is_finite).then_some(Quotient { bin, value, error })
    });
    divided.collect()
}

fn relative_band(below: &Histogram) -> Vec<(f64, f64)> {
    let relative = below.counts().iter().zip(below.sum_w2()).map(|(&count, &variance)| {
        let error = if count > 0.0 { variance.sqrt() / count } else { 0.0 };
        (1.0 - error, 1.0 + error)
    });
    relative.collect()
}

impl Ratio {
    /// The nearest nine tenths of the points choose the range; the rest may lie outside.
    pub(crate) fn axis(&self) -> Axis {
        let quotients = self.lines.iter().flat_map(|line| &line.quotients);
        let mut reach: Vec<f64> = quotients.map(|quotient| (quotient.value - 1.0).abs()).collect();
        reach.sort_by(f64::total_cmp);
        match reach.get((reach.len() * 9).div_ceil(10).saturating_sub(1)).copied().unwrap_or(0.0) {
            reach if reach < 0.18 => Axis::linear(0.75, 1.25, 3),
            reach if reach < 0.55 => Axis::linear(0.35, 1.65, 3),
            reach if reach < 1.2 => Axis::linear(0.0, 2.0, 4),
            reach => Axis::linear(0.0, (1.15 * (1.0 + reach)).min(10.0), 3),
        }
    }

    pub(crate) fn draw(&self, canvas: &mut Canvas, frame: &Frame) {
        draw_band(canvas, frame, &self.edges, &self.band);
        let one = frame.py(1.0);
        let pen = Pen { colour: "#717581", width: 1.2 * frame.scale, dashes: "6 5" };
        canvas.line((frame.left, one), (frame.right, one), pen);
        for line in &self.lines {
            line.draw(canvas, frame, &self.edges);
        }
        if self.lines.is_empty() {
            frame.note(canvas, self.note);
        }
        frame.draw(canvas);
        let inside = |tick: &Tick| (0.06..=0.94).contains(&frame.y.place(tick.value));
        frame.label_y(canvas, &self.title(frame), inside);
    }

    /// A name that would be too small to be read is left out.
    fn title(&self, frame: &Frame) -> Label {
        let title = Label::parse(&self.title);
        let is_short = title.width() * 11.0 * frame.scale < frame.bottom - frame.top;
        if is_short { title } else { Label::parse("Ratio to first") }
    }
}

impl Line {
    fn draw(&self, canvas: &mut Canvas, frame: &Frame, edges: &[f64]) {
        let pen = Pen::solid(&self.colour, 1.4 * frame.scale);
        let mut segments = Vec::new();
        for quotient in &self.quotients {
            let (left, right) = (edges[quotient.bin], edges[quotient.bin + 1]);
            let middle = f64::midpoint(left, right);
            if self.is_points {
                draw_point(canvas, frame, (middle, quotient.value), quotient.error, pen);
            } else if frame.y.contains(quotient.value) {
                let (y, x) = (frame.py(quotient.value), frame.px(middle));
                segments.push(((frame.px(left), y), (frame.px(right), y)));
                segments.push(((x, frame.py(quotient.error.0)), (x, frame.py(quotient.error.1))));
            }
            draw_arrow(canvas, frame, (middle, quotient.value), &self.colour);
        }
        canvas.segments(&segments, pen);
    }
}

/// Points out of a ratio that lies above or below its panel.
fn draw_arrow(canvas: &mut Canvas, frame: &Frame, (x, quotient): (f64, f64), colour: &str) {
    if frame.y.contains(quotient) || !frame.x.contains(x) {
        return;
    }
    let (x, size) = (frame.px(x), 5.0 * frame.scale);
    let (tip, base) = if quotient > frame.y.high {
        (frame.top + 2.0 * frame.scale, size * 1.6)
    } else {
        (frame.bottom - 2.0 * frame.scale, -size * 1.6)
    };
    canvas.polygon(&[(x, tip), (x - size, tip + base), (x + size, tip + base)], colour, 1.0);
}
