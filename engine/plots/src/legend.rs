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

/// Height that a legend takes from the frame, in pixels.
pub(crate) fn height(n_entries: usize, scale: f64) -> f64 {
    (n_entries as f64 * LINE + 18.0) * scale
}

/// Draws a legend; a long one in small letters, so that it stays within the frame.
pub(crate) fn draw(canvas: &mut Canvas, frame: &Frame, entries: &[Entry<'_>], corner: Corner) {
    if entries.is_empty() {
        return;
    }
    let (inner_width, inner_height) = (frame.right - frame.left, frame.bottom - frame.top);
    let widest = entries.iter().map(|entry| entry.label.width()).fold(0.0, f64::max);
    let wanted = (widest * SIZE + 46.0) * frame.scale;
    let shrink_width = (inner_width * 0.9 / wanted).min(1.0);
    let shrink_height = (inner_height * 0.95 / height(entries.len(), frame.scale)).min(1.0);
    let unit = frame.scale * shrink_width.min(shrink_height);
    let left = frame.right - 16.0 * frame.scale - (widest * SIZE + 34.0) * unit;
    let first = match corner {
        Corner::TopRight => frame.top + 22.0 * unit,
        Corner::BottomRight => frame.bottom - 14.0 * frame.scale - (entries.len() as f64 - 0.5) * LINE * unit,
    };
    for (at, entry) in entries.iter().enumerate() {
        let middle = first + at as f64 * LINE * unit;
        draw_mark(canvas, entry.mark, (left, middle), unit);
        let ink = Ink::black(SIZE * unit, Anchor::Start);
        canvas.text((left + 34.0 * unit, middle + 0.36 * SIZE * unit), &entry.label, ink);
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
