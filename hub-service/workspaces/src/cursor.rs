//! Pages and where the next one starts.

use crate::{Result, WorkspaceError};

/// Most rows of a page, and how many where the caller does not say.
const MOST: u32 = 1000;

/// Rows of a page: 0 is the default.
pub(crate) fn page(limit: u32) -> i64 {
    i64::from(if limit == 0 { MOST } else { limit.min(MOST) })
}

/// The number before which the page starts, counting down.
pub(crate) fn number(cursor: Option<&str>) -> Result<i64> {
    let Some(text) = cursor else { return Ok(i64::MAX) };
    text.parse().ok().filter(|number| *number >= 0).ok_or_else(|| invalid(text))
}

/// Where the next page starts, if more rows were found than are shown.
pub(crate) fn next<S>(
    n_found: usize,
    shown: &[S],
    key: impl FnOnce(&S) -> Result<String>,
) -> Result<Option<String>> {
    shown.last().filter(|_| n_found > shown.len()).map(key).transpose()
}

pub(crate) fn invalid(text: &str) -> WorkspaceError {
    WorkspaceError::Invalid {
        what: "cursor",
        given: text.chars().take(80).collect(),
        allowed: "it must be one that a page before gave",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_numbers() {
        assert_eq!((page(0), page(7), page(5000)), (1000, 7, 1000));
        assert_eq!(number(None).unwrap(), i64::MAX);
        assert_eq!(number(Some("12")).unwrap(), 12);
        for bad in ["", "x", "-1", "9999999999999999999"] {
            assert!(number(Some(bad)).is_err(), "{bad}");
        }
    }
}
