//! The shapes that figures share: steps, points with errors, hatched bands, and whole figures of curves.

use crate::canvas::{Canvas, Pen, Segment};
use crate::frame::{Frame, Range};
use crate::histogram::Histogram;
use crate::label::Label;
use crate::legend::{self, Corner, Entry, Mark};
use crate::palette::Palette;
use crate::style::Style;

/// A named curve. Points of which one number is not finite interrupt it; the shorter list sets the length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// What the legend says.
    pub label: String,
    /// Horizontal values.
    pub x: Vec<f64>,
    /// Vertical values.
    pub y: Vec<f64>,
}

impl Series {
    /// The finite points.
    pub(crate) fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.all_points().filter(|(x, y)| x.is_finite() && y.is_finite())
    }

    fn all_points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.x.iter().copied().zip(self.y.iter().copied())
    }
}

/// The smallest and largest of some numbers, of the finite ones.
pub(crate) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |extent, value| match extent {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// The outline of a histogram, from the base line up, along the steps, and down again.
pub(crate) fn steps(frame: &Frame, histogram: &Histogram, base: f64) -> Vec<(f64, f64)> {
    let edges = histogram.edges();
    let base = frame.py(base);
    let mut points = vec![(frame.px(edges[0]), base)];
    for (bin, &count) in histogram.counts().iter().enumerate() {
        let y = frame.py(count);
        points.push((frame.px(edges[bin]), y));
        points.push((frame.px(edges[bin + 1]), y));
    }
    points.push((frame.px(edges[histogram.n_bins()]), base));
    points
}

/// Draws counts as points with error bars; bins without any entry have none.
pub(crate) fn draw_points(canvas: &mut Canvas, frame: &Frame, histogram: &Histogram, colour: &str) {
    let pen = Pen::solid(colour, 1.4 * frame.scale);
    for (bin, &count) in histogram.counts().iter().enumerate() {
        if count == 0.0 && histogram.sum_w2()[bin] == 0.0 {
            continue;
        }
        draw_point(canvas, frame, (histogram.centre(bin), count), histogram.error_interval(bin), pen);
    }
}

/// Draws one point with its error bar, as far as they are inside the frame.
pub(crate) fn draw_point(
    canvas: &mut Canvas,
    frame: &Frame,
    (x, y): (f64, f64),
    (low, high): (f64, f64),
    pen: Pen<'_>,
) {
    if !frame.x.contains(x) {
        return;
    }
    if high >= frame.y.low && low <= frame.y.high {
        canvas.line((frame.px(x), frame.py(low)), (frame.px(x), frame.py(high)), pen);
    }
    if frame.y.contains(y) {
        canvas.dot((frame.px(x), frame.py(y)), 3.4 * frame.scale, pen.colour);
    }
}

/// Draws the band between the lower and upper error of each bin as hatching.
pub(crate) fn draw_band(canvas: &mut Canvas, frame: &Frame, edges: &[f64], band: &[(f64, f64)]) {
    let mut segments = Vec::new();
    for (pair, &(low, high)) in edges.windows(2).zip(band) {
        let (top, bottom) = (frame.py(high), frame.py(low));
        segments.extend(hatching((frame.px(pair[0]), top), (frame.px(pair[1]), bottom), 6.0 * frame.scale));
    }
    canvas.segments(&segments, Pen::solid("#555", 0.8 * frame.scale));
}

/// Parallel lines at 45 degrees inside a rectangle. They lie on one grid for the whole picture, so that
/// neighbouring rectangles look like one.
pub(crate) fn hatching((left, top): (f64, f64), (right, bottom): (f64, f64), gap: f64) -> Vec<Segment> {
    if !(right > left && bottom > top && gap > 0.0) {
        return Vec::new();
    }
    // On each line x + y is constant.
    let (first, last) = (((left + top) / gap).ceil() as i64, ((right + bottom) / gap).floor() as i64);
    let line = |at: i64| {
        let sum = at as f64 * gap;
        let start = (sum - bottom).max(left);
        let end = (sum - top).min(right);
        ((start, sum - start), (end, sum - end))
    };
    (first..=last.min(first + 10_000)).map(line).collect()
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Which colour of the palette.
    pub(crate) colour: usize,
    pub(crate) dashes: &'static str,
    pub(crate) is_thin: bool,
    /// Grey instead of the colour: the legend speaks of the dashes alone.
    pub(crate) is_grey: bool,
}

impl Look {
    pub(crate) fn solid(colour: usize) -> Self {
        Self { colour, dashes: "", is_thin: false, is_grey: false }
    }

    /// Solid curves in the order of the palette, with their labels.
    pub(crate) fn of_each(series: &[Series]) -> (Vec<Self>, Vec<(Self, Label)>) {
        let looks: Vec<Self> = (0..series.len()).map(Self::solid).collect();
        let labels = series.iter().map(|series| Label::parse(&series.label));
        (looks.clone(), looks.into_iter().zip(labels).collect())
    }

    fn pen<'a>(self, palette: Palette, chosen: &[Option<&'a str>], scale: f64) -> Pen<'a> {
        let chosen = chosen.get(self.colour).copied().flatten();
        let colour =
            if self.is_grey { "#717581" } else { chosen.unwrap_or_else(|| palette.colour(self.colour)) };
        Pen { colour, width: if self.is_thin { 1.7 } else { 2.2 } * scale, dashes: self.dashes }
    }
}

/// A picture of curves, of which several figures are made.
pub(crate) struct CurveFigure<'a> {
    pub(crate) title: &'a str,
    pub(crate) x_title: Label,
    pub(crate) y_title: Label,
    pub(crate) x: Range,
    pub(crate) y: Range,
    pub(crate) series: &'a [Series],
    /// How each of the series is drawn.
    pub(crate) looks: Vec<Look>,
    /// Colours that stand in the places of those of the palette.
    pub(crate) colours: &'a [Option<&'a str>],
    pub(crate) legend: Vec<(Look, Label)>,
    /// A dashed grey line between two points.
    pub(crate) guide: Option<Segment>,
    /// Points to be marked.
    pub(crate) marks: Vec<(f64, f64)>,
    pub(crate) corner: Corner,
}

impl CurveFigure<'_> {
    pub(crate) fn to_svg(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style.size(), self.title);
        let frame = Frame::new(style, self.x, self.y);
        if let Some(((x1, y1), (x2, y2))) = self.guide {
            let pen = Pen { colour: "#9c9ca1", width: 1.4 * frame.scale, dashes: "6 5" };
            canvas.line((frame.px(x1), frame.py(y1)), (frame.px(x2), frame.py(y2)), pen);
        }
        let n_colours = self.looks.iter().map(|look| look.colour + 1).max().unwrap_or(0);
        let palette = style.palette.holding(n_colours);
        for (series, look) in self.series.iter().zip(&self.looks) {
            draw_series(&mut canvas, &frame, series, look.pen(palette, self.colours, frame.scale));
        }
        let entry = |(look, label): &(Look, Label)| {
            let pen = look.pen(palette, self.colours, 1.0);
            let mark = if pen.dashes.is_empty() {
                Mark::Line(pen.colour)
            } else {
                Mark::Dashed(pen.colour, pen.dashes)
            };
            Entry { mark, label: label.clone() }
        };
        let entries: Vec<Entry<'_>> = self.legend.iter().map(entry).collect();
        for &(x, y) in self.marks.iter().filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let at = (frame.px(x), frame.py(y));
            canvas.dot(at, 6.0 * frame.scale, "#fff");
            canvas.dot(at, 4.4 * frame.scale, "#000");
        }
        if self.series.iter().all(|series| series.points().next().is_none()) {
            frame.note(&mut canvas, "no points");
        }
        frame.draw(&mut canvas);
        frame.label_x(&mut canvas, &self.x_title);
        frame.label_y(&mut canvas, &self.y_title, |_| true);
        frame.label_experiment(&mut canvas, style);
        legend::draw(&mut canvas, &frame, &entries, self.corner);
        canvas.finish()
    }
}

fn draw_series(canvas: &mut Canvas, frame: &Frame, series: &Series, pen: Pen<'_>) {
    let mut piece: Vec<(f64, f64)> = Vec::new();
    let flush = |piece: &mut Vec<(f64, f64)>, canvas: &mut Canvas| {
        // A point without neighbours is no line.
        if let [at] = piece[..] {
            canvas.dot(at, pen.width * 1.4, pen.colour);
        }
        canvas.polyline(piece, pen);
        piece.clear();
    };
    for (x, y) in series.all_points() {
        if x.is_finite() && y.is_finite() {
            let at = (frame.px(x), frame.py(y));
            // A curve of a million points needs no more of them than the eye can part.
            let is_near = |last: (f64, f64)| (at.0 - last.0).abs() + (at.1 - last.1).abs() < 0.25;
            match piece[..] {
                [.., before, last] if is_near(last) && is_near(before) => {
                    piece.pop();
                }
                _ => {}
            }
            piece.push(at);
        } else {
            flush(&mut piece, canvas);
        }
    }
    flush(&mut piece, canvas);
}

#[cfg(test)]
mod tests {
    use super::{extent, hatching};

    #[test]
    fn hatching_stays_inside() {
        let lines = hatching((10.0, 20.0), (40.0, 50.0), 7.0);
        assert_eq!(lines.len(), 8);
        for (x, y) in lines.into_iter().flat_map(|(from, to)| [from, to]) {
            assert!((10.0..=40.0).contains(&x) && (20.0..=50.0).contains(&y), "{x} {y}");
        }
        assert!(hatching((0.0, 0.0), (0.0, 5.0), 7.0).is_empty());
        assert!(hatching((0.0, 0.0), (f64::NAN, 5.0), 7.0).is_empty());
    }

    #[test]
    fn extents_leave_out_what_is_not_finite() {
        assert_eq!(extent([1.0, f64::NAN, -2.0, f64::INFINITY].into_iter()), Some((-2.0, 1.0)));
        assert_eq!(extent([f64::NAN].into_iter()), None);
    }
}
