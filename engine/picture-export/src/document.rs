//! The text of a picture to a tree of shapes, in the bundled fonts and without a look outside the document.

use resvg::usvg::{ImageHrefResolver, Options, Tree};

use crate::error::ExportError;
use crate::fonts;

/// Reads an SVG document.
///
/// # Errors
/// [`ExportError::NotSvg`].
pub(crate) fn read(svg: &str) -> Result<Tree, ExportError> {
    let options = Options {
        fontdb: fonts::bundled(),
        font_family: fonts::text_family(),
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    Tree::from_str(svg, &options)
        .map_err(|error| ExportError::NotSvg { n_bytes: svg.len(), reason: error.to_string() })
}
