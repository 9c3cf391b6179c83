//! The original's matrix, bit for bit, as the program in `tests/fixtures` computes it with numpy.

use branch_specs::{SpecsBuilder, SpecsMode};
use event_columns::{Column, ColumnType, ElementType, EventChunk, Piece, Slice, Values};
use event_matrix::{ChunkRule, Compat, MatrixBatch, MatrixLayout, MatrixSettings, MixPlan};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(fixtures().join(name)).unwrap()).unwrap()
}

/// Values of a numpy type from JSON.
fn typed(numpy_type: &str, values: &[&Value]) -> Values {
    let signed = || values.iter().map(|value| value.as_i64().unwrap());
    let unsigned = || values.iter().map(|value| value.as_u64().unwrap());
    let float = || values.iter().map(|value| value.as_f64().unwrap());
    match numpy_type {
        "bool" => values.iter().map(|value| value.as_bool().unwrap()).collect::<Vec<_>>().into(),
        "int8" => signed().map(|value| value as i8).collect::<Vec<_>>().into(),
        "int16" => signed().map(|value| value as i16).collect::<Vec<_>>().into(),
        "int32" => signed().map(|value| value as i32).collect::<Vec<_>>().into(),
        "int64" => signed().collect::<Vec<_>>().into(),
        "uint8" => unsigned().map(|value| value as u8).collect::<Vec<_>>().into(),
        "uint16" => unsigned().map(|value| value as u16).collect::<Vec<_>>().into(),
        "uint32" => unsigned().map(|value| value as u32).collect::<Vec<_>>().into(),
        "uint64" => unsigned().collect::<Vec<_>>().into(),
        "float32" => float().map(|value| value as f32).collect::<Vec<_>>().into(),
        "float64" => float().collect::<Vec<_>>().into(),
        other => panic!("{other}"),
    }
}

/// A column in pieces of seven entries, so that tiles cross pieces.
fn column(branch: &Value) -> Column {
    let numpy_type = branch["type"].as_str().unwrap();
    let entries = branch["values"].as_array().unwrap();
    let is_jagged = branch["jagged"].as_bool().unwrap();
    let element: ElementType = typed(numpy_type, &[]).element_type();
    let column_type = if is_jagged { ColumnType::jagged(element) } else { ColumnType::flat(element) };
    let pieces = entries.chunks(7).map(|entries| {
        if !is_jagged {
            return Piece::new(column_type, vec![], typed(numpy_type, &entries.iter().collect::<Vec<_>>()))
                .unwrap();
        }
        let lists: Vec<&Vec<Value>> = entries.iter().map(|list| list.as_array().unwrap()).collect();
        let mut offsets = vec![0_i64];
        for list in &lists {
            offsets.push(offsets[offsets.len() - 1] + list.len() as i64);
        }
        let values: Vec<&Value> = lists.into_iter().flatten().collect();
        Piece::new(column_type, vec![Slice::from(offsets)], typed(numpy_type, &values)).unwrap()
    });
    Column::new(column_type, pieces.collect()).unwrap()
}

fn check(compat: Compat, expected: &str) {
    let arrays = read("arrays.json");
    let arrays = arrays.as_array().unwrap();
    let mut chunk = EventChunk::new(0, arrays[0]["values"].as_array().unwrap().len());
    for branch in arrays {
        chunk.set(branch["name"].as_str().unwrap(), column(branch));
    }
    let branches: Vec<(Arc<str>, ColumnType)> =
        chunk.columns().map(|(name, column)| (name.clone(), column.column_type())).collect();
    let builder = SpecsBuilder::new(&branches, SpecsMode::Fast);
    builder.add_chunk(&chunk).unwrap();
    let settings = MatrixSettings { compat, ..MatrixSettings::default() };
    let layout = MatrixLayout::check(&settings, &builder.finish("arrays")).unwrap();
    let mut batch = MatrixBatch::<f64>::default();
    layout.fill_batch(&chunk, &mut batch).unwrap();
    let expected = read(expected);
    assert_eq!(serde_json::json!(layout.column_names()), expected["columns"]);
    for (row, (values, mask)) in
        batch.values.chunks(batch.n_columns).zip(batch.mask.chunks(batch.n_columns)).enumerate()
    {
        let bits = |value: &f64| {
            if value.is_nan() { "nan".to_string() } else { format!("{:016x}", value.to_bits()) }
        };
        let found: Vec<String> = values.iter().map(bits).collect();
        assert_eq!(serde_json::json!(found), expected["rows"][row], "row {row}");
        assert_eq!(serde_json::json!(mask), expected["mask"][row], "mask of row {row}");
    }
}

#[test]
fn the_order_and_the_numbers_of_master() {
    check(Compat::Master, "expected-master.json");
}

#[test]
fn the_order_and_the_numbers_of_uproot4() {
    check(Compat::Uproot4, "expected-uproot4.json");
}

#[test]
fn the_events_of_each_file_in_each_chunk() {
    for case in read("expected-chunks.json").as_array().unwrap() {
        let files: Vec<u64> = serde_json::from_value(case["files"].clone()).unwrap();
        let chunk_size = case["chunk_size"].as_u64().unwrap() as usize;
        let plan = MixPlan::new(&files, case["nevts"].as_u64(), chunk_size, ChunkRule::Original).unwrap();
        assert_eq!(
            serde_json::json!(plan.chunks),
            case["chunks"],
            "{files:?} {} {chunk_size}",
            case["nevts"]
        );
    }
}

#[test]
fn the_committed_numbers_are_what_numpy_computes() {
    let Ok(python) = std::env::var("MLAAS4HEP_TEST_PYTHON") else {
        eprintln!(
            "SKIPPED: the_committed_numbers_are_what_numpy_computes: MLAAS4HEP_TEST_PYTHON names no Python with numpy"
        );
        return;
    };
    for program in ["original_matrix.py", "original_chunks.py"] {
        let program = fixtures().join(program);
        let status = std::process::Command::new(&python).arg(program).arg("--check").status().unwrap();
        assert!(status.success());
    }
}
