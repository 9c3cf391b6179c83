//! What `MLaaS4HEP` does wrong with its own pre-processing files, done right.

use super::support::{apply, kept_by_json};
use event_selection::{Selection, original_log_lines};

fn flat(cut: &str) -> Vec<u32> {
    kept_by_json(&format!(r#"{{"flat_cut": {{"n": {{"cut": "{cut}", "remove": "False"}}}}}}"#))
}

#[test]
fn descending_ranges_keep_the_right_ends() {
    assert_eq!(flat("3>=n>=2"), [1, 2]);
    assert_eq!(flat("3>n>=1"), [0, 1]);
}

#[test]
fn ranges_with_one_open_end() {
    assert_eq!(flat("1<n<=3"), [1, 2]);
    assert_eq!(flat("1<=n<3"), [0, 1]);
    assert_eq!(flat("1 < n < 4"), [1, 2]);
}

#[test]
fn numbers_with_an_exponent() {
    assert_eq!(flat("2e0<=n<=1e3"), [1, 2, 3]);
    assert_eq!(flat("n<2.5e+0"), [0, 1]);
}

#[test]
fn both_sides_of_an_or_and_two_branches_in_a_cut() {
    assert_eq!(flat("n==1 or n==4"), [0, 3]);
    assert_eq!(flat("n > 1 and met > 20"), [2, 3]);
}

#[test]
fn cuts_after_remove_count() {
    let json = r#"{"flat_cut": {"n": {"cut_1": "n>1", "remove": "True", "cut_2": "n<4"}}}"#;
    let selected = apply(&Selection::from_original_json(json).unwrap());
    assert_eq!(selected.kept, [1, 2]);
    assert!(selected.chunk.column("n").is_none());
}

#[test]
fn jagged_cuts_on_new_branches_alone_are_applied() {
    let json = r#"{"new_branch": {"twice": {"def": "jet_pt*2", "type": "jagged", "cut": ["twice>150", "any"], "remove": "False"}}}"#;
    let selected = apply(&Selection::from_original_json(json).unwrap());
    assert_eq!(selected.kept, [3]);
    assert_eq!(selected.chunk.column("twice").unwrap().to_f64(), [200.0, 80.0, 62.0]);
}

#[test]
fn remove_may_be_a_boolean_or_absent() {
    let check = |remove: &str, is_there: bool| {
        let json = format!(r#"{{"flat_cut": {{"n": {{"cut": "n>1"{remove}}}}}}}"#);
        let selected = apply(&Selection::from_original_json(&json).unwrap());
        assert_eq!(selected.chunk.column("n").is_some(), is_there, "{remove}");
    };
    check("", true);
    check(r#", "remove": true"#, false);
    check(r#", "remove": false"#, true);
    check(r#", "remove": "True""#, false);
    check(r#", "remove": "False""#, true);
}

#[test]
fn jagged_ranges_and_empty_lists() {
    let check = |cut: &str, using: &str, kept: &[u32]| {
        let json = format!(r#"{{"jagged_cut": {{"jet_pt": {{"cut": ["{cut}", "{using}"]}}}}}}"#);
        assert_eq!(kept_by_json(&json), kept, "{cut} {using}");
    };
    check("jet_pt>30", "all", &[1, 2, 3]);
    check("jet_pt>30", "any", &[0, 2, 3]);
    check("30<=jet_pt<=35", "any", &[2, 3]);
}

#[test]
fn more_events_than_a_chunk_holds_do_not_crash() {
    // The original loses its place when accepted events and the chunk size exceed the rows.
    let selection = Selection::from_original_json(r#"{"flat_cut": {"n": {"cut": "n>0"}}}"#).unwrap();
    assert_eq!(apply(&selection).kept, [0, 1, 2, 3]);
}

#[test]
fn no_text_reaches_an_interpreter() {
    let json = r#"{"flat_cut": {"n": {"cut": "__import__('os').system('true') == 0"}}}"#;
    let selection = Selection::from_original_json(json);
    assert!(selection.is_err(), "{selection:?}");
}

#[test]
fn one_pass_counts_and_applies() {
    let json =
        r#"{"flat_cut": {"n": {"cut": "n>1"}}, "jagged_cut": {"jet_pt": {"cut": ["jet_pt>90", "any"]}}}"#;
    let selected = apply(&Selection::from_original_json(json).unwrap());
    let rows: Vec<(u64, u64)> = selected.cut_flow.rows.iter().map(|row| (row.n_alone, row.n_left)).collect();
    assert_eq!(rows, [(3, 3), (1, 1)]);
    assert_eq!(selected.chunk.n_entries() as u64, selected.cut_flow.n_left());
}

#[test]
fn the_documented_example_and_its_log_lines() {
    let json = r#"{"new_branch": {"log_E": {"def": "log(jet_pt)", "type": "jagged", "cut_1": ["log_E<6.31","any"],
        "cut_2": ["log_E>3", "all"], "remove": "False", "keys_to_remove": ["mu_pt"]},
        "n2": {"def": "n**2", "type": "flat", "cut": "1<=n2<=16", "remove": "False"},
        "free": {"def": "n2*2", "type": "flat", "remove": "True"}},
        "flat_cut": {"n": {"cut": "0<=n<=3", "remove": "False"}},
        "jagged_cut": {"jet_pt": {"cut": ["jet_pt>30","any"], "remove": "False"}}}"#;
    let selection = Selection::from_original_json(json).unwrap();
    let lines = [
        "### Cut(s) provided on flat branch(es):",
        "0<=n<=3",
        "### Cut(s) provided on jagged branch(es):",
        "jet_pt>30 using \"any\"",
        "### Definition(s) of new branch(es):",
        "log_E: log(jet_pt)",
        "n2: n**2",
        "free: n2*2",
        "### Cut(s) on new branch(es):",
        "log_E<6.31 using \"any\"",
        "log_E>3 using \"all\"",
        "1<=n2<=16",
        "No cut(s) on free",
        "### Branches to remove after preprocessing:",
        "mu_pt",
        "free",
    ];
    assert_eq!(original_log_lines(&selection), lines);
    let selected = apply(&selection);
    // Event 0 has a jet of 20, whose logarithm is below 3.
    assert_eq!(selected.kept, [2]);
    assert!(selected.chunk.column("mu_pt").is_none() && selected.chunk.column("free").is_none());
}

#[test]
fn mistakes_are_named() {
    let check = |json: &str, message: &str| {
        let chunk = super::support::four_events();
        let error = match Selection::from_original_json(json) {
            Err(error) => error.to_string(),
            Ok(selection) => selection.check(&super::support::branches(&chunk)).unwrap_err().to_string(),
        };
        assert!(error.contains(message), "{json}: {error}");
    };
    check("{", "line 1, column 1");
    check("[]", "found a list where an object");
    check(r#"{"flat_cuts": {}}"#, "did you mean `flat_cut`?");
    check(r#"{"flat_cut": {"n": {"cut": "n>1", "remvoe": "True"}}}"#, "did you mean `remove`?");
    check(
        r#"{"flat_cut": {"n": {"cut": "m>1"}}}"#,
        "flat_cut \"n\", cut, line 1, column 1: there is no branch `m`",
    );
    check(r#"{"flat_cut": {"n": {"cut": 3}}}"#, "found a number");
    check(r#"{"jagged_cut": {"jet_pt": {"cut": "jet_pt>3"}}}"#, "[\"jet_pt>3\", \"any\"]");
    check(r#"{"flat_cut": {"jet_pt": {"cut": "jet_pt>3"}}}"#, "for each element, not for each event");
    check(r#"{"new_branch": {"x": {"def": "sum(jet_pt)", "type": "jagged"}}}"#, "write \"type\": \"flat\"");
    check(
        r#"{"flat_cut": {"n": {"cut": "n>1", "keys_to_remove": ["nn"]}}}"#,
        "no branch `nn` to drop; did you mean n",
    );
}

#[test]
fn a_cut_stands_under_a_branch_that_exists() {
    let refuse = |json: &str, expected: &str| {
        let branches = super::support::branches(&super::support::four_events());
        let error = Selection::from_original_json(json).unwrap().check(&branches).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{json}: {error}");
    };
    refuse(
        r#"{"flat_cut": {"mett": {"cut_1": "n>1"}}}"#,
        "flat_cut \"mett\", cut_1: there is no branch `mett`; did you mean met",
    );
    refuse(
        r#"{"jagged_cut": {"jet_tp": {"cut": ["jet_pt>30", "any"]}}}"#,
        "jagged_cut \"jet_tp\", cut: there is no branch `jet_tp`; did you mean jet_pt",
    );
    // The branch of the cut is read, so that the cut is checked against the same branches again.
    let selection = Selection::from_original_json(r#"{"flat_cut": {"met": {"cut": "n>1"}}}"#).unwrap();
    let chunk = super::support::four_events();
    let checked = selection.check(&super::support::branches(&chunk)).unwrap();
    assert_eq!(checked.branches_read().iter().map(|name| &**name).collect::<Vec<_>>(), ["n", "met"]);
    // Prediction asks for what the cuts use only.
    let checked = selection.without_drops().check(&super::support::branches(&chunk)).unwrap();
    assert_eq!(checked.branches_read().iter().map(|name| &**name).collect::<Vec<_>>(), ["n"]);
    let stored = serde_json::to_string(&selection).unwrap();
    assert_eq!(serde_json::from_str::<Selection>(&stored).unwrap(), selection);
}

#[test]
fn repeated_keys_lose_no_cut_in_silence() {
    let refuse = |json: &str, expected: &str| {
        let error = Selection::from_original_json(json).unwrap_err().to_string();
        assert_eq!(error, expected, "{json}");
    };
    refuse(
        "{\"flat_cut\": {\"n\": {\"cut\": \"n>1\",\n\"cut\": \"n<4\"}}}",
        "flat_cut \"n\": line 2: the key `cut` stands twice; further cuts are named cut_1, cut_2 and so on",
    );
    refuse(
        "{\"flat_cut\": {\"n\": {\"cut\": \"n>1\"},\n\n\"n\": {\"cut\": \"n<4\"}}}",
        "flat_cut: line 3: the key `n` stands twice; write it once, or only the last one would count",
    );
    refuse(
        "{\"flat_cut\": {}, \"flat_cut\": {}}",
        "the pre-processing file: line 1: the key `flat_cut` stands twice; write it once, or only the last one would count",
    );
}

#[test]
fn odd_branch_names_need_no_quotes_in_their_own_cut() {
    use event_columns::{EventChunk, Piece};
    let mut chunk = EventChunk::new(0, 2);
    chunk.set("n jets/2", Piece::flat(vec![1_i32, 5]).into());
    let json = r#"{"flat_cut": {"n jets/2": {"cut": "n jets/2>=2"}}, "new_branch": {"y": {"def": "get(\"n jets/2\")+1"}}}"#;
    let selection = Selection::from_original_json(json).unwrap();
    let selected = selection.check(&super::support::branches(&chunk)).unwrap().apply(chunk).unwrap();
    assert_eq!(selected.kept, [1]);
    assert_eq!(selected.chunk.column("y").unwrap().to_f64(), [6.0]);
}
