//! Files, samples, specs, events.

use crate::Book;

#[test]
fn a_file_is_opened_and_its_branches_are_shown() {
    let mut book = Book::new();
    let path = book.path("signal.root");
    let said = book.said(&format!("%open {path}"));
    assert!(said.starts_with("signal: tree Events"), "{said}");
    assert!(said.contains("2000 events") && said.contains("Jet_pt") && said.contains("jagged"), "{said}");
    assert!(said.contains("MET_phi") && !said.contains("more branches"), "{said}");
    let few = book.said(&format!("%config show.branches 3\n%open {path}"));
    let last = few.lines().last().unwrap_or_default();
    assert!(last.starts_with("and ") && last.contains(" more branches; %open --all"), "{few}");
    assert!(!few.contains("MET_phi"));
    let all = book.said(&format!("%open --all {path}"));
    assert!(all.contains("MET_phi") && !all.contains("more branches"), "{all}");
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
    assert!(book.error(&format!("%dataset x={path} --colour bleu")).contains("Did you mean blue"));
    assert!(book.error(&format!("%dataset x={path} --colour #12")).contains("#5790fc"));
    let said = book.said("%dataset --remove observed");
    assert!(!said.contains("observed"), "{said}");
    assert!(book.error("%dataset --remove observe").contains("UnknownSample"));
}

#[test]
fn samples_of_one_line_stand_in_its_order() {
    let mut book = Book::new();
    let (signal, background) = (book.path("signal.root"), book.path("background.root"));
    book.said(&format!("%open {background} {signal}"));
    let said = book.said(&format!("%dataset signal={signal} background={background}"));
    let at = |name: &str| said.find(&format!("\n{name}")).unwrap_or_else(|| panic!("{name} in {said}"));
    assert!(at("signal") < at("background"), "the first one is the signal: {said}");
    // One alone keeps its place.
    let said = book.said(&format!("%dataset signal={signal}"));
    let at = |name: &str| said.find(&format!("\n{name}")).unwrap_or_else(|| panic!("{name} in {said}"));
    assert!(at("signal") < at("background"), "{said}");
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
    let said = book.said("%sql select * from signal limit 2");
    assert!(said.contains("Jet_pt") && !said.contains("entry"), "{said}");
    assert!(book.said("%sql SELECT event FROM signal --rows 3").contains("more rows; --rows N"));
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

#[test]
fn what_one_sample_lacks_is_left_out_for_it_alone() {
    let mut book = Book::open();
    let small = book.path("small.csv");
    std::fs::write(&small, "MET_pt,other\n10,1\n60,2\n").unwrap();
    book.said("%define ht = sum(Jet_pt)");
    let said = book.said(&format!("%dataset small={small}"));
    assert!(said.contains("small has no branch `Jet_pt`: `ht = sum(Jet_pt)` does not hold for it"), "{said}");
    let said = book.said("%cut ht > 100");
    assert!(said.contains("small has no branch `ht`: `ht > 100` does not hold for it"), "{said}");
    let row = said.lines().find(|line| line.starts_with("ht > 100")).unwrap_or_default();
    assert_eq!(row.split_whitespace().filter(|cell| *cell == "-").count(), 2, "{said}");
    assert!(book.said("%hist ht").contains("small is left out: it has no branch `ht`"));
    let said = book.said("%hist2d other, MET_pt");
    assert!(said.contains("signal is left out: it has no branch `other`"), "{said}");
    assert!(book.said("%show --sample small").contains("60"));
    assert!(book.said("%sql SELECT SUM(other) AS s FROM small").contains('3'));
    let error = book.error("%hist hut");
    assert!(error.contains("did you mean HT or ht"), "{error}");
    assert!(book.error("%define x = sum(Jet_tp)").contains("did you mean Jet_pt"));
    book.said("%model dense 4 relu");
    let error = book.error("%train");
    assert!(error.contains("the same cuts for all samples: small has no branch `Jet_pt`"), "{error}");
}

#[test]
fn a_file_that_is_replaced_is_not_called_damaged() {
    let mut book = Book::open();
    let (signal, background) = (book.path("signal.root"), book.path("background.root"));
    book.said("%hist MET_pt");
    std::fs::copy(&background, book.path("other.root")).unwrap();
    std::fs::rename(book.path("other.root"), &signal).unwrap();
    for code in
        ["%hist MET_pt", "%show", "%cut MET_pt > 3", "%specs", "%sql SELECT COUNT(*) AS n FROM signal"]
    {
        let error = book.error(code);
        assert!(
            error.starts_with("FileReplaced: ") && error.contains("was replaced since it was opened"),
            "{error}"
        );
        assert!(error.contains(&format!("%open {signal}")), "{error}");
    }
    book.said(&format!("%dataset signal={signal}\n%hist MET_pt"));
}

#[test]
fn an_rntuple_is_named() {
    let mut book = Book::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../engine/root-file/tests/fixtures/rntuple.root");
    let error = book.error(&format!("%open {file}"));
    assert!(error.contains("no tree but the RNTuple events, a newer format that is not read yet"), "{error}");
}
