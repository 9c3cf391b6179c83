//! Real files of many ROOT versions and programs, compared with what uproot 5.7.7 reads from them.
//!
//! The files are not part of the project: `../shared/data/root-corpus` beside the repository, with the numbers in
//! `expected.json`. Where that is absent the test says so and passes.

use event_columns::{EventTable, for_each_type};
use root_file::{RootFile, RootFileError};
use serde_json::{Map, Value};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;

/// Branches of the trees in the corpus that must be read; raise it when more can be.
const AT_LEAST_READ: usize = 1738;

/// Where uproot computes otherwise than ROOT, which wrote the file and whose rule is followed: for a range of 32 bits
/// ROOT divides by 2^32 - 1, uproot by 2^32; for `Float16_t` ROOT rounds to 32 bits once, uproot at every step.
const READ_AS_ROOT_DOES: [&str; 6] =
    ["double32_32", "float16_3", "float16_5", "float16_10", "float16_16", "array_10"];

#[derive(Default)]
struct Counts {
    read: usize,
    refused: Vec<String>,
    wrong: Vec<String>,
}

#[test]
#[expect(clippy::print_stderr, reason = "what was skipped or refused is the report of this test")]
fn every_branch_has_the_numbers_of_uproot() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/root-corpus");
    let Ok(text) = std::fs::read_to_string(folder.join("expected.json")) else {
        eprintln!("SKIPPED: every_branch_has_the_numbers_of_uproot: no {}", folder.display());
        return;
    };
    let expected: Value = serde_json::from_str(&text).unwrap();
    let mut counts = Counts::default();
    for (file_name, trees) in expected["files"].as_object().unwrap() {
        let file = RootFile::open(folder.join(file_name)).unwrap();
        for (tree_name, tree) in trees.as_object().unwrap() {
            if tree["class"] == "TTree" {
                compare_tree(&file, &format!("{file_name}:{tree_name}"), tree_name, tree, &mut counts);
            } else {
                assert!(matches!(file.tree(tree_name), Err(RootFileError::RNTuple { .. })), "{file_name}");
            }
        }
    }
    let (read, refused, wrong) = (counts.read, counts.refused.len(), counts.wrong.len());
    eprintln!("read {read}, refused {refused}, wrong {wrong}");
    eprintln!("refused:\n  {}\nwrong:\n  {}", counts.refused.join("\n  "), counts.wrong.join("\n  "));
    assert_eq!(wrong, 0, "{}", counts.wrong.join("\n"));
    assert!(read >= AT_LEAST_READ, "{read} read; refused:\n{}", counts.refused.join("\n"));
}

fn compare_tree(file: &RootFile, place: &str, name: &str, expected: &Value, counts: &mut Counts) {
    let tree = match file.tree(name) {
        Ok(tree) => tree,
        Err(error) => {
            counts.wrong.push(format!("{place}: {error}"));
            return;
        }
    };
    assert_eq!(Some(tree.n_entries()), expected["entries"].as_u64(), "{place}");
    for (branch, numbers) in expected["branches"].as_object().unwrap() {
        let place = format!("{place}/{branch} ({})", numbers["type"]);
        let Some(position) = tree.info().branches.iter().position(|info| *info.name == **branch) else {
            counts.wrong.push(format!("{place}: no branch of that name"));
            continue;
        };
        if let Err(reason) = &tree.info().branches[position].column_type {
            counts.refused.push(format!("{place}: {reason}"));
            continue;
        }
        match measure(&tree, position) {
            Err(error) => counts.wrong.push(format!("{place}: {error}")),
            Ok(measured) => match measured.differs_from(branch, numbers.as_object().unwrap()) {
                Some(reason) => counts.wrong.push(format!("{place}: {reason}")),
                None => counts.read += 1,
            },
        }
    }
}

struct Measured {
    n: usize,
    n_nan: usize,
    n_inf: usize,
    finite: Vec<f64>,
}

fn measure(tree: &root_file::RootTree, branch: usize) -> Result<Measured, event_columns::ReadError> {
    let values = Mutex::new(Vec::new());
    tree.visit(&[branch], 0..u64::MAX, &|piece| {
        let range = piece.piece.value_range();
        let part = for_each_type!(piece.piece.values().slice(range), slice => {
            slice.iter().map(|value| event_columns::Number::to_f64(*value)).collect::<Vec<f64>>()
        });
        values.lock().unwrap().extend(part);
        ControlFlow::Continue(())
    })?;
    let values = values.into_inner().unwrap();
    Ok(Measured {
        n: values.len(),
        n_nan: values.iter().filter(|value| value.is_nan()).count(),
        n_inf: values.iter().filter(|value| value.is_infinite()).count(),
        finite: values.into_iter().filter(|value| value.is_finite()).collect(),
    })
}

impl Measured {
    fn differs_from(&self, branch: &str, expected: &Map<String, Value>) -> Option<String> {
        for (what, found) in [("n", self.n), ("n_nan", self.n_nan), ("n_inf", self.n_inf)] {
            if expected[what].as_u64() != Some(found as u64) {
                return Some(format!("{what} is {found}, expected {}", expected[what]));
            }
        }
        if self.finite.is_empty() {
            return None;
        }
        let absolute: f64 = self.finite.iter().map(|value| value.abs()).sum();
        let edge_tolerance = if READ_AS_ROOT_DOES.contains(&branch) { 1e-7 * absolute } else { 0.0 };
        // A sum in another order may differ in its last digits; single values may not.
        let sum_tolerance = edge_tolerance.max(1e-12 * absolute);
        let checks = [
            ("sum", self.finite.iter().sum::<f64>(), sum_tolerance),
            ("min", self.finite.iter().copied().fold(f64::INFINITY, f64::min), edge_tolerance),
            ("max", self.finite.iter().copied().fold(f64::NEG_INFINITY, f64::max), edge_tolerance),
        ];
        checks.iter().find_map(|(what, found, tolerance)| {
            let wanted = expected[*what].as_f64()?;
            let far = (found - wanted).abs() > *tolerance;
            far.then(|| format!("{what} is {found}, expected {wanted}"))
        })
    }
}
