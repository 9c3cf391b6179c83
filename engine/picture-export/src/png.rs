//! SVG to PNG.

use resvg::tiny_skia::{Pixmap, Transform};

use crate::document;
use crate::error::ExportError;

/// Two pixels for each unit of the document: sharp on today's screens.
pub const DEFAULT_SCALE: f64 = 2.0;
/// The smallest scale.
pub const SMALLEST_SCALE: f64 = 0.05;
/// The largest scale.
pub const LARGEST_SCALE: f64 = 16.0;
/// The largest picture, in pixels: 400 MB while it is drawn.
pub const MOST_PIXELS: u64 = 100_000_000;

/// A picture of pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Png {
    /// The file.
    pub bytes: Vec<u8>,
    /// Width in pixels: the document's times the scale.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Draws an SVG document with `scale` pixels for each of its units ([`DEFAULT_SCALE`] by custom).
///
/// # Errors
/// A text that is no SVG document or is nested too deeply, a scale outside [`SMALLEST_SCALE`] to [`LARGEST_SCALE`], and more pixels than
/// [`MOST_PIXELS`].
pub fn svg_to_png(svg: &str, scale: f64) -> Result<Png, ExportError> {
    if !(SMALLEST_SCALE..=LARGEST_SCALE).contains(&scale) {
        return Err(ExportError::Scale { scale, smallest: SMALLEST_SCALE, largest: LARGEST_SCALE });
    }
    let tree = document::read(svg)?;
    let pixels = |units: f32| (f64::from(units) * scale).ceil();
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let size_error = || ExportError::Size { width, height, most_pixels: MOST_PIXELS };
    if !(width >= 1.0 && height >= 1.0 && width * height <= MOST_PIXELS as f64) {
        return Err(size_error());
    }
    let (width, height) = (width as u32, height as u32);
    let mut pixmap = Pixmap::new(width, height).ok_or_else(size_error)?;
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixmap.as_mut());
    let bytes =
        pixmap.encode_png().map_err(|error| ExportError::Png { width, height, reason: error.to_string() })?;
    Ok(Png { bytes, width, height })
}
