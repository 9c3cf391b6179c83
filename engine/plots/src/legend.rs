//! Legends: a sample of each mark with its label.

use crate::canvas::{Anchor, Canvas, Ink, Pen};
use crate::frame::Frame;
use crate::label::Label;

/// What stands before a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mark<'a> {
    Line(&'a str),
    /// Colour and dashes.
    Dashed(&'a str, &'a str),
    Filled(&'a str),
    /// Fill and outline in one colour.
    Shaded(&'a str),
    Hatched,
    Point(&'a str),
    /// No mark: the text says more about the entry before.
    Blank,
}

pub(crate) struct Entry<'a> {
    pub(crate) mark: Mark<'a>,
    pub(crate) label: Label,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(mark: Mark<'a>, label: &str) -> Self {
        Self { mark, label: Label::parse(label) }
    }
}

/// Where in the frame the legend stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Corner {
    TopRight,
    BottomRight,
}

const SIZE: f64 = 14.5;
const LINE: f64 = 21.0;

/// Height that the lines of a legend take from the frame, in pixels.
pub(crate) fn height(n_lines: usize, scale: f64) -> f64 {
    (n_lines as f64 * LINE + 18.0) * scale
}

/// How many lines a legend has in a frame of so many pixels: many entries stand in two columns, where these fit.
pub(crate) fn n_lines(entries: &[Entry<'_>], frame_width: f64, scale: f64) -> usize {
    const MOST_IN_ONE_COLUMN: usize = 6;
    let fits = 2.0 * column_width(widest(entries)) * scale < frame_width * 0.95;
    // What belongs to the entry before must stay below it.
    let is_plain = entries.iter().rev().skip(1).all(|entry| entry.mark != Mark::Blank);
    if entries.len() > MOST_IN_ONE_COLUMN && fits && is_plain {
        entries.len().div_ceil(2)
    } else {
        entries.len()
    }
}

fn widest(entries: &[Entry<'_>]) -> f64 {
    entries.iter().map(|entry| entry.label.width()).fold(0.0, f64::max)
}

fn column_width(widest: f64) -> f64 {
    widest * SIZE + 46.0
}

/// Draws a legend; a long one in small letters, so that it stays within the frame.
pub(crate) fn draw(canvas: &mut Canvas, frame: &Frame, entries: &[Entry<'_>], corner: Corner) {
    if entries.is_empty() {
        return;
    }
    let (inner_width, inner_height) = (frame.right - frame.left, frame.bottom - frame.top);
    let n_lines = n_lines(entries, inner_width, frame.scale);
    let n_columns = entries.len().div_ceil(n_lines) as f64;
    // A label that alone would make all others too small to be read is shortened.
    let longest = inner_width * 0.9 / (SIZE * 0.7 * frame.scale) - 46.0 / SIZE;
    let labels: Vec<Label> = entries.iter().map(|entry| entry.label.shortened(longest)).collect();
    let widest = labels.iter().map(Label::width).fold(0.0, f64::max);
    let shrink_width = (inner_width * 0.9 / (n_columns * column_width(widest) * frame.scale)).min(1.0);
    let shrink_height = (inner_height * 0.95 / height(n_lines, frame.scale)).min(1.0);
    let unit = frame.scale * shrink_width.min(shrink_height);
    let step = column_width(widest) * unit;
    let right = frame.right - 16.0 * frame.scale + 12.0 * unit;
    let first = match corner {
        Corner::TopRight => frame.top + 22.0 * unit,
        Corner::BottomRight => frame.bottom - 14.0 * frame.scale - (n_lines as f64 - 0.5) * LINE * unit,
    };
    for (at, (entry, label)) in entries.iter().zip(&labels).enumerate() {
        let left = right - step * (n_columns - (at / n_lines) as f64);
        let middle = first + (at % n_lines) as f64 * LINE * unit;
        draw_mark(canvas, entry.mark, (left, middle), unit);
        let ink = Ink::black(SIZE * unit, Anchor::Start);
        canvas.text((left + 34.0 * unit, middle + 0.36 * SIZE * unit), label, ink);
    }
}

fn draw_mark(canvas: &mut Canvas, mark: Mark<'_>, (x, y): (f64, f64), unit: f64) {
    let (width, height) = (26.0 * unit, 12.0 * unit);
    let corner = (x, y - height / 2.0);
    let line = ((x, y), (x + width, y));
    match mark {
        Mark::Blank => {}
        Mark::Line(colour) => canvas.line(line.0, line.1, Pen::solid(colour, 2.0 * unit)),
        Mark::Dashed(colour, dashes) => {
            canvas.line(line.0, line.1, Pen { colour, width: 1.7 * unit, dashes });
        }
        Mark::Filled(colour) => canvas.rect(corner, (width, height), colour, 1.0),
        Mark::Shaded(colour) => {
            canvas.rect(corner, (width, height), colour, 0.3);
            canvas.outline(corner, (width, height), Pen::solid(colour, 1.6 * unit));
        }
        Mark::Hatched => {
            let segments = crate::lines::hatching(corner, (x + width, y + height / 2.0), 5.0 * unit);
            canvas.segments(&segments, Pen::solid("#555", 0.8 * unit));
        }
        Mark::Point(colour) => {
            let middle = x + width / 2.0;
            canvas.line(
                (middle, y - height * 0.7),
                (middle, y + height * 0.7),
                Pen::solid(colour, 1.3 * unit),
            );
            canvas.dot((middle, y), 3.4 * unit, colour);
        }
    }
}
