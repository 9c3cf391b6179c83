//! The frame of a picture: four sides with ticks inward, tick labels, axis titles, the experiment label, and the
//! way from numbers to pixels.

use crate::axis::{Axis, Tick};
use crate::canvas::{Anchor, Canvas, Ink, Pen};
use crate::label::Label;
use crate::style::Style;

/// Sizes in units of the scale of the picture.
pub(crate) const TICK_SIZE: f64 = 15.0;
pub(crate) const TITLE_SIZE: f64 = 18.0;
const NAME_SIZE: f64 = 19.0;

/// A rectangle with axes.
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) scale: f64,
}

/// Ends of an axis before its ticks are chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) is_log: bool,
    /// Whether only whole numbers have a tick.
    pub(crate) is_whole: bool,
}

impl Range {
    pub(crate) fn linear(low: f64, high: f64) -> Self {
        Self { low, high, is_log: false, is_whole: false }
    }

    pub(crate) fn log(low: f64, high: f64) -> Self {
        Self { low, high, is_log: true, is_whole: false }
    }

    pub(crate) fn axis(self, n_ticks: usize) -> Axis {
        if self.is_log {
            Axis::log(self.low, self.high)
        } else if self.is_whole {
            Axis::linear(self.low, self.high, n_ticks).whole()
        } else {
            Axis::linear(self.low, self.high, n_ticks)
        }
    }

    /// An axis whose labels, side by side, fit into `room` (in units of the font size).
    pub(crate) fn horizontal_axis(self, room: f64) -> Axis {
        let mut axis = self.axis(8);
        for n_ticks in (1..8).rev() {
            if (axis.label_width() + 1.2) * axis.major.len() as f64 <= room {
                break;
            }
            axis = self.axis(n_ticks);
        }
        axis
    }
}

impl Frame {
    /// Lays one frame into the whole picture.
    pub(crate) fn new(style: &Style, x: Range, y: Range) -> Self {
        let (_, height) = style.size();
        let top = top_margin(style);
        let bottom = height - bottom_margin(style.scale());
        let n_ticks = ((bottom - top) / (52.0 * style.scale())).clamp(2.0, 10.0) as usize;
        Self::between(style, x, y.axis(n_ticks), (top, bottom), 0.0)
    }

    /// Lays a frame between two heights; the left margin is at least `least_left` wide.
    pub(crate) fn between(
        style: &Style,
        x: Range,
        y: Axis,
        (top, bottom): (f64, f64),
        least_left: f64,
    ) -> Self {
        let (width, scale) = (style.size().0, style.scale());
        let left = left_margin(&y, scale).max(least_left).min(width * 0.6);
        let right = width - 22.0 * scale;
        let x = x.horizontal_axis((right - left) / (TICK_SIZE * scale));
        Self { left, top, right, bottom: bottom.max(top + 1.0), x, y, scale }
    }

    pub(crate) fn px(&self, x: f64) -> f64 {
        self.left + (self.right - self.left) * self.x.place(x)
    }

    pub(crate) fn py(&self, y: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * self.y.place(y)
    }

    /// Draws the four sides and their ticks; after the contents, so that fills do not cover them.
    pub(crate) fn draw(&self, canvas: &mut Canvas) {
        let size = (self.right - self.left, self.bottom - self.top);
        canvas.outline((self.left, self.top), size, Pen::solid("#000", 1.4 * self.scale));
        let values = |ticks: &[Tick]| ticks.iter().map(|tick| tick.value).collect::<Vec<_>>();
        self.draw_ticks(canvas, &values(&self.x.major), &values(&self.y.major), 9.0, 1.2);
        self.draw_ticks(canvas, &self.x.minor, &self.y.minor, 4.5, 0.9);
    }

    fn draw_ticks(&self, canvas: &mut Canvas, x: &[f64], y: &[f64], length: f64, width: f64) {
        let length = length * self.scale;
        let mut segments = Vec::new();
        for x in x.iter().map(|&value| self.px(value)) {
            segments.push(((x, self.bottom), (x, self.bottom - length)));
            segments.push(((x, self.top), (x, self.top + length)));
        }
        for y in y.iter().map(|&value| self.py(value)) {
            segments.push(((self.left, y), (self.left + length, y)));
            segments.push(((self.right, y), (self.right - length, y)));
        }
        canvas.segments(&segments, Pen::solid("#000", width * self.scale));
    }

    /// Writes labels and title of the horizontal axis.
    pub(crate) fn label_x(&self, canvas: &mut Canvas, title: &Label) {
        let ink = Ink::black(TICK_SIZE * self.scale, Anchor::Middle);
        let baseline = self.bottom + 20.0 * self.scale;
        for tick in &self.x.major {
            canvas.text((self.px(tick.value), baseline), &tick.label, ink);
        }
        let mut title = title.clone();
        if self.x.exponent != 0 {
            title = title.append(Label::parse(&format!("   ×10$^{{{}}}$", self.x.exponent)));
        }
        let (title, size) = fitted(&title, TITLE_SIZE * self.scale, self.right - self.left);
        canvas.text((self.right, self.bottom + 45.0 * self.scale), &title, Ink::black(size, Anchor::End));
    }

    /// Writes labels and title of the vertical axis; `is_shown` picks the tick labels.
    pub(crate) fn label_y(&self, canvas: &mut Canvas, title: &Label, is_shown: impl Fn(&Tick) -> bool) {
        let size = TICK_SIZE * self.scale;
        for tick in self.y.major.iter().filter(|tick| is_shown(tick)) {
            let at = (self.left - 7.0 * self.scale, self.py(tick.value) + 0.35 * size);
            canvas.text(at, &tick.label, Ink::black(size, Anchor::End));
        }
        if self.y.exponent != 0 {
            let exponent = Label::parse(&format!("×10$^{{{}}}$", self.y.exponent));
            let at = (self.left - 10.0 * self.scale, self.top - 8.0 * self.scale);
            canvas.text(at, &exponent, Ink::black(size * 0.9, Anchor::End));
        }
        let (title, size) = fitted(title, TITLE_SIZE * self.scale, self.bottom - self.top);
        let x = title_x(self.left, self.y.label_width(), self.scale);
        canvas.text((x, self.top), &title, Ink { turned: -90.0, ..Ink::black(size, Anchor::End) });
    }

    /// Writes the experiment label above the frame.
    pub(crate) fn label_experiment(&self, canvas: &mut Canvas, style: &Style) {
        let Some(experiment) = &style.experiment else { return };
        let (size, y) = (NAME_SIZE * self.scale, self.top - 8.0 * self.scale);
        let mut name = Label::styled(&experiment.name, true, false);
        if !experiment.status.is_empty() {
            name = name.append(Label::styled(&format!(" {}", experiment.status), false, true));
        }
        let conditions = Label::parse(&experiment.conditions);
        let room = (self.right - self.left - 10.0 * self.scale).max(1.0);
        let needed = name.width() * size + conditions.width() * size * 0.85;
        let size = size * (room / needed.max(1.0)).min(1.0);
        canvas.text((self.left, y), &name, Ink::black(size, Anchor::Start));
        canvas.text((self.right, y), &conditions, Ink::black(size * 0.85, Anchor::End));
    }

    /// Writes into the middle of an empty frame why it is empty.
    pub(crate) fn note(&self, canvas: &mut Canvas, text: &str) {
        let at = (f64::midpoint(self.left, self.right), f64::midpoint(self.top, self.bottom));
        let ink = Ink { colour: "#717581", ..Ink::black(TITLE_SIZE * self.scale, Anchor::Middle) };
        canvas.text(at, &Label::parse(text), ink);
    }
}

/// The font size at which a label fits into some pixels, at most the wanted one.
pub(crate) fn fitting_size(label: &Label, wanted: f64, room: f64) -> f64 {
    wanted * (room / (label.width() * wanted).max(1.0)).clamp(0.3, 1.0)
}

/// A label and its font size such that it fits into some pixels: drawn smaller, and shortened where it would be too
/// small to be read.
pub(crate) fn fitted(label: &Label, wanted: f64, room: f64) -> (Label, f64) {
    const SMALLEST: f64 = 0.6;
    let label = label.shortened(room / (wanted * SMALLEST));
    let size = fitting_size(&label, wanted, room);
    (label, size)
}

pub(crate) fn top_margin(style: &Style) -> f64 {
    34.0 * style.scale()
}

pub(crate) fn bottom_margin(scale: f64) -> f64 {
    58.0 * scale
}

/// Room for tick labels and title on the left of a frame.
pub(crate) fn left_margin(y: &Axis, scale: f64) -> f64 {
    (y.label_width() * TICK_SIZE + 7.0 + 16.0 + TITLE_SIZE).max(64.0) * scale
}

fn title_x(left: f64, label_width: f64, scale: f64) -> f64 {
    (left - (label_width * TICK_SIZE + 7.0 + 12.0).max(38.0) * scale).max(TITLE_SIZE * scale)
}
