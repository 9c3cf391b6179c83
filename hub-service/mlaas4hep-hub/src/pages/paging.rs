//! Which page of a long list.

use serde::Deserialize;

/// Lines on a page.
pub(super) const LINES: u32 = 100;

/// Where the page starts.
#[derive(Default, Deserialize)]
pub(super) struct From {
    /// `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}
