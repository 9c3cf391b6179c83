//! Why a picture cannot be exported.

use thiserror::Error;

/// Why a picture cannot be exported.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ExportError {
    /// The text is no SVG document.
    #[error(
        "reading an SVG document of {n_bytes} bytes: {reason}; hand over the whole text of one <svg> element"
    )]
    NotSvg {
        /// Length of the text.
        n_bytes: usize,
        /// What the reader met.
        reason: String,
    },
    /// Elements stand in each other more deeply than can be drawn safely.
    #[error(
        "reading an SVG document of {n_bytes} bytes: elements are nested more than {deepest} deep, or it defines \
         entities; flatten its groups and write entities out"
    )]
    Nested {
        /// Length of the text.
        n_bytes: usize,
        /// The limit.
        deepest: usize,
    },
    /// The scale is no number in its limits.
    #[error("drawing a PNG at scale {scale}: the scale must lie between {smallest} and {largest}")]
    Scale {
        /// What was asked for.
        scale: f64,
        /// The smallest scale.
        smallest: f64,
        /// The largest scale.
        largest: f64,
    },
    /// The picture has no, or too many, pixels.
    #[error(
        "drawing a PNG of {width} x {height} pixels: at least 1 and at most {most_pixels} pixels can be drawn; \
         choose another size or scale"
    )]
    Size {
        /// Width in pixels.
        width: f64,
        /// Height in pixels.
        height: f64,
        /// The limit.
        most_pixels: u64,
    },
    /// The pixels cannot be packed.
    #[error("packing a PNG of {width} x {height} pixels: {reason}; try a smaller scale")]
    Png {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// What the packer said.
        reason: String,
    },
    /// The document cannot be written as PDF.
    #[error("writing a PDF page of {width} x {height} pixels: {reason}; export as SVG or PNG instead")]
    Pdf {
        /// Width in pixels.
        width: f32,
        /// Height in pixels.
        height: f32,
        /// What the writer said.
        reason: String,
    },
}
