//! The response of a model for each true class: training events as fills, test events as points on them, so that
//! over-training is seen as points beside their fill. All are densities of unit area.

use std::fmt::Write as _;

use super::counts::count_range;
use crate::canvas::{Anchor, Canvas, Ink, Pen};
use crate::frame::{Frame, Range};
use crate::histogram::Histogram;
use crate::label::{Label, plain_text};
use crate::legend::{self, Corner, Entry, Mark};
use crate::lines::{draw_point, extent, steps};
use crate::palette::is_colour;
use crate::style::{Figure, Style};
use crate::text::{number, number_label, sparkline, table};

/// The response of the events of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassResponse {
    /// Name of the class.
    pub class: String,
    /// Response of the training events; it is scaled to unit area here.
    pub train: Histogram,
    /// Response of events that the training has not seen; scaled to unit area too.
    pub test: Option<Histogram>,
    /// Probability of the Kolmogorov-Smirnov test between the two.
    pub p_value: Option<f64>,
    /// Its colour, where it is not that of the palette.
    pub colour: Option<String>,
}

/// Responses of all classes over one axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResponseByClass {
    /// Title of the horizontal axis; empty for `Model response`.
    pub x_title: String,
    /// The classes, background first by custom.
    pub classes: Vec<ClassResponse>,
    /// Whether the vertical axis is logarithmic.
    pub is_log: bool,
}

impl Figure for ResponseByClass {
    fn to_svg(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style.size(), "Model response by class");
        let responses: Vec<_> = self.classes.iter().map(Densities::new).collect();
        let entries = self.entries(style);
        let (low, high) =
            extent(self.histograms().flat_map(|h| h.edges().iter().copied())).unwrap_or((0.0, 1.0));
        let scale = style.scale();
        let n_lines = entries.len() + usize::from(self.p_values().is_some());
        let share = legend::height(n_lines, scale) / (style.size().1 - 92.0 * scale).max(1.0);
        let heights: Vec<f64> = responses.iter().flat_map(Densities::heights).collect();
        let y = count_range(heights.into_iter(), self.is_log, share.min(0.5));
        let frame = Frame::new(style, Range::linear(low, high), y);
        let base = if self.is_log { frame.y.low } else { 0.0 };
        for (at, response) in responses.iter().enumerate() {
            let colour = self.colour(style, at);
            let outline = steps(&frame, &response.train, base);
            canvas.polygon(&outline, colour, 0.3);
            canvas.polyline(&outline, Pen::solid(colour, 1.8 * scale));
        }
        for (at, response) in responses.iter().enumerate() {
            response.draw_test(&mut canvas, &frame, self.colour(style, at));
        }
        if self.histograms().all(|histogram| histogram.total() == 0.0) {
            frame.note(&mut canvas, "no entries");
        }
        frame.draw(&mut canvas);
        frame.label_x(&mut canvas, &Label::parse(self.title()));
        frame.label_y(&mut canvas, &Label::parse("$(1/N)\\,\\mathrm{d}N/\\mathrm{d}x$"), |_| true);
        frame.label_experiment(&mut canvas, style);
        legend::draw(&mut canvas, &frame, &entries, Corner::TopRight);
        if let Some(text) = self.p_values() {
            let at = (frame.left + 16.0 * scale, frame.top + 27.0 * scale);
            let label = Label::parse(&text);
            let room = (frame.right - frame.left) * 0.5;
            let size = crate::frame::fitting_size(&label, 13.5 * scale, room);
            canvas.text(at, &label, Ink::black(size, Anchor::Start));
        }
        canvas.finish()
    }

    fn to_text(&self) -> String {
        let mut out = format!("{} by class\n", plain_text(self.title()));
        let mut rows = vec![["", "train", "test", "KS p-value"].map(str::to_owned).to_vec()];
        for class in &self.classes {
            let name = plain_text(&class.class);
            let _ = writeln!(out, "{name} |{}| train", sparkline(class.train.counts()));
            if let Some(test) = &class.test {
                let _ =
                    writeln!(out, "{} |{}| test", " ".repeat(name.chars().count()), sparkline(test.counts()));
            }
            let test = class.test.as_ref().map_or_else(|| "-".to_owned(), |test| number(test.total()));
            let p_value = class.p_value.map_or_else(|| "-".to_owned(), number);
            rows.push(vec![name, number(class.train.total()), test, p_value]);
        }
        out + &table(&rows)
    }
}

/// Background blue and signal red, as TMVA has it, then the rest of the palette.
const COLOURS: [usize; 6] = [0, 2, 1, 3, 5, 4];

impl ResponseByClass {
    fn title(&self) -> &str {
        if self.x_title.is_empty() { "Model response" } else { &self.x_title }
    }

    fn colour<'a>(&'a self, style: &Style, at: usize) -> &'a str {
        let chosen = self.classes.get(at).and_then(|class| class.colour.as_deref());
        let palette = || style.palette.colour(COLOURS[at % COLOURS.len()]);
        chosen.filter(|colour| is_colour(colour)).unwrap_or_else(palette)
    }

    fn histograms(&self) -> impl Iterator<Item = &Histogram> {
        self.classes.iter().flat_map(|class| std::iter::once(&class.train).chain(&class.test))
    }

    fn entries(&self, style: &Style) -> Vec<Entry<'_>> {
        let mut entries = Vec::new();
        for (at, class) in self.classes.iter().enumerate() {
            let colour = self.colour(style, at);
            entries.push(Entry::new(Mark::Shaded(colour), &format!("{} (train)", class.class)));
            if class.test.is_some() {
                entries.push(Entry::new(Mark::Point(colour), &format!("{} (test)", class.class)));
            }
        }
        entries
    }

    fn p_values(&self) -> Option<String> {
        let known = self.classes.iter().filter_map(|class| Some((&class.class, class.p_value?)));
        let texts: Vec<String> =
            known.map(|(class, p_value)| format!("{} ({class})", number_label(p_value))).collect();
        (!texts.is_empty()).then(|| format!("KS $p$: {}", texts.join(", ")))
    }
}

struct Densities {
    train: Histogram,
    test: Option<Histogram>,
}

impl Densities {
    fn new(class: &ClassResponse) -> Self {
        Self { train: class.train.normalised(), test: class.test.as_ref().map(Histogram::normalised) }
    }

    fn heights(&self) -> Vec<f64> {
        let mut heights = self.train.counts().to_vec();
        if let Some(test) = &self.test {
            heights.extend_from_slice(test.counts());
            let filled = (0..test.n_bins()).filter(|&bin| test.counts()[bin] != 0.0);
            heights.extend(filled.map(|bin| test.error_interval(bin).1));
        }
        heights
    }

    fn draw_test(&self, canvas: &mut Canvas, frame: &Frame, colour: &str) {
        let Some(test) = &self.test else { return };
        let pen = Pen::solid(colour, 1.4 * frame.scale);
        for (bin, &count) in test.counts().iter().enumerate() {
            if count != 0.0 {
                draw_point(canvas, frame, (test.centre(bin), count), test.error_interval(bin), pen);
            }
        }
    }
}
