//! The numbers and types of numpy and awkward, from `data/expected.json` (made by `data/make_expected.py`).

use event_columns::{ColumnType, ElementType, EventChunk, Piece, Slice, Values};
use event_selection::Expression;
use serde_json::Value;
use std::collections::BTreeMap;

fn number(value: &Value) -> f64 {
    match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::String(word) => word.parse().unwrap(),
        other => other.as_f64().unwrap(),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn chunk(branches: &serde_json::Map<String, Value>) -> EventChunk {
    let mut chunk = EventChunk::new(0, 8);
    for (name, branch) in branches {
        let found = numbers(&branch["values"]);
        let (element, values): (ElementType, Values) = match branch["dtype"].as_str().unwrap() {
            "int16" => (ElementType::I16, found.iter().map(|value| *value as i16).collect::<Vec<_>>().into()),
            "int32" => (ElementType::I32, found.iter().map(|value| *value as i32).collect::<Vec<_>>().into()),
            "uint8" => (ElementType::U8, found.iter().map(|value| *value as u8).collect::<Vec<_>>().into()),
            "float32" => {
                (ElementType::F32, found.iter().map(|value| *value as f32).collect::<Vec<_>>().into())
            }
            "float64" => (ElementType::F64, found.into()),
            other => panic!("{other}"),
        };
        let piece = match branch.get("counts") {
            None => Piece::new(ColumnType::flat(element), vec![], values),
            Some(counts) => {
                let mut offsets = vec![0_i64];
                for count in numbers(counts) {
                    offsets.push(offsets[offsets.len() - 1] + count as i64);
                }
                Piece::new(ColumnType::jagged(element), vec![Slice::from(offsets)], values)
            }
        };
        chunk.set(name.as_str(), piece.unwrap().into());
    }
    chunk
}

/// Types that differ from numpy's on purpose; the crate's page says why.
fn expected_element(text: &str, dtype: &str) -> &'static str {
    match (text, dtype) {
        // numpy 2 keeps the integer type of a negative base and an integer minimum; ours can say "missing".
        ("max(k)", _) => "f64",
        (_, "bool") => "bool",
        (_, "int8") => "i8",
        (_, "int16") => "i16",
        (_, "int32") => "i32",
        (_, "int64") => "i64",
        (_, "uint8") => "u8",
        // awkward fills missing values as 64-bit floats.
        ("min(x)" | "x[0]", _) | (_, "float32") => "f32",
        (_, "float64") => "f64",
        (_, other) => panic!("{text}: {other}"),
    }
}

#[test]
fn every_case_agrees() {
    let expected: Value = serde_json::from_str(include_str!("../data/expected.json")).unwrap();
    let chunk = chunk(expected["branches"].as_object().unwrap());
    let branches = super::support::branches(&chunk);
    let mut wrong = BTreeMap::new();
    let cases = expected["cases"].as_array().unwrap();
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let expression = Expression::parse(text).and_then(|expression| expression.check(&branches));
        let checked = expression.unwrap_or_else(|error| panic!("{error}"));
        let found = checked.evaluate(&chunk).unwrap_or_else(|error| panic!("{text}: {error}"));
        let element = expected_element(text, case["dtype"].as_str().unwrap());
        // numpy computes floats of 32 bits with its own loops, up to four units in the last place from the exact value.
        let tolerance = match (case["exact"] == true, element) {
            (true, _) => 0.0,
            (false, "f32") => 5e-7,
            (false, _) => 1e-14,
        };
        let (found_values, values) = (found.to_f64(), numbers(&case["values"]));
        let same = |(left, right): (&f64, &f64)| {
            left == right
                || (left.is_nan() && right.is_nan())
                || (left - right).abs() <= tolerance * right.abs()
        };
        let agrees = found_values.len() == values.len() && found_values.iter().zip(&values).all(same);
        if !agrees || found.column_type().element.name() != element {
            wrong.insert(
                text,
                format!("{} {found_values:?}, numpy has {element} {values:?}", found.column_type()),
            );
        }
    }
    assert!(cases.len() > 100, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {} differ: {wrong:#?}", wrong.len(), cases.len());
}
