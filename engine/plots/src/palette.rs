//! Colours that people with and without colour vision can tell apart: the sequences of M. A. Petroff
//! (arXiv:2107.02270), and two colour maps for cells.

use crate::colour_names::COLOUR_NAMES;

/// A sequence of colours; more samples than colours start again from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// Six colours, the default: the most different ones.
    #[default]
    Six,
    /// Eight colours.
    Eight,
    /// Ten colours.
    Ten,
}

impl Palette {
    /// Returns the colours as `#rrggbb`.
    pub fn colours(self) -> &'static [&'static str] {
        match self {
            Self::Six => &["#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1", "#7a21dd"],
            Self::Eight => {
                &["#1845fb", "#ff5e02", "#c91f16", "#c849a9", "#adad7d", "#86c8dd", "#578dff", "#656364"]
            }
            Self::Ten => &[
                "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70",
                "#717581", "#92dadd",
            ],
        }
    }

    /// This palette, or a longer one where so many colours are needed.
    #[must_use]
    pub fn holding(self, n_colours: usize) -> Self {
        let mut longer = [self, Self::Eight].into_iter();
        longer.find(|palette| palette.colours().len() >= n_colours).unwrap_or(Self::Ten)
    }

    pub(crate) fn colour(self, index: usize) -> &'static str {
        let colours = self.colours();
        colours[index % colours.len()]
    }
}

/// Whether a text is a colour that every SVG reader knows: `#rgb`, `#rrggbb` or a name such as `royalblue`.
pub fn is_colour(text: &str) -> bool {
    match text.strip_prefix('#') {
        Some(hex) => matches!(hex.len(), 3 | 6) && hex.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => COLOUR_NAMES.binary_search(&text.to_ascii_lowercase().as_str()).is_ok(),
    }
}

type Rgb = [f64; 3];

/// Viridis at nine equal steps: dark violet for 0, yellow for 1.
const RISING: [Rgb; 9] = [
    [68.0, 1.0, 84.0],
    [71.0, 45.0, 123.0],
    [59.0, 82.0, 139.0],
    [44.0, 114.0, 142.0],
    [33.0, 145.0, 140.0],
    [40.0, 174.0, 128.0],
    [94.0, 201.0, 98.0],
    [173.0, 220.0, 48.0],
    [253.0, 231.0, 37.0],
];

/// Blue over white to red; the ends are two of Petroff's colours, which stay apart for everybody.
const DIVERGING: [Rgb; 5] = [
    [24.0, 69.0, 201.0],
    [143.0, 178.0, 240.0],
    [255.0, 255.0, 255.0],
    [240.0, 158.0, 134.0],
    [189.0, 31.0, 1.0],
];

/// White to the blue of the first colour.
const PALE: [Rgb; 3] = [[255.0, 255.0, 255.0], [171.0, 199.0, 247.0], [36.0, 92.0, 196.0]];

/// Colour of a share 0..1 of the largest value.
pub(crate) fn rising(share: f64) -> String {
    hex(between(&RISING, share))
}

/// Colour of a value −1..1.
pub(crate) fn diverging(value: f64) -> String {
    hex(between(&DIVERGING, f64::midpoint(value, 1.0)))
}

/// Colour of a share 0..1, white for none.
pub(crate) fn pale(share: f64) -> String {
    hex(between(&PALE, share))
}

/// Black or white, whichever can be read on the given background.
pub(crate) fn ink_on(background: &str) -> &'static str {
    let channel = |at: usize| background.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
    let [red, green, blue] = [1, 3, 5].map(|at| f64::from(channel(at).unwrap_or(255)));
    if 0.299 * red + 0.587 * green + 0.114 * blue < 140.0 { "#fff" } else { "#000" }
}

fn between(stops: &[Rgb], share: f64) -> Rgb {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let place = share * (stops.len() - 1) as f64;
    let below = (place as usize).min(stops.len() - 2);
    let (low, high, part) = (stops[below], stops[below + 1], place - below as f64);
    [0, 1, 2].map(|channel| low[channel] + (high[channel] - low[channel]) * part)
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{:02x}{:02x}{:02x}", red.round() as u8, green.round() as u8, blue.round() as u8)
}

#[cfg(test)]
mod tests {
    use super::{Palette, diverging, ink_on, is_colour, pale, rising};

    #[test]
    fn maps_start_and_end_at_their_stops() {
        assert_eq!((rising(0.0), rising(1.0)), ("#440154".to_owned(), "#fde725".to_owned()));
        assert_eq!(
            (diverging(-1.0), diverging(0.0), diverging(1.0)),
            ("#1845c9".to_owned(), "#ffffff".to_owned(), "#bd1f01".to_owned())
        );
        assert_eq!(pale(f64::NAN), "#ffffff");
        assert_eq!(rising(7.0), rising(1.0));
    }

    #[test]
    fn colours_repeat_and_ink_is_readable() {
        assert_eq!(
            [1, 7, 9, 30].map(|n| Palette::Six.holding(n)),
            [Palette::Six, Palette::Eight, Palette::Ten, Palette::Ten]
        );
        assert_eq!(Palette::Ten.holding(2), Palette::Ten);
        assert_eq!(Palette::Six.colour(6), Palette::Six.colour(0));
        assert_eq!((ink_on("#000000"), ink_on("#ffffff"), ink_on("odd")), ("#fff", "#000", "#000"));
    }

    #[test]
    fn only_colours_are_colours() {
        assert!(["#fff", "#5790FC", "red", "RoyalBlue"].into_iter().all(is_colour));
        assert!(
            ["", "#", "#12345", "#ggg", "url(#a)", "red\"/>", "bleu", "none"]
                .into_iter()
                .all(|text| !is_colour(text))
        );
    }
}
