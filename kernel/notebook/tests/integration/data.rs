//! Files, samples, specs, events.

use crate::Book;

#[test]
fn a_file_is_opened_and_its_branches_are_shown() {
    let mut book = Book::new();
    let said = book.said(&format!("%open {}", book.path("signal.root")));
    assert!(said.starts_with("signal: tree Events"), "{said}");
    assert!(said.contains("2000 events") && said.contains("Jet_pt") && said.contains("jagged"), "{said}");
    let keys = book.said(&format!("%open {} --keys", book.path("signal.root")));
    assert!(keys.contains("TTree"), "{keys}");
}

#[test]
fn samples_have_labels_weights_and_colours() {
    let mut book = Book::open();
    let path = book.path("signal.root");
    let said = book.said(&format!("%dataset observed={path} --data --weight genWeight"));
    assert!(said.contains("observed") && said.contains("data") && said.contains("genWeight"), "{said}");
    assert!(book.error(&format!("%dataset x={path} --weight genWeigh")).contains("genWeight"));
    let said = book.said("%dataset --remove observed");
    assert!(!said.contains("observed"), "{said}");
    assert!(book.error("%dataset --remove observe").contains("UnknownSample"));
}

#[test]
fn a_missing_file_and_a_broken_one_are_said() {
    let mut book = Book::new();
    assert!(book.error("%open nowhere.root").contains("nowhere.root"));
    let path = book.path("broken.root");
    std::fs::write(&path, b"root, but not really").unwrap();
    assert!(book.error(&format!("%open {path}")).contains("InputError"));
    assert!(book.error("%hist met").contains("no file is open"));
}

#[test]
fn specs_are_those_of_the_events_that_pass() {
    let mut book = Book::open();
    let all = book.said("%specs MET_pt --sample signal");
    assert!(all.contains("2000 events") && all.contains("MET_pt"), "{all}");
    book.said("%cut MET_pt > 50 --quiet");
    let some = book.said("%specs MET_pt --sample signal");
    assert!(!some.contains("2000 events"), "{some}");
    let out = book.path("specs.json");
    book.said(&format!("%specs --sample signal --out {out}"));
    assert!(book.has("specs.json"));
}

#[test]
fn first_events_with_lists_as_lists() {
    let mut book = Book::open();
    let said = book.said("%define n = count(Jet_pt > 30)\n%show Jet_pt n --events 3 --values 2");
    let rows: Vec<&str> = said.lines().collect();
    assert!(rows.iter().any(|row| row.trim_start().starts_with("entry")), "{said}");
    assert!(said.contains('['), "{said}");
    assert!(book.error("%show Jet_p").contains("Jet_pt"));
}

#[test]
fn samples_are_tables_for_sql() {
    let mut book = Book::open();
    assert!(book.said("%sql SELECT COUNT(*) AS n FROM signal").contains("2000"));
    let said = book
        .said("%%sql --as by_jets\nSELECT nJet, COUNT(*) AS events FROM signal GROUP BY nJet ORDER BY nJet");
    assert!(said.contains("nJet") && said.contains("events"), "{said}");
    assert_eq!(book.shown("%hist events --sample by_jets").len(), 1);
    book.said("%define ht = sum(Jet_pt)\n%cut MET_pt > 50 --quiet");
    let said = book.said("%sql SELECT MAX(ht) AS most, COUNT(*) AS n FROM background");
    assert!(!said.contains(" 2000"), "{said}");
    assert!(book.said("%sql select * from signal limit 2").contains("Jet_pt"));
    let joined =
        "%sql SELECT COUNT(*) AS n FROM signal s JOIN background b ON s.event = b.event WHERE s.MET_pt > 0";
    assert!(book.said(joined).contains('n'));
    assert!(book.error("%sql DROP TABLE signal").contains("only SELECT"));
    assert!(book.error("%sql SELECT 1 AS one FROM signal --as signal").contains("a new name"));
    assert!(book.error("%sql SELECT nothing FROM signal").contains("The tables are signal, background"));
}

#[test]
fn files_of_a_sample_are_counted_through() {
    let mut book = Book::new();
    let (signal, background) = (book.path("signal.root"), book.path("background.root"));
    book.said(&format!("%dataset both={signal},{background}"));
    let said = book.said("%show nJet --from 1999 --events 2");
    assert!(said.contains("1999  ") && said.contains("2000  "), "{said}");
}
