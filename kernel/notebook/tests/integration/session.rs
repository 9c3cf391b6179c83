//! Definitions, cuts, settings, the shell.

use crate::Book;

#[test]
fn definitions_and_cuts_can_be_taken_back() {
    let mut book = Book::open();
    book.said("%define ht = sum(Jet_pt)");
    let flow = book.said("%cut ht > 100 and MET_pt > 20");
    assert!(
        flow.contains("all events") && flow.contains("ht > 100 and MET_pt > 20") && flow.contains("100.00"),
        "{flow}"
    );
    let error = book.error("%cut hut > 3");
    assert!(error.contains("line 1, column 1") && error.contains("did you mean HT or ht"), "{error}");
    assert!(book.said("%who").contains("ht = sum(Jet_pt)"));
    assert!(book.said("%cut --undo").contains("taken back: ht > 100"));
    book.said("%cut --clear");
    assert!(book.error("%cut --undo").contains("NothingToUndo"));
    assert!(book.error("%define ht > 3").contains("defines nothing"));
}

#[test]
fn features_are_chosen_by_patterns() {
    let mut book = Book::open();
    assert!(book.said("%select Jet_* MET_pt").contains("MET_pt"));
    let said = book.said("%drop Jet_phi");
    assert!(!said.contains("Jet_phi") && said.contains("Jet_pt"), "{said}");
    assert!(book.error("%select jet_pt").contains("Did you mean Jet_pt"));
}

#[test]
fn parameters_stand_in_magics() {
    let mut book = Book::open();
    assert_eq!(book.said("# Parameters\nleast = 30.5\nbranch = \"MET_pt\"\nnames = [\"a\", \"b\"]\n"), "");
    assert!(book.said("%cut {branch} > {least}").contains("MET_pt > 30.5"));
    assert_eq!(book.said("%%bash\nx=1; echo ${x} {names}").trim(), "1 a b");
    assert!(book.said("%who").contains("parameter"));
    book.said("# Parameters\nleast = 7");
    assert!(book.said("%cut {branch} > {least}").contains("MET_pt > 7"));
    let error = book.error("# Parameters\nx = y");
    assert!(error.contains("ParameterError") && error.contains("line 2"), "{error}");
}

#[test]
fn settings_environment_and_shell() {
    let mut book = Book::new();
    assert!(book.said("%config").contains("plot.format"));
    assert!(book.error("%config plot.formt svg").contains("plot.format"));
    assert_eq!(book.said("!printf hello"), "hello");
    assert_eq!(book.said("%%bash\nfor i in 1 2; do echo $i; done").trim(), "1\n2");
    assert!(book.error("!exit 3").contains("exit status: 3"));
    assert!(book.said("%env PATH").contains("/bin"));
    assert_eq!(book.said("%env GREETING=good day").trim(), "env: GREETING=good day");
    assert_eq!(book.said("!printf \"$GREETING\""), "good day");
    book.said("%env GREETING hello");
    assert!(book.said("%env GREETING").contains("hello"));
    assert!(!book.said("%env MY_TOKEN=abc").contains("abc"));
    assert!(book.error("%env NOT_THERE_AT_ALL").contains("%env NOT_THERE_AT_ALL=VALUE"));
    let before = book.said("%pwd");
    assert!(book.error("%cd /nowhere/at/all").contains("/nowhere/at/all"));
    assert_eq!(book.said("%pwd"), before);
}

#[test]
fn unknown_names_answer_with_the_nearest() {
    let mut book = Book::open();
    assert!(book.error("%hits MET_pt").contains("Did you mean %hist"));
    assert!(book.error("hist MET_pt").contains("Did you mean %hist"));
    assert!(book.error("MET_pt").contains("%hist MET_pt"));
    assert!(book.error("let x = 1;").contains("without the Rust engine"));
    assert!(book.error("%%open x\nmore").contains("takes one line"));
    assert!(book.error("%open").contains("%open needs FILE"));
}

#[test]
fn an_interrupt_is_heard_while_a_large_file_is_read() {
    let mut book = Book::open();
    // Zeros at the end, which take no room on the disk: more than a second of checksums.
    let file = std::fs::File::options().append(true).open(book.path("signal.root")).unwrap();
    file.set_len(4 << 30).unwrap();
    let interrupt = book.interrupt_within(std::time::Duration::from_millis(50));
    let start = std::time::Instant::now();
    let error = book.error("%provenance");
    interrupt.join().unwrap();
    assert!(error.starts_with("Interrupted: stopped while reading "), "{error}");
    assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
}

#[test]
fn other_cells_are_run_and_timed() {
    let mut book = Book::open();
    let script = book.path("cells.txt");
    std::fs::write(&script, "%define n = len(Jet_pt)\n%who\n").unwrap();
    assert!(book.said(&format!("%run {script}")).contains("len(Jet_pt)"));
    assert!(book.said("%time %who").contains("M events"));
    assert!(
        book.said("%timeit %pwd --runs 3").contains("3 runs")
            || book.said("%timeit --runs 3 %pwd").contains("3 runs")
    );
    assert!(book.said("%provenance").contains("sha256"));
    assert!(book.said("%memory").contains("kernel, resident"));
    assert!(book.said("%help").contains("Learning"));
    assert!(book.said("%lsmagic").contains("%%hist"));
}
