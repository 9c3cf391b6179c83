//! Where the body of a `PUT` belongs in its file.

/// `Content-Range: bytes FIRST-LAST/SIZE` (RFC 9110 section 14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// First byte.
    pub first: u64,
    /// Bytes of the body, at least one.
    pub n_bytes: u64,
    /// Size of the whole file in bytes.
    pub size_bytes: u64,
}

impl ContentRange {
    /// Reads the header; `None` where it does not place all bytes of a body in a file of a known size.
    ///
    /// A `PUT` with such a header is to be refused with 400: taken as a whole file it would destroy the rest (RFC 9110
    /// section 14.5).
    #[must_use]
    pub fn parse(header: &[u8]) -> Option<Self> {
        let (unit, rest) = std::str::from_utf8(header).ok()?.trim().split_once(' ')?;
        let (range, size) = rest.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last, size_bytes) = (number(first)?, number(last)?, number(size)?);
        let fits = first <= last && last < size_bytes;
        (unit.eq_ignore_ascii_case("bytes") && fits).then(|| Self {
            first,
            n_bytes: last - first + 1,
            size_bytes,
        })
    }

    /// The size in `bytes */SIZE`: with it and no body a writer asks how far its file is.
    #[must_use]
    pub fn asked_size(header: &[u8]) -> Option<u64> {
        let (unit, rest) = std::str::from_utf8(header).ok()?.trim().split_once(' ')?;
        let size = rest.trim().strip_prefix("*/")?;
        if unit.eq_ignore_ascii_case("bytes") { number(size) } else { None }
    }
}

/// Digits only: `u64::from_str` would take a plus sign. What does not fit is refused: it would place bytes elsewhere than
/// said.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_of_a_body() {
        let check = |header: &str, expected: Option<(u64, u64, u64)>| {
            let found = ContentRange::parse(header.as_bytes());
            assert_eq!(
                found.map(|range| (range.first, range.n_bytes, range.size_bytes)),
                expected,
                "{header}"
            );
        };
        check("bytes 0-4/10", Some((0, 5, 10)));
        check("Bytes 5-9/10", Some((5, 5, 10)));
        check("bytes 0-18446744073709551614/18446744073709551615", Some((0, u64::MAX, u64::MAX)));
        for bad in [
            "bytes 5-9/*",
            "bytes 5-10/10",
            "bytes 5-4/10",
            "bytes */10",
            "bytes 0-4",
            "bytes 0-4/",
            "bytes=0-4/10",
            "bytes -1-4/10",
            "bytes +1-4/10",
            "bytes 0-0/0",
            "bytes 0-99999999999999999999999/99999999999999999999999",
            "items 0-4/10",
            "bytes",
            "",
        ] {
            check(bad, None);
        }
        assert_eq!(ContentRange::parse(b"bytes 0-4/10\xff"), None);
        let asked = ["bytes */10", "Bytes */0", "bytes */", "bytes */*", "bytes 0-4/10", "items */10", ""];
        let asked = asked.map(|header| ContentRange::asked_size(header.as_bytes()));
        assert_eq!(asked, [Some(10), Some(0), None, None, None, None, None]);
    }

    proptest! {
        #[test]
        fn a_part_lies_in_its_file(text in "bytes [0-9]{0,21}-?[0-9]{0,3}/[0-9*]{0,21}") {
            if let Some(range) = ContentRange::parse(text.as_bytes()) {
                prop_assert!(range.n_bytes > 0 && range.n_bytes <= range.size_bytes - range.first);
            }
        }
    }
}
