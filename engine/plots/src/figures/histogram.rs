//! Histograms of one or more samples: overlaid as outlines or stacked as fills, with data points, the hatched
//! uncertainty of the simulation, and a panel below with the ratio of data to simulation.

use std::fmt::Write as _;

use super::counts::count_range;
use crate::axis::{Axis, Tick};
use crate::canvas::{Canvas, Pen};
use crate::frame::{Frame, Range, bottom_margin, left_margin, top_margin};
use crate::histogram::Histogram;
use crate::label::{Label, plain_text};
use crate::legend::{self, Corner, Entry, Mark};
use crate::lines::{draw_band, draw_point, draw_points, extent, steps};
use crate::style::{Figure, Style};
use crate::text::{number, number_label, sparkline, table};

/// A histogram with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What the legend says.
    pub label: String,
    /// The counts.
    pub histogram: Histogram,
}

/// Histograms of one quantity.
///
/// Samples (and data) whose bin edges differ from those of the first sample cannot be stacked or divided; they are
/// overlaid as outlines, and the ratio panel says so.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistogramFigure {
    /// Title of the horizontal axis, with unit: `$m_{\mu\mu}$ [GeV]`.
    pub x_title: String,
    /// Title of the vertical axis; empty for `Events / width of a bin`.
    pub y_title: String,
    /// Simulated samples; of a stack, the first one lies at the bottom.
    pub samples: Vec<Sample>,
    /// Whether the samples are stacked as fills instead of overlaid as outlines.
    pub is_stacked: bool,
    /// Data, drawn as black points.
    pub data: Option<Sample>,
    /// Whether a panel shows data divided by the sum of the samples.
    pub has_ratio: bool,
    /// Whether the vertical axis is logarithmic.
    pub is_log: bool,
}

impl Figure for HistogramFigure {
    fn to_svg(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style.size(), &format!("Histogram of {}", plain_text(&self.x_title)));
        let total = self.total();
        let entries = self.entries(style, total.is_some());
        let (main, ratio) = self.frames(style, total.as_ref(), entries.len());
        self.draw_samples(&mut canvas, &main, style, total.as_ref());
        if let Some(data) = &self.data {
            draw_points(&mut canvas, &main, &data.histogram, "#000");
        }
        if self.all().all(|sample| sample.histogram.total() == 0.0) {
            main.note(&mut canvas, "no entries");
        }
        main.draw(&mut canvas);
        main.label_experiment(&mut canvas, style);
        let x_title = Label::parse(&self.x_title);
        let is_upper = ratio.is_some();
        // Above a ratio panel the lowest label would touch the panel's highest.
        let keeps = |tick: &Tick| !is_upper || main.py(tick.value) < main.bottom - 8.0 * main.scale;
        main.label_y(&mut canvas, &Label::parse(&self.vertical_title()), keeps);
        match ratio {
            None => main.label_x(&mut canvas, &x_title),
            Some(frame) => {
                self.draw_ratio(&mut canvas, &frame, total.as_ref());
                frame.draw(&mut canvas);
                frame.label_x(&mut canvas, &x_title);
                let inside = |tick: &Tick| (0.06..=0.94).contains(&frame.y.place(tick.value));
                frame.label_y(&mut canvas, &Label::parse("Data / MC"), inside);
            }
        }
        legend::draw(&mut canvas, &main, &entries, Corner::TopRight);
        canvas.finish()
    }

    fn to_text(&self) -> String {
        let mut out = format!("{}\n", plain_text(&self.x_title));
        let mut rows = vec![["", "entries", "underflow", "overflow"].map(str::to_owned).to_vec()];
        for sample in self.all() {
            let Sample { label, histogram } = sample;
            let _ = writeln!(out, "{} |{}|", plain_text(label), sparkline(histogram.counts()));
            let numbers = [histogram.total(), histogram.underflow(), histogram.overflow()].map(number);
            rows.push([vec![plain_text(label)], numbers.to_vec()].concat());
        }
        if let Some((low, high)) =
            extent(self.all().flat_map(|sample| sample.histogram.edges().iter().copied()))
        {
            let _ = writeln!(out, "from {} to {}", number(low), number(high));
        }
        out + &table(&rows)
    }
}

/// A point of the ratio panel, and the ends of its error bar.
type Quotient = ((f64, f64), (f64, f64));

impl HistogramFigure {
    fn all(&self) -> impl Iterator<Item = &Sample> + Clone {
        self.samples.iter().chain(&self.data)
    }

    /// The sum of the samples that share the bins of the first one.
    fn total(&self) -> Option<Histogram> {
        let (first, others) = self.samples.split_first()?;
        let same = others.iter().filter(|sample| sample.histogram.edges() == first.histogram.edges());
        Some(same.fold(first.histogram.clone(), |total, sample| total.plus(&sample.histogram)))
    }

    fn is_in_stack(&self, sample: &Sample) -> bool {
        let first = self.samples.first();
        self.is_stacked && first.is_some_and(|first| first.histogram.edges() == sample.histogram.edges())
    }

    fn vertical_title(&self) -> String {
        if !self.y_title.is_empty() {
            return self.y_title.clone();
        }
        let width = self.all().next().and_then(|sample| sample.histogram.equal_width());
        let unit =
            self.x_title.rsplit_once('[').and_then(|(_, unit)| unit.split_once(']')).map(|(unit, _)| unit);
        match (width, unit) {
            (Some(width), Some(unit)) => format!("Events / {} {unit}", number_label(width)),
            (Some(width), None) => format!("Events / {}", number_label(width)),
            (None, _) => "Events / bin".to_owned(),
        }
    }

    fn entries(&self, style: &Style, has_total: bool) -> Vec<Entry> {
        let mut entries = Vec::new();
        if let Some(data) = &self.data {
            entries.push(Entry::new(Mark::Point("#000"), &data.label));
        }
        let sample = |(at, sample): (usize, &Sample)| {
            let colour = style.palette.colour(at);
            let mark = if self.is_in_stack(sample) { Mark::Filled(colour) } else { Mark::Line(colour) };
            Entry::new(mark, &sample.label)
        };
        // The topmost of the stack comes first, as the eye meets it.
        let samples = self.samples.iter().enumerate().map(sample);
        if self.is_stacked {
            entries.extend(samples.rev());
        } else {
            entries.extend(samples);
        }
        if self.is_stacked && has_total {
            entries.push(Entry::new(Mark::Hatched, "Stat. uncertainty"));
        }
        entries
    }

    fn frames(&self, style: &Style, total: Option<&Histogram>, n_entries: usize) -> (Frame, Option<Frame>) {
        let (scale, height) = (style.scale(), style.size().1);
        let (top, bottom) = (top_margin(style), height - bottom_margin(scale));
        let edges = self.all().flat_map(|sample| sample.histogram.edges().iter().copied());
        let (low, high) = extent(edges).unwrap_or((0.0, 1.0));
        let x = Range::linear(low, high);
        let middle = if self.has_ratio { top + (bottom - top) * 0.72 } else { bottom };
        let legend_share = legend::height(n_entries, scale) / (middle - top).max(1.0);
        let y = count_range(self.heights(total).into_iter(), self.is_log, legend_share.min(0.5));
        let n_ticks = ((middle - top) / (52.0 * scale)).clamp(2.0, 10.0) as usize;
        let y = y.axis(n_ticks);
        if !self.has_ratio {
            return (Frame::between(style, x, y, (top, bottom), 0.0), None);
        }
        let ratio = self.ratio_axis(total);
        let left = left_margin(&y, scale).max(left_margin(&ratio, scale));
        let main = Frame::between(style, x, y, (top, middle), left);
        let gap = 6.0 * scale;
        (main, Some(Frame::between(style, x, ratio, (middle + gap, bottom), left)))
    }

    /// All values that the vertical axis must hold.
    fn heights(&self, total: Option<&Histogram>) -> Vec<f64> {
        let mut heights = Vec::new();
        for sample in &self.samples {
            heights.extend_from_slice(sample.histogram.counts());
        }
        if let Some(total) = total.filter(|_| self.is_stacked) {
            heights.extend(total.counts().iter().zip(total.sum_w2()).map(|(count, w2)| count + w2.sqrt()));
        }
        if let Some(Sample { histogram, .. }) = &self.data {
            let filled = (0..histogram.n_bins()).filter(|&bin| histogram.counts()[bin] != 0.0);
            heights.extend(filled.flat_map(|bin| [histogram.counts()[bin], histogram.error_interval(bin).1]));
        }
        heights
    }

    fn draw_samples(&self, canvas: &mut Canvas, frame: &Frame, style: &Style, total: Option<&Histogram>) {
        let base = if frame.y.is_log { frame.y.low } else { 0.0 };
        let mut stack = total.filter(|_| self.is_stacked).cloned();
        // From the top of the stack down, each fill covers the lower part of the one before.
        for (at, sample) in self.samples.iter().enumerate().rev() {
            let colour = style.palette.colour(at);
            match &mut stack {
                Some(sum) if self.is_in_stack(sample) => {
                    let outline = steps(frame, sum, base);
                    canvas.polygon(&outline, colour, 1.0);
                    canvas.polyline(&outline, Pen::solid("#000", 0.7 * frame.scale));
                    *sum = stack_below(&self.samples[..at], sample.histogram.edges());
                }
                _ => canvas
                    .polyline(&steps(frame, &sample.histogram, base), Pen::solid(colour, 2.0 * frame.scale)),
            }
        }
        if let Some(total) = total.filter(|_| self.is_stacked) {
            let band: Vec<_> = total
                .counts()
                .iter()
                .zip(total.sum_w2())
                .map(|(count, variance)| (count - variance.sqrt(), count + variance.sqrt()))
                .collect();
            draw_band(canvas, frame, total.edges(), &band);
        }
    }

    /// Data divided by simulation, bin by bin: place, quotient, and ends of its error bar.
    fn quotients(&self, total: Option<&Histogram>) -> Vec<Quotient> {
        let (Some(data), Some(total)) = (&self.data, total) else { return Vec::new() };
        let data = &data.histogram;
        if data.edges() != total.edges() {
            return Vec::new();
        }
        let divided = (0..data.n_bins()).filter_map(|bin| {
            let (count, below) = (data.counts()[bin], total.counts()[bin]);
            let (low, high) = data.error_interval(bin);
            let is_there = below > 0.0 && (count != 0.0 || data.sum_w2()[bin] != 0.0);
            let quotient = (count / below, low / below, high / below);
            let is_finite = [quotient.0, quotient.1, quotient.2].iter().all(|value| value.is_finite());
            (is_there && is_finite).then_some(((data.centre(bin), quotient.0), (quotient.1, quotient.2)))
        });
        divided.collect()
    }

    fn ratio_axis(&self, total: Option<&Histogram>) -> Axis {
        let farthest = |quotients: &[Quotient]| {
            // The nearest nine tenths of the points choose the range, the rest may lie outside: one in ten.
            let mut reach: Vec<f64> =
                quotients.iter().map(|((_, quotient), _)| (quotient - 1.0).abs()).collect();
            reach.sort_by(f64::total_cmp);
            reach.get((reach.len() * 9).div_ceil(10).saturating_sub(1)).copied().unwrap_or(0.0)
        };
        match farthest(&self.quotients(total)) {
            reach if reach < 0.18 => Axis::linear(0.75, 1.25, 3),
            reach if reach < 0.55 => Axis::linear(0.35, 1.65, 3),
            _ => Axis::linear(0.0, 2.0, 4),
        }
    }

    fn draw_ratio(&self, canvas: &mut Canvas, frame: &Frame, total: Option<&Histogram>) {
        if let Some(total) = total {
            let relative = total.counts().iter().zip(total.sum_w2()).map(|(&count, &variance)| {
                let error = if count > 0.0 { variance.sqrt() / count } else { 0.0 };
                (1.0 - error, 1.0 + error)
            });
            draw_band(canvas, frame, total.edges(), &relative.collect::<Vec<_>>());
        }
        let one = frame.py(1.0);
        let pen = Pen { colour: "#717581", width: 1.2 * frame.scale, dashes: "6 5" };
        canvas.line((frame.left, one), (frame.right, one), pen);
        let quotients = self.quotients(total);
        for &(at, error) in &quotients {
            draw_point(canvas, frame, at, error, Pen::solid("#000", 1.4 * frame.scale));
            draw_arrow(canvas, frame, at);
        }
        if quotients.is_empty() {
            frame.note(canvas, "no ratio: it needs data and samples in the same bins");
        }
    }
}

/// Points out of a ratio that lies above or below its panel.
fn draw_arrow(canvas: &mut Canvas, frame: &Frame, (x, quotient): (f64, f64)) {
    if frame.y.contains(quotient) {
        return;
    }
    let (x, size) = (frame.px(x), 5.0 * frame.scale);
    let (tip, base) = if quotient > frame.y.high {
        (frame.top + 2.0 * frame.scale, size * 1.6)
    } else {
        (frame.bottom - 2.0 * frame.scale, -size * 1.6)
    };
    canvas.polygon(&[(x, tip), (x - size, tip + base), (x + size, tip + base)], "#000", 1.0);
}

/// The sum of the lower samples of a stack, zeros for none.
fn stack_below(samples: &[Sample], edges: &[f64]) -> Histogram {
    let zeros = vec![0.0; edges.len().saturating_sub(1)];
    let same = samples.iter().map(|sample| &sample.histogram).filter(|histogram| histogram.edges() == edges);
    same.cloned().reduce(|sum, next| sum.plus(&next)).unwrap_or_else(|| {
        // Edges of a histogram and as many zeros are a histogram.
        Histogram::unweighted(edges.to_vec(), zeros).unwrap_or_else(|_| samples[0].histogram.clone())
    })
}
