//! Any text as specs: read, asked, merged, written and read again. Shared with the fuzz target.

use branch_specs::{BranchSpecs, Fingerprint, MissingBranch, OriginalForm, Specs, ValueSketch};
use std::sync::Arc;

/// Between two texts that are read and then merged.
const SEPARATOR: char = '\u{0}';

/// Reads up to two texts as specs and merges them; one alone is merged with itself.
pub(crate) fn read_any_text(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let mut all = Vec::new();
    for text in text.split(SEPARATOR).take(2) {
        match Specs::from_json(text) {
            Ok(specs) => all.push(specs),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    all.iter().for_each(check);
    if let (Some(first), Some(second)) = (all.first(), all.last()) {
        merge(first, second);
    }
    all.len()
}

/// Asks specs for everything they know, and writes and reads them again.
fn check(specs: &Specs) {
    let stored = specs.to_json();
    let again = Specs::from_json(&stored).unwrap_or_else(|error| panic!("{error}: {stored}"));
    assert_eq!(&again, specs, "{stored}");
    assert_eq!(again.to_json(), stored);
    let names = |specs: &Specs| -> Vec<Arc<str>> {
        let numeric = specs.branches.iter().filter(|branch| branch.is_numeric());
        let mut names: Vec<_> = numeric.map(|branch| branch.name().clone()).collect();
        names.sort();
        names
    };
    let original = specs.to_original_json(OriginalForm::Global);
    let by_original = Specs::from_json(&original).unwrap_or_else(|error| panic!("{error}: {original}"));
    assert_eq!(names(&by_original), names(specs));
    assert_eq!(by_original.n_events(), specs.n_events());
    let per_file = specs.to_original_json(OriginalForm::PerFile);
    Specs::from_json(&per_file).unwrap_or_else(|error| panic!("{error}: {per_file}"));
    assert!(specs.to_shown_json().is_object());
    for branch in &specs.branches {
        assert_eq!(specs.branch(branch.name()).ok().map(BranchSpecs::name), Some(branch.name()));
        assert!(branch.n_finite() <= branch.n());
        assert!(branch.sum().is_finite());
        for number in [branch.min(), branch.max(), branch.mean(), branch.std()].into_iter().flatten() {
            assert!(number.is_finite(), "{branch:?}");
        }
        for q in [0.0, 0.01, 0.5, 1.0] {
            assert!(branch.quantile(q).is_none_or(f64::is_finite), "{branch:?}");
        }
        let _ = branch.histogram();
        let _ = branch.widths().and_then(|widths| widths.whole_quantile(0.99));
        let _ = branch.distribution().map(ValueSketch::n_values);
    }
    assert!(specs.branch("no such branch").is_err() || stored.contains("no such branch"));
    assert!(specs.check_fresh(&Fingerprint::default()).is_err() || specs.fingerprint.is_some());
}

/// Merges two specs in both orders: the numbers are the same.
fn merge(first: &Specs, second: &Specs) {
    let one = merged([first.clone(), second.clone()], MissingBranch::Intersect);
    let other = merged([second.clone(), first.clone()], MissingBranch::Intersect);
    assert_eq!(one.is_some(), other.is_some());
    let (Some(one), Some(other)) = (one, other) else { return };
    assert_eq!(one.branches.len(), other.branches.len());
    assert_eq!(one.n_events(), other.n_events());
    for branch in &one.branches {
        let other = other.branch(branch.name()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!([branch.n(), branch.n_nan(), branch.n_inf()], [other.n(), other.n_nan(), other.n_inf()]);
        assert_eq!((branch.min(), branch.max(), branch.jdim()), (other.min(), other.max(), other.jdim()));
        assert_eq!(branch.sum().to_bits(), other.sum().to_bits());
        assert_eq!(branch.distribution(), other.distribution());
        assert_eq!(branch.widths(), other.widths());
    }
}

fn merged(parts: impl IntoIterator<Item = Specs> + Clone, policy: MissingBranch) -> Option<Specs> {
    let strictly = Specs::merge(parts.clone(), MissingBranch::Error);
    match Specs::merge(parts, policy) {
        Ok(merged) => {
            check(&merged.specs);
            assert!(strictly.is_err() || merged.dropped.is_empty());
            Some(merged.specs)
        }
        Err(error) => {
            assert!(strictly.is_err() && !error.to_string().is_empty());
            None
        }
    }
}
