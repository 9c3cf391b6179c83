//! Histograms, planes, correlations.

use crate::Book;

#[test]
fn a_histogram_of_each_sample() {
    let mut book = Book::open();
    let shown = book.shown("%hist MET_pt --bins 20 --range 0,200");
    let [picture] = shown.as_slice() else { panic!("{} displays", shown.len()) };
    assert!(picture["image/svg+xml"].as_str().unwrap().starts_with("<svg"));
    let text = picture["text/plain"].as_str().unwrap();
    assert!(text.contains("signal") && text.contains("background"), "{text}");
}

#[test]
fn numbers_of_a_histogram_are_right() {
    let mut book = Book::open();
    let out = book.path("n.json");
    book.said(&format!("%hist count(Jet_pt > 0) --sample signal --weight 1 --export {out}"));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let text = json.to_string();
    assert!(text.contains("-0.5"), "bins around whole numbers: {text}");
    let said = book.said("%hist len(Jet_pt) --sample signal --weight 1 --numbers");
    let row =
        said.lines().find(|line| line.starts_with("signal ") && line.contains("2000")).unwrap_or_default();
    assert!(!row.is_empty(), "{said}");
}

#[test]
fn several_expressions_and_options() {
    let mut book = Book::open();
    let shown =
        book.shown("%%hist --stack --log --norm\nMET_pt, max(Jet_pt)\n# no picture\nJet_eta[Jet_pt > 50]");
    assert_eq!(shown.len(), 3);
    let shown = book.shown("%hist MET_pt --interactive --ratio");
    assert!(shown[0]["application/vnd.vegalite.v5+json"]["$schema"].as_str().unwrap().contains("v5"));
    for name in ["a.svg", "a.png", "a.pdf"] {
        let out = book.path(name);
        book.said(&format!("%hist MET_pt --export {out}"));
        assert!(book.has(name));
    }
    assert!(book.error("%hist MET_pt --export a.gif").contains(".svg"));
}

#[test]
fn png_where_it_is_asked_for() {
    let mut book = Book::open();
    book.said("%config plot.format png");
    let shown = book.shown("%hist MET_pt");
    assert!(shown[0]["image/png"].as_str().unwrap().starts_with("iVBOR"));
    assert!(shown[0].get("image/svg+xml").is_none());
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let mut book = Book::open();
    let error = book.error("%hist Jet_p");
    assert!(error.contains("did you mean Jet_pt"), "{error}");
    let error = book.error("%hist MET_pt --bin 3");
    assert!(error.contains("did you mean --bins") && error.contains("^^^^^"), "{error}");
    let error = book.error("%hist MET_pt --range 5,1");
    assert!(error.contains("LOW,HIGH"), "{error}");
    let error = book.error("%hist MET_pt --sample sgnal");
    assert!(error.contains("Did you mean signal?"), "{error}");
    let error = book.error("%hist MET_pt --cut Jet_pt");
    assert!(error.contains("Jet_pt"), "{error}");
    assert!(book.error("%hist").contains("needs a branch"));
}

#[test]
fn an_interrupt_keeps_what_was_filled() {
    let mut book = Book::open();
    book.interrupt();
    let error = book.error("%hist MET_pt");
    assert!(error.starts_with("Interrupted"), "{error}");
}

#[test]
fn planes_and_correlations() {
    let mut book = Book::open();
    assert!(book.shown("%hist2d Jet_eta, Jet_phi --bins 10 --log")[0].get("image/svg+xml").is_some());
    assert!(book.shown("%hist2d Jet_pt, MET_pt")[0].get("image/svg+xml").is_some());
    assert!(book.shown("%corr MET_pt, Jet_pt, len(Jet_pt)")[0].get("image/svg+xml").is_some());
    assert!(book.shown("%corr")[0].get("image/svg+xml").is_some());
    assert!(book.error("%hist2d MET_pt").contains("needs X, Y"));
    assert!(book.error("%hist2d MET_pt, nJet --bins 20000").contains("at most 1000000 cells"));
    assert!(book.error("%hist MET_pt --bins 1000000").contains("20000"));
    let said = book.said("%hist2d Jet_pt, Jet_eta --range 0,50");
    assert!(said.contains(" pairs lie outside the picture: ") && said.contains("with x from 50"), "{said}");
    assert!(book.said("%hist2d log(MET_pt - 50), MET_pt").contains("have a value that is no number"));
    assert!(book.said("%hist log(MET_pt - 50)").contains("are no number and left out"));
}
