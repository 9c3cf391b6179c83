//! What a picture looks like apart from its numbers: size, colours, and the label of the experiment.

use serde_json::Value;

use crate::palette::Palette;

/// A picture that can be drawn and written.
pub trait Figure {
    /// Draws the picture as an SVG document without XML declaration, ready to stand in a web page or a file.
    fn to_svg(&self, style: &Style) -> String;

    /// Writes the picture for a terminal: bars of block characters and small tables, at most about 80 columns.
    fn to_text(&self) -> String;

    /// Writes the picture as a Vega-Lite v5 document that can be zoomed and asked for its numbers
    /// (`application/vnd.vegalite.v5+json`); none where a figure has no such form.
    fn interactive(&self) -> Option<Value> {
        None
    }
}

/// Size, colours and label of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// Width in pixels; 640 by default, kept within 200..=8000.
    pub width: u32,
    /// Height in pixels; 520 by default, kept within 150..=8000.
    pub height: u32,
    /// The colours of samples and curves.
    pub palette: Palette,
    /// Text above the frame.
    pub experiment: Option<ExperimentLabel>,
}

/// Text above the frame: **Name** *status* on the left, conditions on the right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExperimentLabel {
    /// Name of the experiment, bold.
    pub name: String,
    /// `Preliminary`, `Simulation`, .., italic; may be empty.
    pub status: String,
    /// Luminosity and energy, `138 fb$^{-1}$ (13 TeV)`; may be empty.
    pub conditions: String,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: 640, height: 520, palette: Palette::default(), experiment: None }
    }
}

impl Style {
    /// Width and height in pixels within their limits.
    pub(crate) fn size(&self) -> (f64, f64) {
        (f64::from(self.width.clamp(200, 8000)), f64::from(self.height.clamp(150, 8000)))
    }

    /// By how much letters and lines are larger than in a picture of the default size.
    pub(crate) fn scale(&self) -> f64 {
        let (width, height) = self.size();
        (width / 640.0).min(height / 480.0).clamp(0.45, 4.0)
    }
}
