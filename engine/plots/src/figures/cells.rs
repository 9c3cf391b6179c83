//! What figures of cells share: a grid of coloured rectangles with names along two sides, and a colour bar.

use crate::axis::Axis;
use crate::canvas::{Anchor, Canvas, Ink, Pen};
use crate::frame::{TICK_SIZE, fitting_size};
use crate::label::Label;

/// Where the cells of a square table lie.
pub(crate) struct Grid {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) n_columns: usize,
    pub(crate) n_rows: usize,
    /// Font size of the names.
    pub(crate) name_size: f64,
    is_turned: bool,
    pub(crate) scale: f64,
}

/// Font size of the names of many rows, in units of the scale.
pub(crate) const SMALL_NAME: f64 = 11.0;

/// A long name among others is drawn in smaller letters than these rather than all of them.
const SMALLEST_NAME: f64 = 8.5;

/// The widest of some names, in units of the font size.
pub(crate) fn widest(names: &[Label]) -> f64 {
    names.iter().map(Label::width).fold(0.0, f64::max)
}

impl Grid {
    /// Makes room for names on the left and below (turned where they would touch), for `right` pixels on the right
    /// and `below` pixels under the names.
    pub(crate) fn new(
        ((width, height), scale): ((f64, f64), f64),
        names: (&[Label], &[Label]),
        (right, below): (f64, f64),
    ) -> Self {
        let (rows, columns) = names;
        let n = rows.len().max(columns.len()).max(1) as f64;
        let room = height - below - 48.0 * scale - (widest(columns) * SMALL_NAME * scale).min(height * 0.3);
        // Names may take 30 % of the picture. Longer ones are drawn smaller: all of them as far as that can be read.
        let fits = 0.3 * (width / widest(rows).max(1.0)).min(height / widest(columns).max(1.0));
        let name_size =
            (TICK_SIZE * scale).min(fits.max(SMALLEST_NAME * scale)).min(0.72 * room / n).max(3.0);
        let left = (widest(rows) * name_size).min(width * 0.3) + 12.0 * scale;
        let top = 34.0 * scale;
        let inner_width = (width - left - right).max(10.0);
        let is_turned = widest(columns) * name_size > 0.94 * inner_width / columns.len().max(1) as f64;
        let names_height =
            if is_turned { (widest(columns) * name_size).min(height * 0.3) } else { name_size * 1.1 };
        let inner_height = (height - top - names_height - below - 14.0 * scale).max(10.0);
        let (n_columns, n_rows) = (columns.len(), rows.len());
        Self {
            left,
            top,
            width: inner_width,
            height: inner_height,
            n_columns,
            n_rows,
            name_size,
            is_turned,
            scale,
        }
    }

    pub(crate) fn cell(&self, row: usize, column: usize) -> ((f64, f64), (f64, f64)) {
        let size = (self.width / self.n_columns.max(1) as f64, self.height / self.n_rows.max(1) as f64);
        ((self.left + column as f64 * size.0, self.top + row as f64 * size.1), size)
    }

    pub(crate) fn fill(&self, canvas: &mut Canvas, row: usize, column: usize, colour: &str) {
        let (at, size) = self.cell(row, column);
        canvas.cell(at, size, colour);
    }

    /// The font size at which lines of text fit into a cell.
    pub(crate) fn text_size(&self, lines: &[&str]) -> f64 {
        let (_, (width, height)) = self.cell(0, 0);
        let wanted = (14.0 * self.scale).min(height / (lines.len() as f64 + 0.4) / 1.1);
        let size = |line: &&str| fitting_size(&Label::parse(line), wanted, width * 0.9);
        lines.iter().map(size).fold(wanted, f64::min)
    }

    /// Writes lines of text into the middle of a cell.
    pub(crate) fn write(
        &self,
        canvas: &mut Canvas,
        at: (usize, usize),
        lines: &[&str],
        (colour, size): (&str, f64),
    ) {
        let ((x, y), (width, height)) = self.cell(at.0, at.1);
        let labels: Vec<Label> = lines.iter().map(|line| Label::parse(line)).collect();
        let first = y + height / 2.0 - (lines.len() as f64 - 1.0) * size * 0.6 + size * 0.36;
        for (at, label) in labels.iter().enumerate() {
            let place = (x + width / 2.0, first + at as f64 * size * 1.2);
            canvas.text(place, label, Ink { colour, ..Ink::black(size, Anchor::Middle) });
        }
    }

    pub(crate) fn draw_frame(&self, canvas: &mut Canvas) {
        canvas.outline(
            (self.left, self.top),
            (self.width, self.height),
            Pen::solid("#000", 1.4 * self.scale),
        );
    }

    pub(crate) fn draw_names(&self, canvas: &mut Canvas, rows: &[Label], columns: &[Label]) {
        let gap = 7.0 * self.scale;
        for (row, name) in rows.iter().enumerate() {
            let ((_, y), (_, height)) = self.cell(row, 0);
            let size = fitting_size(name, self.name_size, self.left - 1.2 * gap);
            let at = (self.left - gap, y + height / 2.0 + 0.35 * size);
            canvas.text(at, name, Ink::black(size, Anchor::End));
        }
        let bottom = self.top + self.height;
        for (column, name) in columns.iter().enumerate() {
            let ((x, _), (width, _)) = self.cell(0, column);
            let middle = x + width / 2.0;
            if self.is_turned {
                let size = fitting_size(name, self.name_size, self.names_room());
                let at = (middle + 0.35 * size, bottom + gap);
                canvas.text(at, name, Ink { turned: -90.0, ..Ink::black(size, Anchor::End) });
            } else {
                let ink = Ink::black(self.name_size, Anchor::Middle);
                canvas.text((middle, bottom + gap + self.name_size * 0.9), name, ink);
            }
        }
    }

    fn names_room(&self) -> f64 {
        // As `new` grants it.
        (self.height + self.top) * 0.43
    }
}

/// Draws a bar of colours with the axis of their values, right of a rectangle.
pub(crate) fn colour_bar(
    canvas: &mut Canvas,
    ((left, top), (width, height)): ((f64, f64), (f64, f64)),
    axis: &Axis,
    title: &Label,
    scale: f64,
    colour: impl Fn(f64) -> String,
) {
    const STEPS: usize = 64;
    let step = height / STEPS as f64;
    for at in 0..STEPS {
        let share = 1.0 - (at as f64 + 0.5) / STEPS as f64;
        canvas.cell((left, top + at as f64 * step), (width, step), &colour(share));
    }
    canvas.outline((left, top), (width, height), Pen::solid("#000", 1.0 * scale));
    let size = TICK_SIZE * 0.9 * scale;
    for tick in &axis.major {
        let y = top + height * (1.0 - axis.place(tick.value));
        canvas.line((left + width, y), (left + width - 5.0 * scale, y), Pen::solid("#000", 1.0 * scale));
        canvas.text(
            (left + width + 5.0 * scale, y + 0.35 * size),
            &tick.label,
            Ink::black(size, Anchor::Start),
        );
    }
    let mut title = title.clone();
    if axis.exponent != 0 {
        title = title.append(Label::parse(&format!("  ×10$^{{{}}}$", axis.exponent)));
    }
    let x = left + width + (axis.label_width() * TICK_SIZE * 0.9 + 24.0) * scale;
    let ink = Ink { turned: -90.0, ..Ink::black(fitting_size(&title, 16.0 * scale, height), Anchor::End) };
    canvas.text((x, top), &title, ink);
}
