//! An image in pseudorapidity and azimuth: the energy (or number) of jets in each cell.

use std::fmt::Write as _;

use super::cells::colour_bar;
use crate::canvas::Canvas;
use crate::frame::{Frame, Range};
use crate::label::Label;
use crate::lines::extent;
use crate::palette::rising;
use crate::style::{Figure, Style};
use crate::text::{block_row, number};

/// A grid of cells. Above some 20,000 filled cells a bitmap would be smaller than the SVG.
#[derive(Debug, Clone, PartialEq)]
pub struct JetImage {
    /// Range of η, left and right end.
    pub eta: (f64, f64),
    /// Range of φ, lower and upper end.
    pub phi: (f64, f64),
    /// Number of columns (cells in η).
    pub n_eta: usize,
    /// Values, row after row from the lowest φ, `n_eta` in each; a last row that is not full is filled with zeros.
    /// Zero, negative and non-finite cells stay white.
    pub values: Vec<f64>,
    /// Title of the colour bar, with unit; empty for `Sum of $p_T$`.
    pub z_title: String,
    /// Whether the colours follow the logarithm of the values.
    pub is_log: bool,
}

impl Figure for JetImage {
    fn to_svg(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style.size(), "Image of eta and phi");
        let scale = style.scale();
        let colours = self.colour_range().axis(6);
        let mut frame =
            Frame::new(style, Range::linear(self.eta.0, self.eta.1), Range::linear(self.phi.0, self.phi.1));
        let bar_room = (colours.label_width() * 13.5 + 52.0) * scale;
        frame.right = (frame.right - bar_room).max(frame.left + 10.0);
        for (row, cells) in self.values.chunks(self.n_eta.max(1)).enumerate() {
            for (column, &value) in
                cells.iter().enumerate().filter(|(_, value)| **value > 0.0 && value.is_finite())
            {
                self.draw_cell(&mut canvas, &frame, (row, column), &rising(colours.place(value)));
            }
        }
        if self.filled().next().is_none() {
            frame.note(&mut canvas, "no entries");
        }
        frame.draw(&mut canvas);
        frame.label_x(&mut canvas, &Label::parse(r"$\eta$"));
        frame.label_y(&mut canvas, &Label::parse(r"$\phi$"), |_| true);
        frame.label_experiment(&mut canvas, style);
        let bar = ((frame.right + 12.0 * scale, frame.top), (16.0 * scale, frame.bottom - frame.top));
        let title = if self.z_title.is_empty() { "Sum of $p_T$" } else { &self.z_title };
        colour_bar(&mut canvas, bar, &colours, &Label::parse(title), scale, rising);
        canvas.finish()
    }

    fn to_text(&self) -> String {
        let mut out = format!(
            "eta {} to {}, phi {} (bottom) to {} (top), largest {}\n",
            number(self.eta.0),
            number(self.eta.1),
            number(self.phi.0),
            number(self.phi.1),
            number(self.filled().fold(0.0, f64::max)),
        );
        let largest = self.filled().fold(0.0, f64::max);
        for row in self.values.chunks(self.n_eta.max(1)).rev() {
            let _ = writeln!(out, "|{}|", block_row(row, largest));
        }
        out
    }
}

impl JetImage {
    fn filled(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().copied().filter(|value| *value > 0.0 && value.is_finite())
    }

    fn colour_range(&self) -> Range {
        let (low, high) = extent(self.filled()).unwrap_or((0.1, 1.0));
        if self.is_log { Range::log(low.max(high * 1e-8), high) } else { Range::linear(0.0, high) }
    }

    fn draw_cell(&self, canvas: &mut Canvas, frame: &Frame, (row, column): (usize, usize), colour: &str) {
        let n_rows = self.values.len().div_ceil(self.n_eta.max(1)).max(1) as f64;
        let (width, height) = (frame.right - frame.left, frame.bottom - frame.top);
        let left = frame.left + width * column as f64 / self.n_eta.max(1) as f64;
        let top = frame.bottom - height * (row + 1) as f64 / n_rows;
        let size = (width / self.n_eta.max(1) as f64, height / n_rows);
        canvas.cell((left, top), size, colour);
    }
}
