//! The order of a folder.

use hub_api::{Entry, EntryKind};
use hub_pages::arrange::{SortKey, Sorting, arrange};

use super::samples::entry;

fn entries() -> Vec<Entry> {
    let mut entries = vec![
        entry("run10.root", EntryKind::File, 5),
        entry("Run2.root", EntryKind::File, 7),
        entry("zeta", EntryKind::Folder, 0),
        entry("run2.txt", EntryKind::File, 7),
        entry("Alpha", EntryKind::Folder, 0),
    ];
    entries[0].modified = "2026-11-27T00:00:00Z".into();
    entries
}

#[test]
fn folders_come_first_and_numbers_count() {
    let check = |key, is_descending, filter: &str, expected: &[&str]| {
        let sorted = arrange(entries(), Sorting { key, is_descending }, filter);
        let names: Vec<&str> = sorted.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(names, expected);
    };
    check(SortKey::Name, false, "", &["Alpha", "zeta", "Run2.root", "run2.txt", "run10.root"]);
    check(SortKey::Name, true, "", &["zeta", "Alpha", "run10.root", "run2.txt", "Run2.root"]);
    check(SortKey::Size, true, "", &["Alpha", "zeta", "Run2.root", "run2.txt", "run10.root"]);
    check(SortKey::Size, false, "", &["Alpha", "zeta", "run10.root", "Run2.root", "run2.txt"]);
    check(SortKey::Modified, true, "", &["Alpha", "zeta", "run10.root", "Run2.root", "run2.txt"]);
    check(SortKey::Name, false, " RUN2 ", &["Run2.root", "run2.txt"]);
    check(SortKey::Name, false, "none", &[]);
}

#[test]
fn words_of_the_address() {
    for key in SortKey::ALL {
        assert_eq!(SortKey::from_word(key.word()), key);
    }
    assert_eq!(SortKey::from_word("<"), SortKey::Name);
    assert_eq!(Sorting { key: SortKey::Size, is_descending: true }.query(), "sort=size&order=desc");
}
