//! Positions in code: front ends count Unicode code points, Rust counts bytes.

/// Byte offset of a code point; past the end it is the end.
pub(crate) fn byte_offset(code: &str, code_points: i64) -> usize {
    let skipped = usize::try_from(code_points).unwrap_or(0);
    code.char_indices().nth(skipped).map_or(code.len(), |(offset, _)| offset)
}

/// Code points before a byte offset; one inside a character counts as the start of it.
pub(crate) fn code_points(code: &str, byte_offset: usize) -> usize {
    code.char_indices().take_while(|(start, letter)| start + letter.len_utf8() <= byte_offset).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        let code = "aµ😀b";
        for (points, bytes) in [(0, 0), (1, 1), (2, 3), (3, 7), (4, 8)] {
            assert_eq!(byte_offset(code, points as i64), bytes);
            assert_eq!(code_points(code, bytes), points);
        }
        assert_eq!(byte_offset(code, 99), 8);
        assert_eq!(byte_offset(code, -1), 0);
        assert_eq!(code_points(code, 99), 4);
        assert_eq!(code_points(code, 2), 1);
    }
}
