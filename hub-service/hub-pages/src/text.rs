//! Numbers, times and names as people read them.

pub use hub_api::bytes_text as bytes;
use jiff::Timestamp;
use maud::{Markup, html};

/// Thousands apart: `1,234,567`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 file`, `2 files`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A time of an answer (RFC 3339): in UTC, and by the script in the time of the reader. Other text stays as it is.
#[must_use]
pub fn time(rfc3339: &str) -> Markup {
    match rfc3339.parse::<Timestamp>() {
        Err(_) => name(rfc3339),
        Ok(instant) => {
            let shown = instant.strftime("%Y-%m-%d %H:%M").to_string();
            html! { time datetime=(instant) title=(format!("{shown} UTC")) { (shown) } }
        }
    }
}

/// A name that somebody chose, so that it can neither turn the text around it nor hide in it: isolated, and with
/// characters that are not seen written as their numbers (Unicode Standard Annex 9 lists those that turn directions).
#[must_use]
pub fn name(text: &str) -> Markup {
    html! { bdi { (visible(text)) } }
}

/// A text with its unseen characters shown in marks.
fn visible(text: &str) -> Markup {
    let mut parts: Vec<(String, bool)> = Vec::new();
    for letter in text.chars() {
        let is_unseen = is_unseen(letter);
        let shown = if is_unseen { format!("U+{:04X}", letter as u32) } else { letter.to_string() };
        match parts.last_mut() {
            Some((last, false)) if !is_unseen => last.push_str(&shown),
            _ => parts.push((shown, is_unseen)),
        }
    }
    html! {
        @for (part, is_unseen) in parts {
            @if is_unseen { span.unseen title="a character that is not seen" { (part) } } @else { (part) }
        }
    }
}

fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// As [`name`], for attributes and titles, which hold no elements.
#[must_use]
pub fn plain_name(text: &str) -> String {
    text.chars()
        .map(
            |letter| {
                if is_unseen(letter) { format!("<U+{:04X}>", letter as u32) } else { letter.to_string() }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(n), text);
        }
        assert_eq!(
            (counted(1, "file", "files"), counted(2, "file", "files")),
            ("1 file".into(), "2 files".into())
        );
    }

    #[test]
    fn times_are_read_and_written() {
        assert_eq!(
            time("2026-11-26T14:49:33Z").into_string(),
            "<time datetime=\"2026-11-26T14:49:33Z\" title=\"2026-11-26 14:49 UTC\">2026-11-26 14:49</time>"
        );
        assert_eq!(time("<soon>").into_string(), "<bdi>&lt;soon&gt;</bdi>");
    }

    #[test]
    fn unseen_characters_are_seen() {
        assert_eq!(name("a<b").into_string(), "<bdi>a&lt;b</bdi>");
        assert_eq!(
            name("x\u{202e}gpj.exe").into_string(),
            "<bdi>x<span class=\"unseen\" title=\"a character that is not seen\">U+202E</span>gpj.exe</bdi>"
        );
        assert_eq!(plain_name("a\nb\u{200f}"), "a<U+000A>b<U+200F>");
    }
}
