//! Small files of every feature, made by `tests/fixtures/make_fixtures.py`, compared entry by entry with what ROOT
//! and uproot read from them.

use event_columns::{Column, ElementType, EventTable, Number, Piece, for_each_type, read_chunk};
use root_file::{RootFile, RootFileError, RootTree};
use serde_json::Value;
use std::path::PathBuf;

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn open(file: &str, tree: &str) -> RootTree {
    RootFile::open(folder().join(file)).unwrap().tree(tree).unwrap()
}

fn column(tree: &RootTree, branch: &str) -> Column {
    let position = tree.find(branch).unwrap();
    let chunk = read_chunk(tree, &[position], 0..u64::MAX).unwrap();
    chunk.columns().next().unwrap().1.clone()
}

/// The entries of a column as JSON, each list an array; NaN and infinities as text.
fn as_json(column: &Column) -> Vec<Value> {
    column.pieces().iter().flat_map(|piece| (0..piece.n_entries()).map(|entry| item(piece, 0, entry))).collect()
}

fn item(piece: &Piece, level: usize, position: usize) -> Value {
    let column_type = piece.column_type();
    if level < column_type.depth {
        let offsets = &piece.offsets()[level];
        let items = offsets[position]..offsets[position + 1];
        return items.map(|below| item(piece, level + 1, below as usize)).collect();
    }
    if column_type.element == ElementType::Text {
        let offsets = &piece.offsets()[level];
        let bytes = u8::of(piece.values()).unwrap();
        let bytes = &bytes[offsets[position] as usize..offsets[position + 1] as usize];
        return String::from_utf8(bytes.to_vec()).unwrap().into();
    }
    let width = column_type.width;
    let values: Vec<Value> = (position * width..(position + 1) * width).map(|at| number(piece, at)).collect();
    if width == 1 { values[0].clone() } else { values.into() }
}

fn number(piece: &Piece, at: usize) -> Value {
    use event_columns::Values;
    match piece.values() {
        Values::U64(values) => values[at].into(),
        Values::I64(values) => values[at].into(),
        other => {
            let value = for_each_type!(other, values => values[at].to_f64());
            if value.is_finite() { value.into() } else { value.to_string().to_lowercase().into() }
        }
    }
}

/// Numbers and texts in order, without the shape; numbers as 64-bit floats where they are not integers.
fn flat(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| flat(item, into)),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(whole), ..) => into.push(whole.to_string()),
            (_, Some(whole), _) => into.push(whole.to_string()),
            (_, _, Some(float)) => into.push((float + 0.0).to_string()),
            _ => into.push("?".to_string()),
        },
        other => into.push(other.to_string()),
    }
}

/// Fixed arrays of several dimensions are flat here, so entries are compared as sequences, lists by their lengths.
fn assert_same(place: &str, found: &[Value], expected: &[Value]) {
    assert_eq!(found.len(), expected.len(), "{place}: entries");
    for (entry, (found, expected)) in found.iter().zip(expected).enumerate() {
        let (mut left, mut right) = (vec![], vec![]);
        flat(found, &mut left);
        flat(expected, &mut right);
        assert_eq!(left, right, "{place}: entry {entry}");
    }
}

#[test]
fn every_branch_of_every_file() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let (mut n_same, mut missing) = (0, vec![]);
    for (file, trees) in expected.as_object().unwrap() {
        for (tree_name, numbers) in trees.as_object().unwrap() {
            let tree = open(file, tree_name);
            assert_eq!(Some(tree.n_entries()), numbers["entries"].as_u64());
            for (branch, values) in numbers["branches"].as_object().unwrap() {
                let place = format!("{file}:{tree_name}/{branch}");
                match tree.find(branch) {
                    Ok(_) => {
                        assert_same(&place, &as_json(&column(&tree, branch)), values.as_array().unwrap());
                        n_same += 1;
                    }
                    Err(error) => missing.push(format!("{place}: {error}")),
                }
            }
        }
    }
    eprintln!("{n_same} branches the same\n{}", missing.join("\n"));
    assert_eq!((n_same, missing.len()), (0, 0), "{}", missing.join("\n"));
}
