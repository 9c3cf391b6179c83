//! A histogram as SVG and as text.

use std::fmt::Write as _;

use crate::{Content, Histogram, Show};

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 545.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 310.0;

/// Bins beyond which neighbours are drawn as one: a screen has no more pixels.
const MOST_DRAWN: usize = 1000;
/// Lines of the text form.
const TEXT_LINES: usize = 20;
const TEXT_COLUMNS: f64 = 40.0;

impl Show for Histogram {
    fn content(&self) -> Content {
        Content::new().with("image/svg+xml", svg(self)).with_text(text(self))
    }
}

fn svg(histogram: &Histogram) -> String {
    let (counts, errors) = merged(histogram, MOST_DRAWN);
    let edges = histogram.edges();
    let (low, high) = (edges[0], edges[edges.len() - 1]);
    let highest = counts.iter().zip(&errors).map(|(count, error)| count + error).fold(0.0, f64::max);
    let lowest = counts.iter().copied().fold(0.0, f64::min);
    let span = if highest > lowest { 1.1 * (highest - lowest) } else { 1.0 };
    let x = |value: f64| LEFT + (value - low) / (high - low) * (RIGHT - LEFT);
    let y = |value: f64| BOTTOM - (value - lowest) / span * (BOTTOM - TOP);
    let mut picture = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="13"><rect width="100%" height="100%" fill="#ffffff"/>"##
    );
    push_outline(&mut picture, &counts, &x, &y, (low, high));
    push_errors(&mut picture, (&counts, &errors), &x, &y, (low, high));
    push_axes(&mut picture, &x, &y, (low, high), (lowest, lowest + span));
    push_titles(&mut picture, histogram);
    picture.push_str("</svg>");
    picture
}

/// Counts and errors of at most `at_most` bins.
fn merged(histogram: &Histogram, at_most: usize) -> (Vec<f64>, Vec<f64>) {
    let group = histogram.n_bins().div_ceil(at_most);
    let counts = histogram.counts().chunks(group).map(|bins| bins.iter().sum()).collect();
    let errors = histogram.errors();
    let errors = errors.chunks(group).map(|bins| bins.iter().map(|error| error * error).sum::<f64>().sqrt());
    (counts, errors.collect())
}

fn push_outline(
    picture: &mut String,
    counts: &[f64],
    x: &impl Fn(f64) -> f64,
    y: &impl Fn(f64) -> f64,
    (low, high): (f64, f64),
) {
    let width = (high - low) / counts.len() as f64;
    let base = y(0.0);
    let _ = write!(picture, r#"<path d="M{:.1} {base:.1}"#, x(low));
    for (bin, count) in counts.iter().enumerate() {
        let _ = write!(picture, "V{:.1}H{:.1}", y(*count), x(low + (bin + 1) as f64 * width));
    }
    let _ = write!(
        picture,
        r##"V{base:.1}Z" fill="#5790fc" fill-opacity="0.25" stroke="#5790fc" stroke-width="1.5"/>"##
    );
}

fn push_errors(
    picture: &mut String,
    (counts, errors): (&[f64], &[f64]),
    x: &impl Fn(f64) -> f64,
    y: &impl Fn(f64) -> f64,
    (low, high): (f64, f64),
) {
    let width = (high - low) / counts.len() as f64;
    picture.push_str(r#"<path d=""#);
    for (bin, (count, error)) in counts.iter().zip(errors).enumerate().filter(|(_, (_, error))| **error > 0.0)
    {
        let centre = x(low + (bin as f64 + 0.5) * width);
        let _ = write!(picture, "M{centre:.1} {:.1}V{:.1}", y(count - error), y(count + error));
    }
    picture.push_str(r##"" stroke="#27408b" fill="none"/>"##);
}

fn push_axes(
    picture: &mut String,
    x: &impl Fn(f64) -> f64,
    y: &impl Fn(f64) -> f64,
    (low, high): (f64, f64),
    (lowest, highest): (f64, f64),
) {
    let _ = write!(
        picture,
        r##"<rect x="{LEFT}" y="{TOP}" width="{}" height="{}" fill="none" stroke="#000000"/>"##,
        RIGHT - LEFT,
        BOTTOM - TOP
    );
    for tick in ticks(low, high) {
        let at = x(tick);
        let _ = write!(
            picture,
            r##"<path d="M{at:.1} {BOTTOM}v-6M{at:.1} {TOP}v6" stroke="#000000"/><text x="{at:.1}" y="{}" text-anchor="middle">{}</text>"##,
            BOTTOM + 17.0,
            number(tick)
        );
    }
    for tick in ticks(lowest, highest) {
        let at = y(tick);
        let _ = write!(
            picture,
            r##"<path d="M{LEFT} {at:.1}h6M{RIGHT} {at:.1}h-6" stroke="#000000"/><text x="{}" y="{:.1}" text-anchor="end">{}</text>"##,
            LEFT - 6.0,
            at + 4.5,
            number(tick)
        );
    }
}

fn push_titles(picture: &mut String, histogram: &Histogram) {
    let width = histogram.edges().windows(2).next().map_or(0.0, |pair| pair[1] - pair[0]);
    let _ = write!(
        picture,
        r#"<text x="{RIGHT}" y="{}" text-anchor="end">{}</text>"#,
        BOTTOM + 38.0,
        escaped(&plain_axis(histogram.axis()))
    );
    let _ = write!(
        picture,
        r#"<text transform="translate(16 {TOP}) rotate(-90)" text-anchor="end">events / {}</text>"#,
        number(width)
    );
    let mut note = format!("{} entries", histogram.entries());
    if let (Some(mean), Some(deviation)) = (histogram.mean(), histogram.standard_deviation()) {
        let _ = write!(note, ", mean {}, std {}", number(mean), number(deviation));
    }
    for (name, count) in [("under", histogram.underflow()), ("over", histogram.overflow())] {
        if count != 0.0 {
            let _ = write!(note, ", {name}flow {}", number(count));
        }
    }
    let _ = write!(picture, r#"<text x="{LEFT}" y="14" font-size="11">{}</text>"#, escaped(&note));
}

/// Round numbers between the two, about six.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let raw = (high - low) / 6.0;
    let power = 10.0_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= raw);
    let Some(step) = step.filter(|step| step.is_finite() && *step > 0.0) else { return Vec::new() };
    let first = (low / step).ceil();
    (0..12)
        .map(|index| (first + f64::from(index)) * step)
        .take_while(|tick| *tick <= high + 1e-9 * step)
        .collect()
}

/// Up to four digits, without needless zeros.
fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals =
        if size >= 1000.0 || size == 0.0 { 0 } else { (3 - size.log10().floor() as i32).clamp(0, 6) };
    let text = format!("{value:.*}", decimals as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// A title without the dollars and braces of a formula, as text shows it.
fn plain_axis(axis: &str) -> String {
    axis.chars().filter(|letter| !matches!(letter, '$' | '{' | '}' | '_')).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn text(histogram: &Histogram) -> String {
    let (counts, _) = merged(histogram, TEXT_LINES);
    let edges = histogram.edges();
    let (low, high) = (edges[0], edges[edges.len() - 1]);
    let width = histogram.n_bins().div_ceil(TEXT_LINES) as f64 * (high - low) / histogram.n_bins() as f64;
    let highest = counts.iter().copied().fold(0.0, f64::max);
    let mut text = format!("{}: {} entries\n", plain_axis(histogram.axis()), histogram.entries());
    for (bin, count) in counts.iter().enumerate() {
        let length = if highest > 0.0 { (count / highest * TEXT_COLUMNS).round() } else { 0.0 };
        let bar = "█".repeat(length.max(0.0) as usize);
        let _ = writeln!(text, "{:>10} |{bar} {}", number(low + bin as f64 * width), number(*count));
    }
    let _ = write!(
        text,
        "underflow {}, overflow {}",
        number(histogram.underflow()),
        number(histogram.overflow())
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_names_its_axis_and_is_well_formed() {
        let mut histogram = Histogram::new("$m_{jj}$ <GeV>", 10, 0.0, 100.0);
        histogram.fill(35.0);
        histogram.fill(36.0);
        histogram.fill(200.0);
        let content = histogram.content();
        let picture = &content.forms()[0].1;
        assert!(picture.contains("mjj &lt;GeV&gt;</text>"), "{picture}");
        assert!(picture.contains(">3 entries, mean 35, std 0, overflow 1<"), "{picture}");
        assert_eq!(picture.matches('<').count(), picture.matches('>').count());
        assert!(!picture.contains("NaN"), "{picture}");
        assert!(content.plain_text().contains("        30 |████████████████████████████████████████ 2\n"));
    }

    #[test]
    fn empty_negative_and_huge_histograms_are_drawn() {
        let empty = Histogram::new("x", 3, -1.0, 1.0);
        let mut negative = Histogram::new("x", 3, -1.0, 1.0);
        negative.fill_weighted(0.0, -2.0);
        let many = Histogram::of("x", 100_000, 0.0, 1.0, &[0.5, 1e300]);
        let vast = Histogram::new("x", 2, f64::MIN, f64::MAX);
        for histogram in [empty, negative, many, vast] {
            let content = histogram.content();
            assert!(!content.forms()[0].1.contains("NaN") && !content.forms()[0].1.contains("inf"));
            assert!(content.forms()[0].1.len() < 100_000);
            assert!(content.plain_text().lines().count() <= TEXT_LINES + 2);
        }
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 1.0, 0.25, 1234.0, 98.765_432, 1e7, 1e-9, -0.5].map(number);
        assert_eq!(shown, ["0", "1", "0.25", "1234", "98.77", "1.00e7", "1.00e-9", "-0.5"]);
        assert_eq!(ticks(0.0, 100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert!(ticks(1.0, 1.0).is_empty());
    }
}
