//! The SVG writer: a few shapes and text, with numbers kept finite and short and text escaped. Shapes refer to no
//! definitions, so that pictures in one page cannot take each other's ids.

use std::fmt::Write as _;

use crate::label::{Label, Level, Run, SMALL, glyph_width};

/// A straight line from one point to another.
pub(crate) type Segment = ((f64, f64), (f64, f64));

pub(crate) const FONTS: &str = "TeX Gyre Heros, Helvetica, Arial, sans-serif";

pub(crate) struct Canvas {
    out: String,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    pub(crate) colour: &'a str,
    pub(crate) width: f64,
    /// Lengths of dashes and gaps in line widths, as SVG wants them; empty for a solid line.
    pub(crate) dashes: &'a str,
}

impl<'a> Pen<'a> {
    pub(crate) fn solid(colour: &'a str, width: f64) -> Self {
        Self { colour, width, dashes: "" }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How text is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ink<'a> {
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    pub(crate) colour: &'a str,
    /// Degrees clockwise around the text's own point.
    pub(crate) turned: f64,
}

impl Ink<'_> {
    pub(crate) fn black(size: f64, anchor: Anchor) -> Self {
        Self { size, anchor, colour: "#000", turned: 0.0 }
    }
}

impl Canvas {
    /// Starts a picture on a white ground; `title` is what a screen reader says. Blanks are preserved, because some
    /// readers drop them at the border of two runs of a label.
    pub(crate) fn new((width, height): (f64, f64), title: &str) -> Self {
        let mut canvas = Self { out: String::new() };
        let (width, height) = (short(width), short(height));
        canvas.write(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" xml:space=\"preserve\" role=\"img\" font-family=\"{FONTS}\">\n<title>{}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
            escaped(title)
        ));
        canvas
    }

    pub(crate) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), pen: Pen<'_>) {
        self.segments(&[(from, to)], pen);
    }

    /// Draws many separate lines as one shape.
    pub(crate) fn segments(&mut self, segments: &[Segment], pen: Pen<'_>) {
        let mut path = String::new();
        for ((x1, y1), (x2, y2)) in segments {
            let _ = write!(path, "M{} {}L{} {}", short(*x1), short(*y1), short(*x2), short(*y2));
        }
        if !path.is_empty() {
            self.stroke(&path, pen);
        }
    }

    /// Draws a line through points.
    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], pen: Pen<'_>) {
        if points.len() > 1 {
            self.stroke(&path_of(points), pen);
        }
    }

    /// Fills the area inside points.
    pub(crate) fn polygon(&mut self, points: &[(f64, f64)], fill: &str, opacity: f64) {
        if points.len() > 2 {
            let opacity = opacity_attribute(opacity);
            self.write(format_args!("<path d=\"{}Z\" fill=\"{fill}\"{opacity}/>\n", path_of(points)));
        }
    }

    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str, opacity: f64) {
        let (x, y, width, height) = (short(x), short(y), short(width.max(0.0)), short(height.max(0.0)));
        let opacity = opacity_attribute(opacity);
        self.write(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"{opacity}/>\n"
        ));
    }

    /// Fills one of many rectangles that touch each other, on whole pixels so that no light shows between them.
    pub(crate) fn cell(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str) {
        // Neighbours overlap a little: a gap of rounding may leave out a whole row of pixels.
        const OVERLAP: f64 = 0.02;
        let (width, height) = (width.max(0.0) + OVERLAP, height.max(0.0) + OVERLAP);
        let (x, y, width, height) = (short(x), short(y), short(width), short(height));
        self.write(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\" \
             shape-rendering=\"crispEdges\"/>\n"
        ));
    }

    pub(crate) fn outline(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), pen: Pen<'_>) {
        let path =
            format!("M{} {}h{}v{}h{}Z", short(x), short(y), short(width), short(height), short(-width));
        self.stroke(&path, pen);
    }

    pub(crate) fn dot(&mut self, (x, y): (f64, f64), radius: f64, fill: &str) {
        let (x, y, radius) = (short(x), short(y), short(radius));
        self.write(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{fill}\"/>\n"));
    }

    pub(crate) fn text(&mut self, (x, y): (f64, f64), label: &Label, ink: Ink<'_>) {
        if label.is_empty() {
            return;
        }
        let anchor = match ink.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y, size) = (short(x), short(y), short(ink.size));
        let turned = if ink.turned == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {y})\"", short(ink.turned))
        };
        let colour = if ink.colour == "#000" { String::new() } else { format!(" fill=\"{}\"", ink.colour) };
        let runs = runs_of(label, ink.size);
        self.write(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{colour}{turned}>{runs}</text>\n"
        ));
    }

    fn stroke(&mut self, path: &str, pen: Pen<'_>) {
        let dashes = if pen.dashes.is_empty() {
            String::new()
        } else {
            format!(" stroke-dasharray=\"{}\"", pen.dashes)
        };
        let (colour, width) = (pen.colour, short(pen.width));
        self.write(format_args!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dashes}/>\n"
        ));
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(text);
    }
}

/// A coordinate with at most two decimals. What is not a number, or absurdly far away, becomes a number that
/// every SVG reader accepts; callers leave such values out before, this is the last fence.
pub(crate) fn short(value: f64) -> String {
    let value = if value.is_nan() { 0.0 } else { value.clamp(-1e5, 1e5) };
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn opacity_attribute(opacity: f64) -> String {
    if opacity < 1.0 { format!(" fill-opacity=\"{}\"", short(opacity)) } else { String::new() }
}

fn path_of(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        path.push(if at == 0 { 'M' } else { 'L' });
        let _ = write!(path, "{} {}", short(*x), short(*y));
    }
    path
}

fn runs_of(label: &Label, size: f64) -> String {
    let mut writer = RunWriter { out: String::new(), size, shift: 0.0, step: 0.0 };
    for run in &label.runs {
        if run.has_bar {
            writer.write_barred(run);
        } else {
            writer.write(run, &run.text, writer.height(run));
        }
    }
    writer.out
}

/// Writes runs one behind the other and remembers where the last one ended.
struct RunWriter {
    out: String,
    size: f64,
    /// How far the last run stands below the line.
    shift: f64,
    /// How far the next run has to go to the right.
    step: f64,
}

impl RunWriter {
    /// How far a run stands below the line.
    fn height(&self, run: &Run) -> f64 {
        match run.level {
            Level::Line => 0.0,
            Level::Raised => -0.36 * self.size,
            Level::Lowered => 0.24 * self.size,
        }
    }

    fn write(&mut self, run: &Run, text: &str, height: f64) {
        let mut attributes = String::new();
        if self.step != 0.0 {
            let _ = write!(attributes, " dx=\"{}\"", short(self.step));
            self.step = 0.0;
        }
        if height != self.shift {
            let _ = write!(attributes, " dy=\"{}\"", short(height - self.shift));
            self.shift = height;
        }
        if run.level != Level::Line {
            let _ = write!(attributes, " font-size=\"{}\"", short(self.size * SMALL));
        }
        if run.italic {
            attributes += " font-style=\"italic\"";
        }
        if run.bold {
            attributes += " font-weight=\"bold\"";
        }
        let text = escaped(text);
        if attributes.is_empty() {
            self.out += &text;
        } else {
            let _ = write!(self.out, "<tspan{attributes}>{text}</tspan>");
        }
    }

    /// Puts a macron over each letter: the overline of SVG hovers far above small letters.
    fn write_barred(&mut self, run: &Run) {
        const MACRON: f64 = 0.333;
        const SLANT: f64 = 0.05;
        let size = if run.level == Level::Line { self.size } else { self.size * SMALL };
        for letter in run.text.chars() {
            let (width, height) = (glyph_width(letter), self.height(run));
            self.write(run, letter.encode_utf8(&mut [0; 4]), height);
            let is_tall = letter.is_uppercase() || "bdfhklt".contains(letter);
            let slant = if run.italic { SLANT } else { 0.0 };
            self.step += (slant - f64::midpoint(width, MACRON)) * size;
            self.write(run, "¯", if is_tall { height - 0.14 * size } else { height });
            self.step = ((width - MACRON) / 2.0 - slant) * size;
        }
    }
}

/// Text for XML: markup characters escaped, control characters (which XML forbids) left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{escaped, short};

    #[test]
    fn coordinates_are_short_and_finite() {
        let cases =
            [(1.0, "1"), (1.234_56, "1.23"), (-0.001, "0"), (f64::NAN, "0"), (f64::INFINITY, "100000")];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a<b & \"c\"\u{1}\u{ffff}"), "a&lt;b &amp; &quot;c&quot;");
    }
}
