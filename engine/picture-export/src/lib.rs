//! SVG to PNG and PDF, with the fonts of the house bundled: a machine without fonts draws the same bytes as any
//! other.
//!
//! Text is set in TeX Gyre Heros, and in `DejaVu` Sans where that lacks a sign (Greek, arrows); whatever else a
//! document asks for is replaced by them. Nothing outside the document is read: links to files and addresses are
//! left out.
//!
//! ```
//! let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><circle r="9"/></svg>"##;
//! let picture = picture_export::svg_to_png(svg, picture_export::DEFAULT_SCALE)?;
//! assert_eq!((picture.width, picture.height), (80, 40));
//! assert!(picture_export::svg_to_pdf(svg)?.starts_with(b"%PDF"));
//! # Ok::<(), picture_export::ExportError>(())
//! ```

mod density;
mod document;
mod error;
mod fonts;
mod pdf;
mod png;

pub use density::{MOST_MARKS, MOST_SVG_BYTES, is_dense, n_marks};
pub use error::ExportError;
pub use pdf::svg_to_pdf;
pub use png::{DEFAULT_SCALE, LARGEST_SCALE, MOST_PIXELS, Png, SMALLEST_SCALE, svg_to_png};
