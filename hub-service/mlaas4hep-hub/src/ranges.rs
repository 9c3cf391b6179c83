//! `Range` of bytes (RFC 9110 section 14). Pure: texts in, numbers out.

use std::ops::Range;

/// Most ranges in one request; more of them is not worth an answer in parts (RFC 9110 section 14.2).
const MAX_RANGES: usize = 32;

/// What a `Range` header asks of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The whole file: no header, another unit, or nothing that the grammar knows. Answer 200.
    Whole,
    /// These bytes, in the order asked for, each half open and within the file. Answer 206.
    Parts(Vec<Range<u64>>),
    /// None of it is in the file. Answer 416 with `Content-Range: bytes */SIZE`.
    Unsatisfiable,
}

/// Reads a `Range` header against a file of `size_bytes`.
///
/// A header that the grammar does not know is ignored, as RFC 9110 section 14.2 has it. So are more than 32 ranges, and
/// ranges that together ask for more bytes than the file has: they can only be meant to make the server work.
#[must_use]
pub(crate) fn asked(header: Option<&str>, size_bytes: u64) -> Asked {
    let Some(specs) = header.and_then(byte_specs) else { return Asked::Whole };
    let parsed: Option<Vec<_>> =
        specs.split(',').map(str::trim).filter(|spec| !spec.is_empty()).map(range_spec).collect();
    let Some(specs) = parsed.filter(|specs| !specs.is_empty() && specs.len() <= MAX_RANGES) else {
        return Asked::Whole;
    };
    let parts: Vec<_> = specs.into_iter().filter_map(|spec| spec.within(size_bytes)).collect();
    let total: u128 = parts.iter().map(|part| u128::from(part.end - part.start)).sum();
    match parts.len() {
        0 => Asked::Unsatisfiable,
        2.. if total > u128::from(size_bytes) => Asked::Whole,
        _ => Asked::Parts(parts),
    }
}

/// What follows `bytes=`; the unit is written in any case.
fn byte_specs(header: &str) -> Option<&str> {
    let (unit, specs) = header.split_once('=')?;
    unit.trim().eq_ignore_ascii_case("bytes").then_some(specs)
}

enum Spec {
    /// From the first to the last byte, the last one included; without a last one, to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl Spec {
    fn within(self, size_bytes: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From(first, last) => {
                first..last.map_or(size_bytes, |last| last.saturating_add(1).min(size_bytes))
            }
            Self::Last(n_bytes) => size_bytes.saturating_sub(n_bytes)..size_bytes,
        };
        (!range.is_empty()).then_some(range)
    }
}

fn range_spec(spec: &str) -> Option<Spec> {
    let (first, last) = spec.split_once('-')?;
    match (first, last) {
        ("", n_bytes) => number(n_bytes).map(Spec::Last),
        (first, "") => Some(Spec::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::From(first, Some(last)))
        }
    }
}

/// Digits only: `u64::from_str` would take a plus sign. Numbers that do not fit are as good as the largest one.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_a_file_of_ten_bytes() {
        let parts = |ranges: &[(u64, u64)]| Asked::Parts(ranges.iter().map(|&(a, b)| a..b).collect());
        for (header, expected) in [
            ("bytes=0-0", parts(&[(0, 1)])),
            ("bytes=0-9", parts(&[(0, 10)])),
            ("bytes=2-", parts(&[(2, 10)])),
            ("bytes=-3", parts(&[(7, 10)])),
            ("bytes=-30", parts(&[(0, 10)])),
            ("bytes=5-99", parts(&[(5, 10)])),
            ("bytes=5-99999999999999999999999", parts(&[(5, 10)])),
            ("bytes=5-18446744073709551615", parts(&[(5, 10)])),
            ("BYTES=1-2", parts(&[(1, 3)])),
            ("bytes=7-8, 0-1", parts(&[(7, 9), (0, 2)])),
            ("bytes=0-1,,3-4,", parts(&[(0, 2), (3, 5)])),
            ("bytes=0-1,50-60", parts(&[(0, 2)])),
            ("bytes=10-", Asked::Unsatisfiable),
            ("bytes=99999999999999999999999-", Asked::Unsatisfiable),
            ("bytes=-0", Asked::Unsatisfiable),
            ("bytes=20-30,-0", Asked::Unsatisfiable),
            ("bytes=0-,0-", Asked::Whole),
            ("bytes=3-2", Asked::Whole),
            ("bytes=", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("bytes=--2", Asked::Whole),
            ("bytes 0-1", Asked::Whole),
            ("items=0-1", Asked::Whole),
            ("", Asked::Whole),
        ] {
            assert_eq!(asked(Some(header), 10), expected, "{header}");
        }
        assert_eq!(asked(None, 10), Asked::Whole);
        assert_eq!(asked(Some(&format!("bytes={}", vec!["0-0"; 33].join(","))), 100), Asked::Whole);
    }

    #[test]
    fn an_empty_file_has_no_ranges() {
        for header in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            assert_eq!(asked(Some(header), 0), Asked::Unsatisfiable, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn one_range_is_what_it_says(size_bytes in 1_u64.., first: u64, last: u64) {
            let (first, last) = (first % size_bytes, last.max(first % size_bytes));
            let expected = first..last.saturating_add(1).min(size_bytes);
            let found = asked(Some(&format!("bytes={first}-{last}")), size_bytes);
            proptest::prop_assert_eq!(found, Asked::Parts(vec![expected]));
        }
    }
}
