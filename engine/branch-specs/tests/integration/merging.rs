//! Specs of parts merge to those of the whole.

use crate::data::{measure, table, three_events};
use branch_specs::{MissingBranch, OriginalForm, Specs, SpecsError, SpecsMode};
use event_columns::{EventChunk, MemoryTable, Piece};
use proptest::prelude::*;

fn any_event() -> impl Strategy<Value = (f32, Vec<f32>)> {
    let any_value = prop_oneof![4 => -100.0_f32..100.0, 1 => any::<f32>()];
    (any_value.clone(), proptest::collection::vec(any_value, 0..6))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn parts_merge_to_the_whole(events in proptest::collection::vec(any_event(), 0..60), cut in 0..60_usize) {
        let cut = cut.min(events.len());
        let measured = |events: &[(f32, Vec<f32>)]| measure(&table("a.root", events), SpecsMode::Full);
        let whole = measured(&events);
        let parts = [measured(&events[cut..]), measured(&events[..cut])];
        // Through the stored form, as the parts of a large job would go.
        let parts = parts.map(|part| Specs::from_json(&part.to_json()).unwrap());
        let merged = Specs::merge(parts, MissingBranch::Error).unwrap().specs;
        prop_assert_eq!(merged.to_original_json(OriginalForm::Global), whole.to_original_json(OriginalForm::Global));
        for (own, expected) in merged.branches.iter().zip(&whole.branches) {
            prop_assert_eq!([own.n(), own.n_nan(), own.n_inf()], [expected.n(), expected.n_nan(), expected.n_inf()]);
            prop_assert_eq!(own.sum().to_bits(), expected.sum().to_bits());
            prop_assert_eq!(own.distribution(), expected.distribution());
            prop_assert_eq!(own.widths(), expected.widths());
        }
    }
}

#[test]
fn files_that_differ() {
    let first = measure(&table("a.root", &three_events()), SpecsMode::Fast);
    let with = |name: &str, column: event_columns::Column| {
        let mut chunk = crate::data::chunk(&three_events());
        chunk.set(name, column);
        measure(&MemoryTable::new("b.root", chunk), SpecsMode::Fast)
    };
    let mut fewer: EventChunk = crate::data::chunk(&three_events());
    fewer.remove("met");
    let fewer = measure(&MemoryTable::new("b.root", fewer), SpecsMode::Fast);
    let error = Specs::merge([first.clone(), fewer.clone()], MissingBranch::Error).unwrap_err().to_string();
    assert!(error.contains("branch `met` of a.root is missing in b.root"), "{error}");
    let merged = Specs::merge([first.clone(), fewer], MissingBranch::Intersect).unwrap();
    assert_eq!(merged.dropped.len(), 1);
    assert_eq!((merged.dropped[0].branch.as_str(), merged.dropped[0].missing_in.as_str()), ("met", "b.root"));
    assert!(merged.specs.branch("met").is_err());
    let more = with("extra", Piece::flat(vec![1_i32; 3]).into());
    assert!(matches!(
        Specs::merge([first.clone(), more], MissingBranch::Error),
        Err(SpecsError::MissingBranch { .. })
    ));
    let jagged = with("met", Piece::jagged(&vec![vec![1.0_f32]; 3]).into());
    let error = Specs::merge([first.clone(), jagged], MissingBranch::Intersect).unwrap_err().to_string();
    assert!(error.contains("`met` is flat in a.root but jagged in b.root"), "{error}");
    let wider = with("met", Piece::flat(vec![1.5_f64; 3]).into());
    let merged = Specs::merge([first, wider], MissingBranch::Error).unwrap().specs;
    assert_eq!(merged.branch("met").unwrap().column_type().unwrap().to_string(), "f64");
    assert!(matches!(Specs::merge([], MissingBranch::Error), Err(SpecsError::NothingToMerge)));
}
