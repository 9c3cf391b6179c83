//! How full a workspace is, as a bar and in words.

use hub_api::Quota;
use maud::{Markup, html};

use crate::text;

/// Part of a whole in percent, between 0 and 100.
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 100.0 } else { (part as f64 / whole as f64 * 100.0).clamp(0.0, 100.0) }
}

/// A bar of a width from 0 to 100; what is promised to uploads stands lighter behind what is used.
fn bar(used: f64, promised: f64, label: &str) -> Markup {
    let class = match used {
        n if n >= 95.0 => "bar full",
        n if n >= 80.0 => "bar near",
        _ => "bar",
    };
    html! {
        svg class=(class) viewBox="0 0 100 2" preserveAspectRatio="none" role="img" aria-label=(label) {
            rect.whole width="100" height="2" {}
            @if promised > used { rect.promised width=(format!("{promised:.2}")) height="2" {} }
            rect.used width=(format!("{used:.2}")) height="2" {}
        }
    }
}

/// Bytes and names, each with its bar.
pub(crate) fn quota_bars(quota: &Quota) -> Markup {
    let n_bytes = format!("{} of {} used", text::bytes(quota.used_bytes), text::bytes(quota.limit_bytes));
    let names = format!(
        "{} of {} files and folders",
        text::count(quota.used_entries),
        text::count(quota.limit_entries)
    );
    let used = percent(quota.used_bytes, quota.limit_bytes);
    let promised = percent(quota.used_bytes.saturating_add(quota.reserved_bytes), quota.limit_bytes);
    html! {
        div.quota {
            (bar(used, promised, &format!("{used:.0} percent of the space is used")))
            p {
                (n_bytes)
                @if quota.reserved_bytes > 0 {
                    span.faint { ", " (text::bytes(quota.reserved_bytes)) " promised to uploads" }
                }
            }
            @let n_names = percent(quota.used_entries, quota.limit_entries);
            @if n_names >= 80.0 { (bar(n_names, 0.0, &format!("{n_names:.0} percent of the names are used"))) }
            p.faint { (names) }
        }
    }
}
