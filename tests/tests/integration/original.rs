//! The chunks and specs of the original, bit for bit, as a program of its own computes them with numpy from files read
//! with uproot: three files of different sizes, with and without limits, cuts and selected branches.

use crate::program::Workplace;
use serde_json::{Value, json};

const CUTS: &str = r#"{
    "flat_cut": {"nJet": {"cut": "2<=nJet<=5", "remove": "False"}},
    "jagged_cut": {"Jet_btag": {"cut": ["Jet_btag>0.6", "any"], "remove": "False"}}
}"#;

/// The same cuts for awkward.
const KEEP: &str =
    "(events['nJet'] >= 2) & (events['nJet'] <= 5) & awkward.any(events['Jet_btag'] > 0.6, axis=1)";

/// Runs of `mlaas4hep matrix`, each in a folder of its own, and how many rows each should give.
struct Runs<'a> {
    place: &'a Workplace,
    made: Vec<Value>,
    n_rows: Vec<Option<u64>>,
}

impl Runs<'_> {
    fn add(&mut self, compat: &str, params: &str, has_cuts: bool, n_rows: Option<u64>) {
        let folder = format!("chunks-{}", self.made.len());
        let (files, labels) = (["signal.root", "small.root", "background.root"], [1, 1, 0]);
        self.place.write("params.json", params);
        self.place.write("cuts.json", CUTS);
        let (files_argument, compat_argument) = (files.join(","), format!("--compat={compat}"));
        let mut arguments = vec!["matrix", "--files", &files_argument, "--labels=1,1,0", &compat_argument];
        arguments.extend(["--dtype=f64", "--out", &folder]);
        arguments.extend(has_cuts.then_some("--preproc=cuts.json"));
        self.place.succeeds(&arguments);
        let params: Value = serde_json::from_str(params).expect("parameters are JSON");
        let keep = has_cuts.then_some(KEEP);
        self.made.push(json!({
            "compat": compat, "folder": folder, "files": files, "labels": labels, "params": params, "keep": keep,
        }));
        self.n_rows.push(n_rows);
    }

    fn check(&self) {
        self.place.write("runs.json", json!(self.made).to_string());
        let program = "check_original.py";
        let Some(found) = self.place.python("the_numbers_of_the_original", program, &["runs.json"]) else {
            return;
        };
        for (position, n_rows) in self.n_rows.iter().enumerate() {
            let found = found.pointer(&format!("/{position}/rows")).and_then(Value::as_u64);
            assert!(
                found.is_some_and(|found| n_rows.is_none_or(|n_rows| n_rows == found)),
                "{found:?} {n_rows:?}"
            );
        }
    }
}

#[test]
fn the_numbers_of_the_original() {
    let Some(place) = Workplace::new("the_numbers_of_the_original") else { return };
    place.succeeds(&["generate", "--events=50", "--seed=8"]);
    std::fs::rename(place.path("signal.root"), place.path("small.root")).expect("a file can be renamed");
    place.succeeds(&["generate", "--events=900", "--seed=7"]);
    let mut runs = Runs { place: &place, made: Vec::new(), n_rows: Vec::new() };
    for compat in ["master", "uproot4"] {
        // The original loses events when it mixes files: here, what is left of the first two of 900, 50 and 900.
        runs.add(compat, r#"{"chunk_size": 77}"#, false, Some(1836));
        runs.add(compat, r#"{"chunk_size": -1}"#, false, Some(1850));
        runs.add(compat, r#"{"chunk_size": 200, "nevts": 500}"#, false, Some(500));
        runs.add(compat, r#"{"chunk_size": 5000, "nevts": 60}"#, false, Some(60));
        runs.add(compat, r#"{"chunk_size": 150, "exclude_branches": ["Jet_mass", "HT"]}"#, false, None);
        runs.add(compat, r#"{"chunk_size": 100}"#, true, None);
        runs.add(compat, r#"{"chunk_size": 40, "nevts": 110}"#, true, Some(110));
    }
    let selected =
        r#"{"chunk_size": 77, "selected_branches": ["MET_pt", "Jet_pt", "HLT_IsoMu24", "Jet_btag", "nJet"]}"#;
    runs.add("uproot4", selected, false, Some(1836));
    runs.add("uproot4", selected, true, None);
    runs.check();
}
