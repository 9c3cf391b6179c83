//! Every page, word by word. A change of the look is a change of these files, to be read and accepted.

use hub_api::Role;

use super::samples::pages;

/// A tag a line, so that a change shows where it is; the hashes of style and script change with every edit of these.
fn readable(html: &str) -> String {
    let lines = html.replace('<', "\n<");
    let mut out = String::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("<path")) {
        let line = match (line.find("assets/"), line.find('-')) {
            (Some(at), Some(_)) => {
                let start = at + line[at..].find('-').unwrap_or(0) + 1;
                let end = start + line[start..].find('.').unwrap_or(0);
                format!("{}HASH{}", &line[..start], &line[end..])
            }
            _ => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[test]
fn every_page_of_an_administrator() {
    for (name, page) in pages(Role::Admin) {
        insta::assert_snapshot!(name, readable(&page.into_string()));
    }
}

#[test]
fn a_reader_sees_no_button_that_writes() {
    for (name, page) in pages(Role::Reader) {
        let html = page.into_string();
        if matches!(name, "folder" | "file_root") {
            insta::assert_snapshot!(format!("{name}_of_a_reader"), readable(&html));
            for word in [
                "/delete/",
                "/move/",
                "/upload/",
                "/new-folder/",
                "/restore/",
                "/sharing",
                "/audit",
                "/trash",
            ] {
                assert!(!html.contains(word), "{name}: {word}");
            }
        }
    }
}
