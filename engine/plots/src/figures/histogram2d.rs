//! A histogram of two quantities: cells coloured by their counts, with a colour bar.

use std::fmt::Write as _;

use serde_json::Value;

use super::cells::colour_bar;
use crate::canvas::Canvas;
use crate::frame::{Frame, Range};
use crate::label::{Label, plain_text};
use crate::lines::extent;
use crate::palette::rising;
use crate::style::{Figure, Style};
use crate::text::{block_row, number};

/// Weighted counts in cells.
///
/// Cells without entries, of NaN, or without an edge on each side stay white. A picture of more than some 20,000 filled
/// cells is better shown as a bitmap.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram2d {
    /// Title of the horizontal axis, with unit.
    pub x_title: String,
    /// Title of the vertical axis, with unit.
    pub y_title: String,
    /// Title of the colour bar; empty for `Events`.
    pub z_title: String,
    /// Rising edges of the columns, one more than columns.
    pub x_edges: Vec<f64>,
    /// Rising edges of the rows, one more than rows.
    pub y_edges: Vec<f64>,
    /// Counts, row after row from the lowest y, as many in each row as there are columns.
    pub counts: Vec<f64>,
    /// Sum of the weights outside all cells; the text has it.
    pub n_outside: f64,
    /// Whether the colours follow the logarithm of the counts; cells that are not positive stay white then.
    pub is_log: bool,
}

/// A rectangle in the units of the axes and its count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FilledCell {
    pub(crate) x: (f64, f64),
    pub(crate) y: (f64, f64),
    pub(crate) count: f64,
}

impl Figure for Histogram2d {
    fn to_svg(&self, style: &Style) -> String {
        let title = format!("Histogram of {} and {}", plain_text(&self.x_title), plain_text(&self.y_title));
        let mut canvas = Canvas::new(style.size(), &title);
        let scale = style.scale();
        let colours = self.colour_range().axis(6);
        let (x, y) = (range_of(&self.x_edges), range_of(&self.y_edges));
        let mut frame = Frame::new(style, x, y);
        let bar_room = (colours.label_width() * 13.5 + 52.0) * scale;
        frame.right = (frame.right - bar_room).max(frame.left + 10.0);
        frame.x = x.horizontal_axis((frame.right - frame.left) / (crate::frame::TICK_SIZE * scale));
        let mut n_drawn = 0;
        for cell in self.joined(|count| rising(colours.place(count))) {
            let (left, top) = (frame.px(cell.x.0), frame.py(cell.y.1));
            let size = (frame.px(cell.x.1) - left, frame.py(cell.y.0) - top);
            canvas.cell((left, top), size, &rising(colours.place(cell.count)));
            n_drawn += 1;
        }
        if n_drawn == 0 {
            frame.note(&mut canvas, "no entries");
        }
        frame.draw(&mut canvas);
        frame.label_x(&mut canvas, &Label::parse(&self.x_title));
        frame.label_y(&mut canvas, &Label::parse(&self.y_title), |_| true);
        frame.label_experiment(&mut canvas, style);
        let bar = ((frame.right + 12.0 * scale, frame.top), (16.0 * scale, frame.bottom - frame.top));
        colour_bar(&mut canvas, bar, &colours, &Label::parse(self.z_title()), scale, rising);
        canvas.finish()
    }

    fn to_text(&self) -> String {
        const MOST_ROWS: usize = 32;
        let range = |edges: &[f64]| {
            let Range { low, high, .. } = range_of(edges);
            format!("{} to {}", number(low), number(high))
        };
        let largest = self.filled().map(|cell| cell.count).fold(0.0, f64::max);
        let sum: f64 = self.filled().map(|cell| cell.count).sum();
        let mut out = format!(
            "x: {} from {}\ny: {} from {} (bottom up)\n",
            plain_text(&self.x_title),
            range(&self.x_edges),
            plain_text(&self.y_title),
            range(&self.y_edges),
        );
        let n_columns = self.n_columns();
        let rows: Vec<&[f64]> = self.counts.chunks(n_columns.max(1)).take(self.n_rows()).collect();
        for group in rows.chunks(rows.len().div_ceil(MOST_ROWS).max(1)).rev() {
            let highest =
                |column| group.iter().filter_map(|row: &&[f64]| row.get(column)).copied().fold(0.0, f64::max);
            let line: Vec<f64> = (0..n_columns).map(highest).collect();
            let _ = writeln!(out, "|{}|", block_row(&line, largest));
        }
        let [sum, largest, outside] = [sum, largest, self.n_outside].map(number);
        let _ = writeln!(out, "sum {sum}, largest cell {largest}, outside {outside}");
        out
    }

    fn interactive(&self) -> Option<Value> {
        Some(self.to_vega_lite())
    }
}

impl Histogram2d {
    pub(crate) fn z_title(&self) -> &str {
        if self.z_title.is_empty() { "Events" } else { &self.z_title }
    }

    fn n_columns(&self) -> usize {
        self.x_edges.len().saturating_sub(1)
    }

    fn n_rows(&self) -> usize {
        self.y_edges.len().saturating_sub(1)
    }

    /// The cells that have a colour, row after row.
    pub(crate) fn filled(&self) -> impl Iterator<Item = FilledCell> + '_ {
        let n_columns = self.n_columns();
        let cell = move |(at, &count): (usize, &f64)| {
            let (row, column) = (at / n_columns, at % n_columns);
            let pair = |edges: &[f64], at: usize| (edges[at], edges[at + 1]);
            FilledCell { x: pair(&self.x_edges, column), y: pair(&self.y_edges, row), count }
        };
        let is_filled = |cell: &FilledCell| {
            let is_rising = |(low, high): (f64, f64)| low.is_finite() && high.is_finite() && low < high;
            let is_shown = if self.is_log { cell.count > 0.0 } else { cell.count != 0.0 };
            is_shown && cell.count.is_finite() && is_rising(cell.x) && is_rising(cell.y)
        };
        self.counts.iter().take(n_columns * self.n_rows()).enumerate().map(cell).filter(is_filled)
    }

    /// The filled cells, neighbours in a row that look alike joined.
    fn joined(&self, colour: impl Fn(f64) -> String) -> Vec<FilledCell> {
        let mut joined: Vec<FilledCell> = Vec::new();
        for cell in self.filled() {
            match joined.last_mut() {
                Some(last)
                    if last.y == cell.y
                        && last.x.1 == cell.x.0
                        && colour(last.count) == colour(cell.count) =>
                {
                    last.x.1 = cell.x.1;
                }
                _ => joined.push(cell),
            }
        }
        joined
    }

    fn colour_range(&self) -> Range {
        let counts = extent(self.filled().map(|cell| cell.count));
        let (low, high) = counts.unwrap_or(if self.is_log { (0.1, 1.0) } else { (0.0, 1.0) });
        if self.is_log {
            Range::log(low.max(high * 1e-12), high)
        } else {
            Range::linear(low.min(0.0), high.max(0.0))
        }
    }
}

fn range_of(edges: &[f64]) -> Range {
    let (low, high) = extent(edges.iter().copied()).unwrap_or((0.0, 1.0));
    Range::linear(low, high)
}
