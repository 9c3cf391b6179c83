//! A strict look at the SVG: tags closed in order, attributes quoted, entities known, every number finite.

/// Panics with the place of the first thing that is not well-formed.
pub(crate) fn check_xml(name: &str, text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        check_text(name, &rest[..at]);
        let end = rest[at..].find('>').map_or_else(|| panic!("{name}: open tag"), |end| at + end);
        let tag = &rest[at + 1..end];
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}");
        } else {
            let element = tag.split([' ', '/']).next().unwrap_or_default();
            check_attributes(name, tag);
            if !tag.ends_with('/') {
                open.push(element);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{name}: {open:?} left open");
}

fn check_text(name: &str, text: &str) {
    for behind in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;"].iter().any(|entity| behind.starts_with(entity));
        assert!(known, "{name}: unknown entity in {text:?}");
    }
    let is_allowed = |letter: char| !letter.is_control() || letter == '\n';
    assert!(text.chars().all(is_allowed), "{name}: control character in {text:?}");
}

fn check_attributes(name: &str, tag: &str) {
    let quotes: Vec<&str> = tag.split('"').collect();
    assert_eq!(quotes.len() % 2, 1, "{name}: odd quotes in {tag:?}");
    for pair in quotes.chunks(2).filter(|pair| pair.len() == 2) {
        let (attribute, value) = (pair[0], pair[1]);
        if attribute.ends_with("font-family=") {
            continue;
        }
        let number = |c: char| matches!(c, '0'..='9' | '.' | '-');
        let words = value.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
        for word in words {
            assert!(!["NaN", "nan", "inf", "Infinity"].contains(&word), "{name}: {word} in {tag:?}");
        }
        if [" x=", " y=", " width=", " height=", " cx=", " cy=", " r=", " font-size="].contains(&attribute) {
            assert!(value.chars().all(number), "{name}: {attribute} {value:?}");
        }
    }
}
