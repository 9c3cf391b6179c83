//! Layouts and rows.

use branch_specs::{Specs, SpecsBuilder, SpecsMode};
use event_columns::{ColumnType, ElementType, EventChunk, Piece, Slice};
use event_matrix::{MatrixBatch, MatrixLayout, MatrixSettings, MatrixValue, RowTarget, Scaling, WidthCap};
use std::collections::BTreeMap;

const NAN: f64 = f64::NAN;

fn specs(chunk: &EventChunk, mode: SpecsMode) -> Specs {
    let branches: Vec<_> =
        chunk.columns().map(|(name, column)| (name.clone(), column.column_type())).collect();
    let builder = SpecsBuilder::new(&branches, mode);
    builder.add_chunk(chunk).unwrap();
    builder.finish("memory")
}

fn filled<T: MatrixValue>(layout: &MatrixLayout, chunk: &EventChunk) -> MatrixBatch<T> {
    let mut batch = MatrixBatch::<T>::default();
    layout.fill_batch(chunk, &mut batch).unwrap();
    batch
}

/// Compares values (NaN equals NaN), and that the mask says where they are NaN.
fn check(chunk: &EventChunk, settings: &MatrixSettings, names: &[&str], expected: &[f64]) {
    let layout = MatrixLayout::check(settings, &specs(chunk, SpecsMode::Full)).unwrap();
    assert_eq!(layout.column_names(), names);
    let batch = filled::<f64>(&layout, chunk);
    let bits = |value: &f64| if value.is_nan() { NAN.to_bits() } else { value.to_bits() };
    let (found, wanted): (Vec<u64>, Vec<u64>) =
        (batch.values.iter().map(bits).collect(), expected.iter().map(bits).collect());
    assert_eq!(found, wanted, "{:?} and not {expected:?}", batch.values);
    let mask: Vec<u8> = expected.iter().map(|value| u8::from(value.is_nan())).collect();
    assert_eq!(batch.mask, mask);
    // The stored layout fills the same.
    let stored: MatrixLayout = serde_json::from_str(&serde_json::to_string(&layout).unwrap()).unwrap();
    assert_eq!(stored, layout);
    // Rows that lie anywhere get the same, and so does a matrix of 32 bits.
    let n_columns = layout.n_columns();
    let (mut values, mut mask) = (vec![7.0; batch.values.len()], vec![7; batch.mask.len()]);
    let mut rows: Vec<RowTarget<'_, f64>> = values
        .chunks_mut(n_columns)
        .zip(mask.chunks_mut(n_columns))
        .map(|(values, mask)| RowTarget { values, mask })
        .collect();
    rows.reverse();
    layout.fill_rows(chunk, &mut rows).unwrap();
    let reversed: Vec<u64> = values.rchunks(n_columns).flatten().map(bits).collect();
    assert_eq!(reversed, wanted);
    let narrow = filled::<f32>(&layout, chunk);
    let widened: Vec<f32> = expected.iter().map(|value| *value as f32).collect();
    assert_eq!(
        narrow.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>(),
        widened.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    );
}

fn jagged(lists: &[Vec<f64>]) -> EventChunk {
    let mut chunk = EventChunk::new(0, lists.len());
    chunk.set("x", Piece::jagged(lists).into());
    chunk
}

#[test]
fn padding_and_missing_values() {
    let chunk = jagged(&[vec![1.0, 3.0], vec![], vec![2.0, NAN], vec![f64::INFINITY]]);
    let expected = [0.0, 1.0, NAN, NAN, 0.5, NAN, NAN, NAN];
    check(&chunk, &MatrixSettings::default(), &["x_0", "x_1"], &expected);
}

#[test]
fn every_width() {
    for width in 1..=20_usize {
        let lists: Vec<Vec<f64>> =
            (0..300).map(|row| (0..=row % (width + 1)).skip(1).map(|i| i as f64).collect()).collect();
        let chunk = jagged(&lists);
        let settings = MatrixSettings { scaling: Scaling::None, ..MatrixSettings::default() };
        let names: Vec<String> = (0..width).map(|place| format!("x_{place}")).collect();
        let expected: Vec<f64> = lists
            .iter()
            .flat_map(|list| (0..width).map(|place| list.get(place).copied().unwrap_or(NAN)))
            .collect();
        check(&chunk, &settings, &names.iter().map(String::as_str).collect::<Vec<_>>(), &expected);
    }
}

#[test]
fn fixed_arrays_and_nested_lists() {
    let mut chunk = EventChunk::new(0, 2);
    let fixed = ColumnType::fixed(ElementType::I32, 2);
    chunk.set("f", Piece::new(fixed, vec![], vec![1, 2, 3, 5].into()).unwrap().into());
    let nested = ColumnType { element: ElementType::F64, depth: 2, width: 1 };
    let offsets = vec![Slice::from(vec![0, 2, 3]), Slice::from(vec![0, 1, 3, 4])];
    let piece = Piece::new(nested, offsets, vec![0.0, 1.0, 2.0, 4.0].into()).unwrap();
    chunk.set("n", piece.into());
    let names = ["f_0", "f_1", "n_0", "n_1", "n_2"];
    check(&chunk, &MatrixSettings::default(), &names, &[0.0, 0.25, 0.0, 0.25, 0.5, 0.5, 1.0, 1.0, NAN, NAN]);
}

#[test]
fn width_caps_cut_the_last_values() {
    let mut lists = vec![vec![1.0, 2.0]; 99];
    lists.push(vec![3.0, 4.0, 5.0]);
    let chunk = jagged(&lists);
    let with = |width_cap| MatrixSettings { width_cap, scaling: Scaling::None, ..MatrixSettings::default() };
    let rows = |width: usize| -> Vec<f64> {
        lists
            .iter()
            .flat_map(|list| (0..width).map(|place| list.get(place).copied().unwrap_or(NAN)))
            .collect()
    };
    check(&chunk, &with(WidthCap::P99), &["x_0", "x_1"], &rows(2));
    check(&chunk, &with(WidthCap::AtMost(1)), &["x_0"], &rows(1));
    check(&chunk, &with(WidthCap::AtMost(9)), &["x_0", "x_1", "x_2"], &rows(3));
    let caps = BTreeMap::from([("x".to_string(), WidthCap::AtMost(2))]);
    let settings = MatrixSettings { branch_width_caps: caps, ..with(WidthCap::Widest) };
    check(&chunk, &settings, &["x_0", "x_1"], &rows(2));
}

#[test]
fn other_scalings() {
    let mut chunk = EventChunk::new(0, 4);
    chunk.set("x", Piece::flat(vec![1.0_f64, 3.0, 5.0, 7.0]).into());
    chunk.set("same", Piece::flat(vec![9.0_f64; 4]).into());
    let with = |scaling| MatrixSettings { scaling, ..MatrixSettings::default() };
    let std = 5_f64.sqrt();
    let expected = [0.0, -3.0 / std, 0.0, -1.0 / std, 0.0, 1.0 / std, 0.0, 3.0 / std];
    check(&chunk, &with(Scaling::Standard), &["same", "x"], &expected);
    let settings = MatrixSettings { drop_constant: true, ..with(Scaling::MinMax) };
    check(&chunk, &settings, &["x"], &[0.0, 2.0 / 6.0, 4.0 / 6.0, 1.0]);
    // With the scaling of the original a constant branch passes as it is.
    let expected = [9.0, 0.0, 9.0, 2.0 / 6.0, 9.0, 4.0 / 6.0, 9.0, 1.0];
    check(&chunk, &with(Scaling::MinMax), &["same", "x"], &expected);
    let layout = MatrixLayout::check(&with(Scaling::Robust), &specs(&chunk, SpecsMode::Full)).unwrap();
    let feature = &layout.features()[1];
    assert!((feature.shift - 3.0).abs() < 0.01 && (feature.scale - 4.0).abs() < 0.01, "{feature:?}");
    assert_eq!(feature.denormalise(0.0), feature.shift);
    let error = MatrixLayout::check(&with(Scaling::Robust), &specs(&chunk, SpecsMode::Fast)).unwrap_err();
    assert!(
        error.to_string().contains("the robust scaling of branch `x` needs the full specs")
            || error.to_string().contains("the robust scaling of branch `same` needs"),
        "{error}"
    );
}

#[test]
fn values_of_another_type_take_that_of_the_layout() {
    let mut chunk = EventChunk::new(0, 2);
    chunk.set("x", Piece::jagged(&[vec![0.1_f32, 0.7], vec![0.3]]).into());
    let layout = MatrixLayout::check(&MatrixSettings::default(), &specs(&chunk, SpecsMode::Fast)).unwrap();
    let mut from_json = EventChunk::new(0, 2);
    from_json.set("x", Piece::jagged(&[vec![0.1_f64, 0.7], vec![0.3]]).into());
    let (own, other) = (filled::<f64>(&layout, &chunk), filled::<f64>(&layout, &from_json));
    assert_eq!(own.values[..3], other.values[..3]);
    assert_eq!(own.mask, other.mask);
}

#[test]
fn what_does_not_fit_is_named() {
    let chunk = jagged(&[vec![1.0, 2.0]]);
    let layout = MatrixLayout::check(&MatrixSettings::default(), &specs(&chunk, SpecsMode::Fast)).unwrap();
    let check = |chunk: &EventChunk, expected: &str| {
        let error = layout.fill_batch(chunk, &mut MatrixBatch::<f32>::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let mut lists = vec![vec![]; 200];
    lists[150] = vec![0.0; 3];
    check(&jagged(&lists), "entry 150 has 3 values of branch `x`, but the specs saw at most 2");
    check(&EventChunk::new(0, 1), "lack branch `x`");
    let mut flat = EventChunk::new(0, 1);
    flat.set("x", Piece::flat(vec![1.0_f64]).into());
    check(&flat, "branch `x` is f64 in the events, but list of f64 was expected");
    let error = layout.fill::<f32>(&chunk, &mut [0.0], &mut [0, 0]).unwrap_err().to_string();
    assert!(error.contains("the values slice has 1 places, but 2 are needed"), "{error}");
    let settings = MatrixSettings { exclude: vec!["y".into()], ..MatrixSettings::default() };
    assert!(MatrixLayout::check(&settings, &specs(&chunk, SpecsMode::Fast)).is_err());
    let settings = MatrixSettings { exclude: vec!["x".into()], ..MatrixSettings::default() };
    let error = MatrixLayout::check(&settings, &specs(&chunk, SpecsMode::Fast)).unwrap_err().to_string();
    assert!(error.contains("no column"), "{error}");
}

#[test]
fn no_events_are_no_rows() {
    let chunk = jagged(&[vec![1.0, 2.0]]);
    let layout = MatrixLayout::check(&MatrixSettings::default(), &specs(&chunk, SpecsMode::Fast)).unwrap();
    assert_eq!(filled::<f32>(&layout, &chunk.slice(0..0)).values, Vec::<f32>::new());
}

#[test]
fn a_broken_stored_layout_is_refused() {
    let chunk = jagged(&[vec![1.0, 2.0]]);
    let layout = MatrixLayout::check(&MatrixSettings::default(), &specs(&chunk, SpecsMode::Fast)).unwrap();
    let stored = serde_json::to_string(&layout).unwrap();
    for (from, to) in [
        ("\"first_column\":0", "\"first_column\":1"),
        ("\"width\":2", "\"width\":3"),
        ("\"n_columns\":2", "\"n_columns\":0"),
        ("\"f64\"", "\"f16\""),
    ] {
        assert!(stored.contains(from), "{stored}");
        assert!(serde_json::from_str::<MatrixLayout>(&stored.replace(from, to)).is_err(), "{to}");
    }
}
