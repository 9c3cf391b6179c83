//! Conditions on entity tags (RFC 9110 section 13). Pure: headers and the tag that stands, in; what to do, out.
//!
//! Dates (`If-Modified-Since`, `If-Unmodified-Since`) are not looked at: a tag says more, and every file has one.

use workspaces::entity_tags;

/// Conditions of a request, as its headers say them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions<'a> {
    /// `If-Match`: only while the content is one of these.
    pub(crate) if_match: Option<&'a str>,
    /// `If-None-Match`: only while it is none of these.
    pub(crate) if_none_match: Option<&'a str>,
}

/// What the conditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Do what was asked.
    Go,
    /// Of a read: 304, the caller has it already.
    NotModified,
    /// 412: the content is not what the caller believes.
    Failed,
}

impl Conditions<'_> {
    /// Judges in the order of RFC 9110 section 13.2.2. `tag` is the entity tag that stands, quotes included, or `None`
    /// where there is nothing; `is_read` holds for `GET` and `HEAD`.
    #[must_use]
    pub(crate) fn judge(&self, tag: Option<&str>, is_read: bool) -> Verdict {
        if self.if_match.is_some_and(|list| !holds(list, tag, strong)) {
            return Verdict::Failed;
        }
        match self.if_none_match.is_some_and(|list| holds(list, tag, weak)) {
            true if is_read => Verdict::NotModified,
            true => Verdict::Failed,
            false => Verdict::Go,
        }
    }
}

/// Whether the ranges of a request still count under its `If-Range`: no header, or the very tag that stands. A date or a
/// weak tag never does (RFC 9110 section 13.1.5).
#[must_use]
pub(crate) fn ranges_count(if_range: Option<&str>, tag: &str) -> bool {
    if_range.is_none_or(|given| strong(given.trim(), tag))
}

/// Whether a list holds the tag; `*` holds any.
fn holds(list: &str, tag: Option<&str>, same: fn(&str, &str) -> bool) -> bool {
    tag.is_some_and(|tag| list.trim() == "*" || entity_tags(list).any(|given| same(given, tag)))
}

/// The strong tags of a list, quotes included. Weak ones never match a write (RFC 9110 section 13.1.1).
pub(crate) fn tags(list: &str) -> Vec<String> {
    entity_tags(list).filter(|tag| !tag.starts_with("W/")).map(str::to_owned).collect()
}

fn strong(given: &str, tag: &str) -> bool {
    given == tag && !given.starts_with("W/")
}

fn weak(given: &str, tag: &str) -> bool {
    given.strip_prefix("W/").unwrap_or(given) == tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_a_write() {
        assert_eq!(tags("\"a\", W/\"b\",\"c,d\""), ["\"a\"", "\"c,d\""]);
        assert_eq!(tags("a"), Vec::<String>::new());
        assert_eq!(tags("\"a"), Vec::<String>::new());
    }

    #[test]
    fn every_condition() {
        use Verdict::{Failed, Go, NotModified};
        let there = Some("\"a\"");
        for (if_match, if_none_match, tag, on_read, on_write) in [
            (None, None, there, Go, Go),
            (None, None, None, Go, Go),
            (Some("\"a\""), None, there, Go, Go),
            (Some("\"b\", \"a\""), None, there, Go, Go),
            (Some("\"b\""), None, there, Failed, Failed),
            (Some("W/\"a\""), None, there, Failed, Failed),
            (Some("a"), None, there, Failed, Failed),
            (Some("\"a"), None, there, Failed, Failed),
            (Some(""), None, there, Failed, Failed),
            (Some("*"), None, there, Go, Go),
            (Some("*"), None, None, Failed, Failed),
            (None, Some("*"), there, NotModified, Failed),
            (None, Some("*"), None, Go, Go),
            (None, Some("\"a\""), there, NotModified, Failed),
            (None, Some("W/\"a\""), there, NotModified, Failed),
            (None, Some("\"b\",W/\"c\""), there, Go, Go),
            (Some("\"b\""), Some("\"a\""), there, Failed, Failed),
            (Some("\"a\""), Some("\"a\""), there, NotModified, Failed),
            (Some("\"x,y\""), None, Some("\"x,y\""), Go, Go),
        ] {
            let conditions = Conditions { if_match, if_none_match };
            assert_eq!(conditions.judge(tag, true), on_read, "read, {conditions:?}, {tag:?}");
            assert_eq!(conditions.judge(tag, false), on_write, "write, {conditions:?}, {tag:?}");
        }
    }

    #[test]
    fn ranges_of_the_content_that_was_meant() {
        for (if_range, counts) in [
            (None, true),
            (Some("\"a\""), true),
            (Some("\"b\""), false),
            (Some("W/\"a\""), false),
            (Some("Sat, 29 Oct 1994 19:43:31 GMT"), false),
        ] {
            assert_eq!(ranges_count(if_range, "\"a\""), counts, "{if_range:?}");
        }
    }
}
