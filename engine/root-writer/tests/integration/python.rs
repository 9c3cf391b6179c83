//! Asks uproot and ROOT what they read.

use event_columns::{ElementType, EventChunk, Piece, Values};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Runs `check_tree.py` on a file with what it must hold; false where there is no Python.
pub(crate) fn check_with_python(test: &str, file: &Path, tree: &str, expected: &[EventChunk]) -> bool {
    let Ok(python) = std::env::var("MLAAS4HEP_TEST_PYTHON") else {
        eprintln!("SKIPPED: {test}: MLAAS4HEP_TEST_PYTHON is not set, so uproot and ROOT were not asked");
        return false;
    };
    let json_path = file.with_extension("json");
    std::fs::write(&json_path, expected_json(expected).to_string()).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/check_tree.py");
    let output = Command::new(python).arg(program).arg(file).arg(tree).arg(&json_path).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    for line in said.lines().filter(|line| line.starts_with("SKIPPED")) {
        eprintln!("SKIPPED: {test}: {line}");
    }
    true
}

/// For each branch its type, its kind and its entries; floating-point numbers as the integers of their bits.
fn expected_json(chunks: &[EventChunk]) -> Value {
    let mut branches = serde_json::Map::new();
    for (name, column) in chunks[0].columns() {
        let column_type = column.column_type();
        let entries: Vec<Value> = chunks
            .iter()
            .flat_map(|chunk| chunk.column(name).unwrap().pieces())
            .flat_map(|piece| {
                (0..piece.n_entries()).map(|entry| entry_json(piece, entry)).collect::<Vec<_>>()
            })
            .collect();
        branches.insert(
            name.to_string(),
            json!({"type": column_type.element.name(), "kind": column_type.kind(), "entries": entries}),
        );
    }
    let n_entries: usize = chunks.iter().map(EventChunk::n_entries).sum();
    json!({"n_entries": n_entries, "branches": branches})
}

fn entry_json(piece: &Piece, entry: usize) -> Value {
    let one = piece.slice(entry..entry + 1);
    let values = one.values().slice(one.value_range());
    if piece.column_type().element == ElementType::Text {
        let Values::U8(bytes) = values else { panic!("text is bytes") };
        return json!(String::from_utf8(bytes.to_vec()).unwrap());
    }
    let list: Vec<Value> = match &values {
        Values::Bool(values) => values.iter().map(|value| json!(u8::from(*value))).collect(),
        Values::I8(values) => values.iter().map(|value| json!(value)).collect(),
        Values::I16(values) => values.iter().map(|value| json!(value)).collect(),
        Values::I32(values) => values.iter().map(|value| json!(value)).collect(),
        Values::I64(values) => values.iter().map(|value| json!(value)).collect(),
        Values::U8(values) => values.iter().map(|value| json!(value)).collect(),
        Values::U16(values) => values.iter().map(|value| json!(value)).collect(),
        Values::U32(values) => values.iter().map(|value| json!(value)).collect(),
        Values::U64(values) => values.iter().map(|value| json!(value)).collect(),
        Values::F32(values) => values.iter().map(|value| json!(value.to_bits())).collect(),
        Values::F64(values) => values.iter().map(|value| json!(value.to_bits())).collect(),
    };
    if piece.column_type().kind() == "flat" { list[0].clone() } else { json!(list) }
}
