//! Histograms of one or more samples: overlaid as outlines or stacked as fills, with data points, the hatched
//! uncertainty of the simulation, and a panel below with the ratio of data to simulation (or of each sample to the
//! first one).

mod json;
pub(crate) mod ratio;
mod shown;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::ratio::Ratio;
use self::shown::stack_below;
use super::counts::count_range;
use crate::axis::Tick;
use crate::canvas::{Canvas, Pen};
use crate::frame::{Frame, Range, bottom_margin, left_margin, top_margin};
use crate::histogram::Histogram;
use crate::label::{Label, plain_text};
use crate::legend::{self, Corner, Entry, Mark};
use crate::lines::{draw_band, draw_points, extent, steps};
use crate::palette::is_colour;
use crate::style::{Figure, Style};
use crate::text::{number, number_label, sparkline, table};

pub use self::json::HistogramJsonError;

/// A histogram with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What the legend says.
    pub label: String,
    /// The counts.
    pub histogram: Histogram,
}

/// What becomes of underflow and overflow, the bins that a range cuts off included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideBins {
    /// They are left out of the picture; the text has them.
    #[default]
    LeftOut,
    /// They are added to the first and the last bin, and the legend says so.
    Folded,
    /// The legend says how much they are.
    Written,
}

/// Histograms of one quantity.
///
/// Samples (and data) whose bin edges differ from those of the first sample cannot be stacked or divided; they are
/// overlaid as outlines, and the ratio panel says so.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
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
    /// Whether a panel shows data divided by the sum of the samples or, without data, each sample divided by the first
    /// one.
    pub has_ratio: bool,
    /// Whether the vertical axis is logarithmic.
    pub is_log: bool,
    /// Whether every sample, the stack as a whole, and the data are scaled to unit area.
    pub is_normalised: bool,
    /// The ends of the horizontal axis; the ends of the bins where there are none or they are no range.
    pub x_range: Option<(f64, f64)>,
    /// What becomes of underflow and overflow.
    pub outside: OutsideBins,
    /// Colours by the label of a sample, `#rrggbb` or a name; the other samples (and what is no colour) take theirs from
    /// the palette.
    pub colours: BTreeMap<String, String>,
}

impl Figure for HistogramFigure {
    fn to_svg(&self, style: &Style) -> String {
        self.shown().draw(style)
    }

    fn interactive(&self) -> Option<Value> {
        Some(self.to_vega_lite())
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

impl HistogramFigure {
    fn all(&self) -> impl Iterator<Item = &Sample> + Clone {
        self.samples.iter().chain(&self.data)
    }

    pub(crate) fn colour<'a>(&'a self, style: &Style, at: usize) -> &'a str {
        let chosen = self.samples.get(at).and_then(|sample| self.colours.get(&sample.label));
        let palette = || style.palette.holding(self.samples.len()).colour(at);
        chosen.filter(|colour| is_colour(colour)).map_or_else(palette, String::as_str)
    }

    /// Draws a figure whose histograms are as they are to be shown.
    fn draw(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style.size(), &format!("Histogram of {}", plain_text(&self.x_title)));
        let total = self.total();
        let entries = self.entries(style, total.is_some());
        let ratio = self.has_ratio.then(|| self.ratio(style, total.as_ref()));
        let (main, below) = self.frames(style, total.as_ref(), ratio.as_ref(), &entries);
        self.draw_samples(&mut canvas, &main, style, total.as_ref());
        if let Some(data) = &self.data {
            draw_points(&mut canvas, &main, &data.histogram, "#000");
        }
        if self.all().all(|sample| sample.histogram.counts().iter().all(|&count| count == 0.0)) {
            main.note(&mut canvas, "no entries");
        }
        main.draw(&mut canvas);
        main.label_experiment(&mut canvas, style);
        let x_title = Label::parse(&self.x_title);
        let is_upper = below.is_some();
        // Above a ratio panel the lowest label would touch the panel's highest.
        let keeps = |tick: &Tick| !is_upper || main.py(tick.value) < main.bottom - 8.0 * main.scale;
        main.label_y(&mut canvas, &Label::parse(&self.vertical_title()), keeps);
        match (below, ratio) {
            (Some(frame), Some(ratio)) => {
                ratio.draw(&mut canvas, &frame);
                frame.label_x(&mut canvas, &x_title);
            }
            _ => main.label_x(&mut canvas, &x_title),
        }
        legend::draw(&mut canvas, &main, &entries, Corner::TopRight);
        canvas.finish()
    }

    pub(crate) fn vertical_title(&self) -> String {
        if !self.y_title.is_empty() {
            return self.y_title.clone();
        }
        // Brackets at the end and after a space hold a unit; those of an expression, `Jet_pt[0]`, do not.
        let unit = self.x_title.trim_end().strip_suffix(']').and_then(|title| title.rsplit_once(" ["));
        let unit = unit.map(|(_, unit)| unit);
        if self.is_normalised {
            let unit = unit.map(|unit| format!(" [1/{unit}]")).unwrap_or_default();
            return format!("$(1/N)\\,\\mathrm{{d}}N/\\mathrm{{d}}x${unit}");
        }
        let width = self.all().next().and_then(|sample| sample.histogram.equal_width());
        match (width, unit) {
            (Some(width), Some(unit)) => format!("Events / {} {unit}", number_label(width)),
            (Some(width), None) => format!("Events / {}", number_label(width)),
            (None, _) => "Events / bin".to_owned(),
        }
    }

    fn entries(&self, style: &Style, has_total: bool) -> Vec<Entry<'_>> {
        let mut entries = Vec::new();
        if let Some(data) = &self.data {
            entries.push((Mark::Point("#000"), data));
        }
        let sample = |(at, sample): (usize, _)| {
            let colour = self.colour(style, at);
            (if self.is_in_stack(sample) { Mark::Filled(colour) } else { Mark::Line(colour) }, sample)
        };
        // The topmost of the stack comes first, as the eye meets it.
        let samples = self.samples.iter().enumerate().map(sample);
        if self.is_stacked {
            entries.extend(samples.rev());
        } else {
            entries.extend(samples);
        }
        // More notes than these would hide the picture.
        let has_notes = self.outside == OutsideBins::Written && entries.len() <= 4;
        let mut lines = Vec::new();
        for (mark, sample) in entries {
            lines.push(Entry::new(mark, &sample.label));
            if has_notes {
                lines.push(outside_note("", std::iter::once(sample)));
            }
        }
        if self.is_stacked && has_total {
            lines.push(Entry::new(Mark::Hatched, "Stat. uncertainty"));
        }
        match self.outside {
            OutsideBins::Folded => lines.push(Entry::new(Mark::Blank, "with under- and overflow")),
            OutsideBins::Written if !has_notes => lines.push(outside_note("all: ", self.all())),
            _ => {}
        }
        lines
    }

    fn frames(
        &self,
        style: &Style,
        total: Option<&Histogram>,
        ratio: Option<&Ratio>,
        entries: &[Entry<'_>],
    ) -> (Frame, Option<Frame>) {
        let (scale, height) = (style.scale(), style.size().1);
        let (top, bottom) = (top_margin(style), height - bottom_margin(scale));
        let (low, high) = self.horizontal_range();
        let x = Range::linear(low, high);
        let middle = if ratio.is_some() { top + (bottom - top) * 0.72 } else { bottom };
        let n_lines = legend::n_lines(entries, style.size().0 - 130.0 * scale, scale);
        let legend_share = legend::height(n_lines, scale) / (middle - top).max(1.0);
        let n_ticks = ((middle - top) / (52.0 * scale)).clamp(2.0, 10.0) as usize;
        let y = self.vertical_range(total, legend_share.min(0.5)).axis(n_ticks);
        let Some(ratio) = ratio else {
            return (Frame::between(style, x, y, (top, bottom), 0.0), None);
        };
        let ratio = ratio.axis();
        let left = left_margin(&y, scale).max(left_margin(&ratio, scale));
        let main = Frame::between(style, x, y, (top, middle), left);
        let gap = 6.0 * scale;
        (main, Some(Frame::between(style, x, ratio, (middle + gap, bottom), left)))
    }

    pub(crate) fn horizontal_range(&self) -> (f64, f64) {
        let edges = self.all().flat_map(|sample| sample.histogram.edges().iter().copied());
        self.chosen_range().or_else(|| extent(edges)).unwrap_or((0.0, 1.0))
    }

    pub(crate) fn vertical_range(&self, total: Option<&Histogram>, legend_share: f64) -> Range {
        count_range(self.heights(total).into_iter(), self.is_log, legend_share)
    }

    /// All values that the vertical axis must hold.
    fn heights(&self, total: Option<&Histogram>) -> Vec<f64> {
        let mut heights = Vec::new();
        for (at, sample) in self.samples.iter().enumerate() {
            match &sample.histogram {
                histogram if self.is_in_stack(sample) => {
                    heights.extend(stack_below(&self.samples[..=at], histogram.edges()).counts());
                }
                histogram => heights.extend(histogram.counts()),
            }
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
            let colour = self.colour(style, at);
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
}

fn outside_note<'a>(whose: &str, samples: impl Iterator<Item = &'a Sample> + Clone) -> Entry<'static> {
    let below: f64 = samples.clone().map(|sample| sample.histogram.underflow()).sum();
    let above: f64 = samples.map(|sample| sample.histogram.overflow()).sum();
    let text = format!("{whose}under {}, over {}", number_label(below), number_label(above));
    Entry::new(Mark::Blank, &text)
}
