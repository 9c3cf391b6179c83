//! Conditions of a read (RFC 9110 section 13). Pure: headers, the tag and the time that stand, in; what to do, out.

use std::time::SystemTime;
use workspaces::entity_tags;

/// Conditions of a request, as its headers say them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the names of the headers")]
pub(crate) struct Conditions<'a> {
    /// `If-Match`: only while the content is one of these.
    pub(crate) if_match: Option<&'a str>,
    /// `If-None-Match`: only while it is none of these.
    pub(crate) if_none_match: Option<&'a str>,
    /// `If-Unmodified-Since`: only if it is not newer. Does not count beside `If-Match`.
    pub(crate) if_unmodified_since: Option<&'a str>,
    /// `If-Modified-Since`: only if it is newer. Does not count beside `If-None-Match`.
    pub(crate) if_modified_since: Option<&'a str>,
}

/// What the conditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Do what was asked.
    Go,
    /// 304: the caller has it already.
    NotModified,
    /// 412: the content is not what the caller believes.
    Failed,
}

impl Conditions<'_> {
    /// Judges a `GET` or `HEAD` in the order of RFC 9110 section 13.2.2. `tag` is the entity tag that stands, quotes
    /// included; `modified` the time in seconds since 1970.
    #[must_use]
    pub(crate) fn judge(&self, tag: &str, modified: i64) -> Verdict {
        let is_expected = match self.if_match {
            Some(list) => holds(list, tag, strong),
            None => self.if_unmodified_since.and_then(http_seconds).is_none_or(|since| modified <= since),
        };
        if !is_expected {
            return Verdict::Failed;
        }
        let is_known = match self.if_none_match {
            Some(list) => holds(list, tag, weak),
            None => self.if_modified_since.and_then(http_seconds).is_some_and(|since| modified <= since),
        };
        if is_known { Verdict::NotModified } else { Verdict::Go }
    }
}

/// Seconds since 1970 of a date of HTTP in any of its three forms (RFC 9110 section 5.6.7); what is no date does not count.
pub(crate) fn http_seconds(date: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(date.trim()).ok()?;
    i64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// Whether the ranges of a request still count under its `If-Range`: no header, or the very tag that stands. A date or a
/// weak tag never does (RFC 9110 section 13.1.5).
#[must_use]
pub(crate) fn ranges_count(if_range: Option<&str>, tag: &str) -> bool {
    if_range.is_none_or(|given| strong(given.trim(), tag))
}

/// Whether a list holds the tag; `*` holds any.
fn holds(list: &str, tag: &str, same: fn(&str, &str) -> bool) -> bool {
    list.trim() == "*" || entity_tags(list).any(|given| same(given, tag))
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

    const BEFORE: Option<&str> = Some("Sun, 06 Nov 1994 08:49:36 GMT");
    const SAME: Option<&str> = Some("Sunday, 06-Nov-94 08:49:37 GMT");
    const LATER: Option<&str> = Some("Sun Nov  6 08:49:38 1994");

    #[test]
    fn every_condition_on_tags() {
        use Verdict::{Failed, Go, NotModified};
        for (if_match, if_none_match, tag, expected) in [
            (None, None, "\"a\"", Go),
            (Some("\"a\""), None, "\"a\"", Go),
            (Some("\"b\", \"a\""), None, "\"a\"", Go),
            (Some("\"b\""), None, "\"a\"", Failed),
            (Some("W/\"a\""), None, "\"a\"", Failed),
            (Some("a"), None, "\"a\"", Failed),
            (Some("\"a"), None, "\"a\"", Failed),
            (Some(""), None, "\"a\"", Failed),
            (Some("*"), None, "\"a\"", Go),
            (None, Some("*"), "\"a\"", NotModified),
            (None, Some("\"a\""), "\"a\"", NotModified),
            (None, Some("W/\"a\""), "\"a\"", NotModified),
            (None, Some("\"b\",W/\"c\""), "\"a\"", Go),
            (Some("\"b\""), Some("\"a\""), "\"a\"", Failed),
            (Some("\"a\""), Some("\"a\""), "\"a\"", NotModified),
            (Some("\"x,y\""), None, "\"x,y\"", Go),
        ] {
            let conditions = Conditions { if_match, if_none_match, ..Conditions::default() };
            assert_eq!(conditions.judge(tag, 784_111_777), expected, "{conditions:?}, {tag:?}");
        }
    }

    #[test]
    fn dates_count_where_no_tags_are_given() {
        use Verdict::{Failed, Go, NotModified};
        let none = Conditions::default();
        for (conditions, expected) in [
            (Conditions { if_modified_since: BEFORE, ..none }, Go),
            (Conditions { if_modified_since: SAME, ..none }, NotModified),
            (Conditions { if_modified_since: LATER, ..none }, NotModified),
            (Conditions { if_modified_since: Some("yesterday"), ..none }, Go),
            (Conditions { if_modified_since: LATER, if_none_match: Some("\"b\""), ..none }, Go),
            (Conditions { if_unmodified_since: BEFORE, ..none }, Failed),
            (Conditions { if_unmodified_since: SAME, ..none }, Go),
            (Conditions { if_unmodified_since: Some(""), ..none }, Go),
            (Conditions { if_unmodified_since: BEFORE, if_match: Some("\"a\""), ..none }, Go),
        ] {
            assert_eq!(conditions.judge("\"a\"", 784_111_777), expected, "{conditions:?}");
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

    proptest::proptest! {
        /// Nothing breaks the reader, and a list in which the tag stands holds it, whatever else is in it.
        #[test]
        fn any_list_is_judged(before in "[Wa/\"*, ]{0,20}", after in "[Wa/\"*, \u{e9}]{0,20}", date in ".{0,40}") {
            use proptest::prop_assert;
            for list in [before.as_str(), &format!("{before}{after}")] {
                prop_assert!(tags(list).iter().all(|tag| tag.starts_with('"') && tag.ends_with('"')));
                let conditions = Conditions { if_match: Some(list), ..Conditions::default() };
                let has_tag = list.trim() == "*" || tags(list).contains(&"\"a\"".to_owned());
                prop_assert!((conditions.judge("\"a\"", 0) == Verdict::Go) == has_tag, "{list}");
            }
            // Quotes that are open would take the tag in.
            let closed = before.replace('"', "");
            let list = format!("{closed}, \"x\", {after}");
            let conditions = Conditions { if_none_match: Some(&list), ..Conditions::default() };
            prop_assert!(conditions.judge("\"x\"", 0) == Verdict::NotModified, "{list}");
            prop_assert!(http_seconds(&date).is_none_or(|seconds| seconds >= 0));
        }
    }
}
