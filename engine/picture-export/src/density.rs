//! When a picture is better shown as pixels: browsers and notebooks become slow with very many shapes.

/// More marks than these make a picture dense.
pub const MOST_MARKS: usize = 20_000;
/// A longer SVG document is dense.
pub const MOST_SVG_BYTES: usize = 1_000_000;

/// Whether an SVG document should be shown as PNG: more than [`MOST_MARKS`] marks or [`MOST_SVG_BYTES`] bytes.
pub fn is_dense(svg: &str) -> bool {
    svg.len() > MOST_SVG_BYTES || n_marks(svg) > MOST_MARKS
}

/// How many marks an SVG document draws: its shapes and texts, and each separate piece of a path.
pub fn n_marks(svg: &str) -> usize {
    const SHAPES: [&str; 7] = ["rect", "circle", "ellipse", "line", "polyline", "polygon", "text"];
    let mut n = 0;
    for tag in svg.split('<').skip(1) {
        let name = tag.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or("");
        if SHAPES.contains(&name) {
            n += 1;
        } else if name == "path" {
            n += n_pieces(tag).max(1);
        }
    }
    n
}

/// How often a path lifts its pen.
fn n_pieces(tag: &str) -> usize {
    let Some((_, rest)) = tag.split_once(" d=\"") else { return 0 };
    rest.chars().take_while(|&letter| letter != '"').filter(|letter| matches!(letter, 'M' | 'm')).count()
}

#[cfg(test)]
mod tests {
    use super::{MOST_MARKS, is_dense, n_marks};

    #[test]
    fn marks_are_counted() {
        let svg = "<svg><title>text rect</title><rect x=\"1\"/><text>path</text><path stroke=\"red\" d=\"M0 0L1 1M2 2L3 3\"/></svg>";
        assert_eq!(n_marks(svg), 4);
        assert_eq!(n_marks("no document"), 0);
    }

    #[test]
    fn many_marks_or_bytes_are_dense() {
        assert!(!is_dense(&"<rect/>".repeat(MOST_MARKS)));
        assert!(is_dense(&"<rect/>".repeat(MOST_MARKS + 1)));
        assert!(is_dense(&" ".repeat(1_000_001)) && !is_dense(&" ".repeat(1_000_000)));
    }
}
