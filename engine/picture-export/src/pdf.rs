//! SVG to PDF.

use svg2pdf::{ConversionOptions, PageOptions};

use crate::document;
use crate::error::ExportError;

/// A unit of an SVG document is 1/96 inch.
const UNITS_PER_INCH: f32 = 96.0;

/// Writes an SVG document as a PDF of one page of the document's size (a unit of the document is 3/4 point). Everything
/// stays a vector; letters become outlines, so that no reader needs (or replaces) a font.
///
/// # Errors
/// A text that is no SVG document or is nested too deeply, and documents that the writer does not support.
pub fn svg_to_pdf(svg: &str) -> Result<Vec<u8>, ExportError> {
    let tree = document::read(svg)?;
    let page = PageOptions { dpi: UNITS_PER_INCH };
    // As text, the writer puts the fonts into the file in another order in every run.
    let options = ConversionOptions { embed_text: false, ..ConversionOptions::default() };
    svg2pdf::to_pdf(&tree, options, page).map_err(|error| ExportError::Pdf {
        width: tree.size().width(),
        height: tree.size().height(),
        reason: error.to_string(),
    })
}
