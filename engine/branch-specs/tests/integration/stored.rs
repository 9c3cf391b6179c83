//! The stored forms.

use crate::data::{measure, table, three_events};
use branch_specs::{
    FileFingerprint, Fingerprint, MissingBranch, OriginalForm, Specs, SpecsError, SpecsMode,
    original_file_name,
};
use serde_json::{Value, json};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_forms_of_the_original() {
    let specs = measure(&table("data/a.root", &three_events()), SpecsMode::Fast);
    let zero = |low: f64, high: f64| (0.0 - low) / (high - low);
    let expected = json!({
        "jdim": {"jet_pt": 2, "jet_index": 2, "vertex": 3},
        "minv": {"run": 1.0, "met": -4.0, "jet_pt": 30.0, "jet_index": 0.0, "has_jet": 0.0,
                 "weight": -4.0 / 3.0, "vertex": -10.0},
        "maxv": {"run": 1.0, "met": 10.0, "jet_pt": 90.0, "jet_index": 1.0, "has_jet": 1.0,
                 "weight": 10.0 / 3.0, "vertex": 10.0},
        "fkeys": ["has_jet", "met", "weight"], "jkeys": ["jet_index", "jet_pt", "vertex"],
        "nans": {"run": 0.0, "met": zero(-4.0, 10.0), "jet_pt": -0.5, "jet_index": 0.0, "has_jet": 0.0,
                 "weight": zero(-4.0 / 3.0, 10.0 / 3.0), "vertex": 0.5},
    });
    assert_eq!(parsed(&specs.to_original_json(OriginalForm::PerFile)), expected);
    let mut expected = expected;
    expected["fkeys"] = json!(["met", "has_jet", "weight"]);
    expected["jkeys"] = json!(["jet_pt", "jet_index", "vertex"]);
    assert_eq!(parsed(&specs.to_original_json(OriginalForm::PerFileInOrder)), expected);
    expected["fkeys"] = json!(["run", "met", "has_jet", "weight"]);
    expected["nans"] = json!({});
    expected["events"] = json!({"total": 3, "data/a.root": 3});
    assert_eq!(parsed(&specs.to_original_json(OriginalForm::Global)), expected);
    // Our own form holds the same keys.
    let own = parsed(&specs.to_json());
    for key in ["jdim", "minv", "maxv", "fkeys", "jkeys", "nans", "events"] {
        assert_eq!(own[key], expected[key], "{key}");
    }
    assert_eq!(original_file_name("root://x//store/a.root"), "specs-a.json");
}

#[test]
fn two_files_have_nans_and_an_empty_branch_has_the_bounds_of_master() {
    let empty = vec![(1.0, vec![])];
    let first = measure(&table("a.root", &empty), SpecsMode::Fast);
    let second = measure(&table("b.root", &[(3.0, vec![])]), SpecsMode::Fast);
    let merged = Specs::merge([first, second], MissingBranch::Error).unwrap().specs;
    let stored = parsed(&merged.to_original_json(OriginalForm::Global));
    assert_eq!(stored["events"], json!({"total": 2, "a.root": 1, "b.root": 1}));
    assert_eq!((&stored["minv"]["jet_pt"], &stored["maxv"]["jet_pt"]), (&json!(1e15), &json!(-1e15)));
    assert_eq!(stored["nans"]["met"], json!(-0.5));
    assert_eq!(stored["nans"]["has_jet"], json!(0.0));
    let again = Specs::from_json(&merged.to_original_json(OriginalForm::Global)).unwrap();
    assert_eq!(again.branch("jet_pt").unwrap().min(), None);
    assert_eq!(parsed(&again.to_original_json(OriginalForm::Global)), stored);
}

#[test]
fn our_form_comes_back_whole() {
    for mode in [SpecsMode::Fast, SpecsMode::Full] {
        let mut specs = measure(&table("a.root", &three_events()), mode);
        specs.fingerprint = Some(Fingerprint { tree: "events".into(), ..Fingerprint::default() });
        assert_eq!(Specs::from_json(&specs.to_json()).unwrap(), specs);
    }
}

#[test]
fn the_shown_form() {
    let specs = measure(&table("a.root", &three_events()), SpecsMode::Full);
    let shown = specs.to_shown_json();
    assert_eq!(
        shown["branches"]["met"],
        json!({"type": "f32", "kind": "flat", "n": 3, "n_nan": 1, "n_inf": 0, "sum": 6.0, "min": -4.0,
               "max": 10.0, "mean": 3.0, "std": 7.0, "jdim": 1})
    );
    assert_eq!(shown["branches"]["comment"]["min"], Value::Null);
}

#[test]
fn what_is_not_specs_is_refused() {
    let check = |text: &str, expected: &str| {
        let error = Specs::from_json(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    };
    check("", "EOF");
    check("[]", "not an object");
    check(r#"{"minv": {"x": NaN}}"#, "`NaN` in line 1, column 16 is no number in JSON");
    check("{\"minv\": {\"x\": 1,\n\"y\": -Infinity}}", "`Infinity` in line 2, column 7 is no number");
    check(r#"{"minv": {"x": nothing}}"#, "expected ident");
    check("{}", "`jdim` is missing");
    check(r#"{"format": "other"}"#, "the format is \"other\"");
    check(r#"{"format": "mlaas4hep-specs", "version": 9}"#, "the version is 9");
    check(r#"{"jdim": {}, "minv": {}, "maxv": {}, "fkeys": ["x"], "jkeys": []}"#, "no number for branch `x`");
    check(
        r#"{"jdim": {}, "minv": {"x": 1}, "maxv": {"x": 1}, "fkeys": [], "jkeys": ["x"]}"#,
        "`jdim` has no number",
    );
    let whole = measure(&table("a.root", &three_events()), SpecsMode::Full).to_json();
    check(&whole.replace("\"resolution\":11", "\"resolution\":99"), "are broken");
    for end in (0..whole.len()).step_by(7) {
        assert!(Specs::from_json(&whole[..end]).is_err());
    }
}

#[test]
fn edited_numbers_of_the_original_keys_win() {
    let whole = measure(&table("a.root", &three_events()), SpecsMode::Full).to_json();
    let minv = r#""minv":{"run":1.0,"met":-4.0"#;
    assert!(whole.contains(minv), "{whole}");
    let edited = Specs::from_json(&whole.replace(minv, r#""minv":{"run":1.0,"met":-5.5"#)).unwrap();
    assert_eq!(edited.branch("met").unwrap().min(), Some(-5.5));
    let check = |edited: &str, expected: &str| {
        let edited = whole.replace(minv, &format!(r#""minv":{{"run":1.0,"met":{edited}"#));
        let error = Specs::from_json(&edited).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("11", "`met` has the minimum 11 above the maximum 10");
    check("\"low\"", "`minv` of branch `met` is \"low\" and no number");
}

#[test]
fn stale_specs_are_refused() {
    let mut specs = measure(&table("a.root", &three_events()), SpecsMode::Fast);
    let file = FileFingerprint { name: "a.root".into(), size_bytes: 5, ..FileFingerprint::default() };
    let now = Fingerprint { files: vec![file], ..Fingerprint::default() };
    assert!(matches!(specs.check_fresh(&now), Err(SpecsError::Stale { .. })));
    specs.fingerprint = Some(now.clone());
    specs.check_fresh(&now).unwrap();
    let mut later = now;
    later.files[0].size_bytes = 6;
    let error = specs.check_fresh(&later).unwrap_err().to_string();
    assert!(error.contains("a.root had 5 bytes and has 6 now"), "{error}");
}

#[test]
fn numbers_of_a_damaged_file_are_refused_or_bounded() {
    let original = |bounds: &str, fkeys: &str| {
        format!(r#"{{"jdim": {{}}, {bounds}, "fkeys": [{fkeys}], "jkeys": [], "nans": {{}}}}"#)
    };
    let check = |text: &str, expected: &str| {
        let error = Specs::from_json(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    };
    check(&original(r#""minv": {"x": 1}, "maxv": {"x": 2}"#, r#""x", "x""#), "`x` is listed twice");
    check(&original(r#""minv": {"x": 3}, "maxv": {"x": 2}"#, r#""x""#), "the minimum 3 above the maximum 2");
    let whole = measure(&table("a.root", &three_events()), SpecsMode::Full).to_json();
    check(&whole.replace(r#""min":-4.0,"max":10.0"#, r#""min":10.5,"max":10.0"#), "`met` are broken");
    check(&whole.replace(r#""counts":[1,"#, r#""counts":[0,"#), "are broken");
    // Counts that no file can have do not overflow where specs are merged.
    let most = u64::MAX.to_string();
    let absurd = whole.replace(r#""n":3,"#, &format!(r#""n":{most},"#));
    let absurd = absurd.replace(r#""counts":[1,"#, &format!(r#""counts":[{most},"#));
    let absurd = Specs::from_json(&absurd.replace(r#""a.root":3"#, &format!(r#""a.root":{most}"#))).unwrap();
    let merged = Specs::merge([absurd.clone(), absurd], MissingBranch::Error).unwrap().specs;
    assert_eq!((merged.n_events(), merged.branch("met").unwrap().n()), (u64::MAX, u64::MAX));
    assert_eq!(Specs::from_json(&merged.to_json()).unwrap(), merged);
}

#[test]
fn the_corpus_of_the_fuzz_target() {
    crate::damage::feed(&crate::damage::corpus("specs/corpus/specs"), 4000, |text| {
        crate::any_text::read_any_text(text);
    });
}
