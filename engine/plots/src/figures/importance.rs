//! How important each input is, as bars with errors, the most important one on top.

use crate::axis::Axis;
use crate::canvas::{Anchor, Canvas, Ink, Pen};
use crate::frame::{Frame, Range, TICK_SIZE, fitting_size};
use crate::label::{Label, plain_text};
use crate::lines::extent;
use crate::style::{Figure, Style};
use crate::text::{number, table};

/// One input.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportanceBar {
    /// Name of the branch, taken literally.
    pub branch: String,
    /// Its importance.
    pub value: f64,
    /// Standard deviation of the importance; zero for none.
    pub error: f64,
}

/// Inputs in the order in which they are drawn, from the top.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportanceBars {
    /// Title of the horizontal axis; empty for `Permutation importance`.
    pub x_title: String,
    /// The inputs; those behind the first thirty are left out, and the picture says how many.
    pub bars: Vec<ImportanceBar>,
}

/// More bars than this cannot be read.
const MOST_BARS: usize = 30;

impl Figure for ImportanceBars {
    fn to_svg(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style.size(), &plain_text(self.title()));
        let bars = &self.bars[..self.bars.len().min(MOST_BARS)];
        let frame = Self::frame(style, bars);
        let height = (frame.bottom - frame.top) / bars.len().max(1) as f64;
        let zero = frame.px(0.0);
        for (at, bar) in bars.iter().enumerate() {
            let middle = frame.top + (at as f64 + 0.5) * height;
            Self::draw_bar(&mut canvas, &frame, bar, (zero, middle), height, style.palette.colour(0));
        }
        if bars.is_empty() {
            frame.note(&mut canvas, "no inputs");
        }
        let left_out = self.bars.len() - bars.len();
        if left_out > 0 {
            let note = Label::parse(&format!("and {left_out} more"));
            let at = (frame.right - 12.0 * frame.scale, frame.bottom - 14.0 * frame.scale);
            canvas.text(at, &note, Ink::black(13.0 * frame.scale, Anchor::End));
        }
        canvas.line((zero, frame.top), (zero, frame.bottom), Pen::solid("#000", 0.9 * frame.scale));
        frame.draw(&mut canvas);
        frame.label_x(&mut canvas, &Label::parse(self.title()));
        frame.label_experiment(&mut canvas, style);
        canvas.finish()
    }

    fn to_text(&self) -> String {
        let largest = self.bars.iter().map(|bar| bar.value).filter(|v| v.is_finite()).fold(0.0, f64::max);
        let mut rows = vec![["", "importance", "std", ""].map(str::to_owned).to_vec()];
        for bar in &self.bars {
            let share = if largest > 0.0 && bar.value > 0.0 { (bar.value / largest).min(1.0) } else { 0.0 };
            let blocks = format!("{:<30}", "█".repeat((share * 30.0).round() as usize));
            rows.push(vec![plain_text(&bar.branch), number(bar.value), number(bar.error), blocks]);
        }
        format!("{}\n{}", plain_text(self.title()), table(&rows))
    }
}

impl ImportanceBars {
    fn title(&self) -> &str {
        if self.x_title.is_empty() { "Permutation importance" } else { &self.x_title }
    }

    /// A frame with room for the names, and no ticks on its left and right sides.
    fn frame(style: &Style, bars: &[ImportanceBar]) -> Frame {
        let (scale, size) = (style.scale(), style.size());
        let ends =
            bars.iter().flat_map(|bar| [bar.value - bar.error.abs(), bar.value + bar.error.abs(), bar.value]);
        let (low, high) = extent(ends).unwrap_or((0.0, 1.0));
        let (low, high) = (low.min(0.0), high.max(0.0));
        let reach = (high - low) * 0.05;
        let x = Range::linear(if low < 0.0 { low - reach } else { 0.0 }, high + reach);
        let name = |bar: &ImportanceBar| Label::styled(&bar.branch, false, false).width();
        let widest = bars.iter().map(name).fold(0.0, f64::max) * TICK_SIZE * scale;
        let left = widest.min(size.0 * 0.4) + 16.0 * scale;
        let y = Axis { major: Vec::new(), minor: Vec::new(), exponent: 0, ..Axis::linear(0.0, 1.0, 2) };
        let (top, bottom) = (crate::frame::top_margin(style), size.1 - crate::frame::bottom_margin(scale));
        let mut frame = Frame::between(style, x, y, (top, bottom), 0.0);
        frame.left = left;
        frame
    }

    fn draw_bar(
        canvas: &mut Canvas,
        frame: &Frame,
        bar: &ImportanceBar,
        (zero, middle): (f64, f64),
        height: f64,
        colour: &str,
    ) {
        let name = Label::styled(&bar.branch, false, false);
        let wanted = (TICK_SIZE * frame.scale).min(height * 0.85);
        let size = fitting_size(&name, wanted, frame.left - 12.0 * frame.scale);
        let at = (frame.left - 7.0 * frame.scale, middle + 0.35 * size);
        canvas.text(at, &name, Ink::black(size, Anchor::End));
        if !bar.value.is_finite() {
            return;
        }
        let end = frame.px(bar.value);
        let corner = (zero.min(end), middle - 0.35 * height);
        canvas.rect(corner, ((end - zero).abs(), 0.7 * height), colour, 0.85);
        if bar.error.is_finite() && bar.error != 0.0 {
            let ends = [bar.value - bar.error.abs(), bar.value + bar.error.abs()].map(|x| frame.px(x));
            canvas.line((ends[0], middle), (ends[1], middle), Pen::solid("#000", 1.4 * frame.scale));
        }
    }
}
