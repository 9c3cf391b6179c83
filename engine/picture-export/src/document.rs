//! The text of a picture to a tree of shapes, in the bundled fonts and without a look outside the document.

use resvg::usvg::{ImageHrefResolver, Options, Tree};

use crate::error::ExportError;
use crate::fonts;

/// Deeper documents would exhaust the stack of a thread, on which reading and drawing call themselves.
const DEEPEST: usize = 128;

/// Reads an SVG document.
///
/// # Errors
/// [`ExportError::NotSvg`] and [`ExportError::Nested`].
pub(crate) fn read(svg: &str) -> Result<Tree, ExportError> {
    // An entity could hide any depth.
    if svg.contains("<!ENTITY") || is_deeper_than(svg, DEEPEST) {
        return Err(ExportError::Nested { n_bytes: svg.len(), deepest: DEEPEST });
    }
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

/// Whether elements stand in each other more deeply. On a text that is no XML the answer means nothing, but comes.
fn is_deeper_than(svg: &str, deepest: usize) -> bool {
    let (mut depth, mut rest) = (0_usize, svg);
    while let Some((_, tag)) = rest.split_once('<') {
        rest = match tag.as_bytes() {
            [b'!', b'-', b'-', ..] => behind(tag, "-->"),
            [b'!', b'[', ..] => behind(tag, "]]>"),
            [b'!' | b'?', ..] => behind(tag, ">"),
            [b'/', ..] => {
                depth = depth.saturating_sub(1);
                behind(tag, ">")
            }
            _ => {
                let end = end_of_tag(tag);
                depth += usize::from(!tag[..end].ends_with('/'));
                &tag[end..]
            }
        };
        if depth > deepest {
            return true;
        }
    }
    false
}

fn behind<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, behind)| behind)
}

/// Where a tag ends: at the first `>` outside quotes.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

#[cfg(test)]
mod tests {
    use super::is_deeper_than;

    #[test]
    fn depth_is_that_of_open_elements() {
        let cases = [
            ("<a><b/><b/><c></c></a>", 2),
            ("<a x=\"/>\"><b y='>'><c/></b></a>", 2),
            ("<?xml?><!DOCTYPE svg><!-- <a><a><a> --><a><![CDATA[<b><b>]]></a>", 1),
            ("<a><a><a>", 3),
            ("</a></a><a>", 1),
            ("a < b", 1),
            ("<", 1),
            ("", 0),
        ];
        for (svg, depth) in cases {
            assert!(!is_deeper_than(svg, depth), "{svg} is deeper than {depth}");
            assert!(depth == 0 || is_deeper_than(svg, depth - 1), "{svg} is not as deep as {depth}");
        }
    }
}
