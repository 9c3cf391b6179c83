//! Events written as JSON: rows of named values become a chunk of events.
//!
//! Two forms: objects by branch name, one or a list of them, and the form of `TFaaS`,
//! `{"keys": ["met", "jet_pt"], "values": [25.0, [40.0, 31.5]]}`, whose `values` may also be a list of such rows.

use crate::PredictError;
use event_columns::{Column, ColumnType, ElementType, EventChunk, Piece, Slice, Values, nearest_names};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What happens to names that the model does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownKeys {
    /// They are an error: a misspelt name is found at once.
    #[default]
    Refuse,
    /// They are passed over.
    Ignore,
}

/// Makes a chunk of the given branches from rows in either form.
pub(crate) fn read_rows(
    rows: &Value,
    branches: &[(Arc<str>, ColumnType)],
    unknown: UnknownKeys,
) -> Result<EventChunk, PredictError> {
    // For each branch, the value in each row.
    let table = match rows {
        Value::Object(object) if object.contains_key("keys") && object.contains_key("values") => {
            keyed_rows(object, branches, unknown)?
        }
        Value::Object(object) => object_rows(&[object], branches, unknown)?,
        Value::Array(rows) => {
            let objects: Option<Vec<&Map<String, Value>>> = rows.iter().map(Value::as_object).collect();
            let objects = objects.ok_or_else(|| form_error("the rows are not all objects"))?;
            object_rows(&objects, branches, unknown)?
        }
        _ => return Err(form_error("the rows are neither an object nor a list")),
    };
    let n_rows = table.n_rows;
    let mut chunk = EventChunk::new(0, n_rows);
    for ((name, column_type), values) in branches.iter().zip(&table.values) {
        chunk.set(Arc::clone(name), read_column(name, *column_type, values)?);
    }
    Ok(chunk)
}

struct RowTable<'a> {
    n_rows: usize,
    values: Vec<Vec<&'a Value>>,
}

fn object_rows<'a>(
    rows: &[&'a Map<String, Value>],
    branches: &[(Arc<str>, ColumnType)],
    unknown: UnknownKeys,
) -> Result<RowTable<'a>, PredictError> {
    let mut values: Vec<Vec<&Value>> = vec![Vec::with_capacity(rows.len()); branches.len()];
    for (number, row) in rows.iter().enumerate() {
        let mut n_known = 0;
        let mut missing = Vec::new();
        for ((name, _), own) in branches.iter().zip(&mut values) {
            match row.get(&**name) {
                Some(value) => {
                    own.push(value);
                    n_known += 1;
                }
                None => missing.push(&**name),
            }
        }
        if !missing.is_empty() {
            return Err(missing_branches(&format!("row {number}"), &missing, row.keys().map(String::as_str)));
        }
        if n_known < row.len() && unknown == UnknownKeys::Refuse {
            let is_unknown = |key: &&String| !branches.iter().any(|(name, _)| **name == ***key);
            let keys: Vec<&str> = row.keys().filter(is_unknown).map(String::as_str).collect();
            return Err(unknown_keys(&keys, branches));
        }
    }
    Ok(RowTable { n_rows: rows.len(), values })
}

fn keyed_rows<'a>(
    object: &'a Map<String, Value>,
    branches: &[(Arc<str>, ColumnType)],
    unknown: UnknownKeys,
) -> Result<RowTable<'a>, PredictError> {
    let keys: Option<Vec<&str>> =
        object["keys"].as_array().and_then(|keys| keys.iter().map(Value::as_str).collect());
    let keys = keys.ok_or_else(|| form_error("`keys` is not a list of names"))?;
    let values = object["values"].as_array().ok_or_else(|| form_error("`values` is not a list"))?;
    let positions = key_positions(&keys, branches, unknown)?;
    let first_type = keys.first().and_then(|key| branches.iter().find(|(name, _)| **name == **key));
    let rows: Vec<&Vec<Value>> = match first_type {
        // One list level more than the first key's branch has: a list of rows.
        Some((_, column_type))
            if values.first().is_some_and(|value| levels(value) > json_levels(*column_type)) =>
        {
            let rows: Option<Vec<&Vec<Value>>> = values.iter().map(Value::as_array).collect();
            rows.ok_or_else(|| form_error("`values` mixes rows and values"))?
        }
        None if values.iter().all(Value::is_array) && !values.is_empty() => {
            values.iter().filter_map(Value::as_array).collect()
        }
        _ => vec![values],
    };
    for (number, row) in rows.iter().enumerate() {
        if row.len() != keys.len() {
            let (n_values, n_keys) = (row.len(), keys.len());
            return Err(form_error(&format!("row {number} has {n_values} values for {n_keys} keys")));
        }
    }
    let pick = |position: &usize| rows.iter().map(|row| &row[*position]).collect();
    Ok(RowTable { n_rows: rows.len(), values: positions.iter().map(pick).collect() })
}

/// The position of each branch among the keys.
fn key_positions(
    keys: &[&str],
    branches: &[(Arc<str>, ColumnType)],
    unknown: UnknownKeys,
) -> Result<Vec<usize>, PredictError> {
    let mut position_of: HashMap<&str, usize> = HashMap::with_capacity(keys.len());
    for (position, key) in keys.iter().enumerate() {
        if position_of.insert(key, position).is_some() {
            return Err(PredictError::DuplicateKey { key: (*key).to_string() });
        }
    }
    let missing: Vec<&str> =
        branches.iter().map(|(name, _)| &**name).filter(|name| !position_of.contains_key(name)).collect();
    if !missing.is_empty() {
        return Err(missing_branches("`keys`", &missing, keys.iter().copied()));
    }
    if keys.len() > branches.len() && unknown == UnknownKeys::Refuse {
        let is_unknown = |key: &&str| !branches.iter().any(|(name, _)| **name == **key);
        let keys: Vec<&str> = keys.iter().copied().filter(is_unknown).collect();
        return Err(unknown_keys(&keys, branches));
    }
    Ok(branches.iter().map(|(name, _)| position_of[&**name]).collect())
}

/// Levels of lists in a JSON value, along its first items.
fn levels(value: &Value) -> usize {
    let (mut value, mut levels) = (Some(value), 0);
    while let Some(Value::Array(items)) = value {
        levels += 1;
        value = items.first();
    }
    levels
}

/// Levels of lists that a branch has in JSON: a fixed array is one more.
fn json_levels(column_type: ColumnType) -> usize {
    column_type.depth + usize::from(column_type.width > 1)
}

fn read_column(name: &Arc<str>, column_type: ColumnType, rows: &[&Value]) -> Result<Column, PredictError> {
    let mut reader = ColumnReader {
        column_type,
        offsets: vec![vec![0]; column_type.offset_levels()],
        values: Growing::new(column_type.element),
    };
    for (row, value) in rows.iter().enumerate() {
        reader.read(value, 0).map_err(|reason| PredictError::Value {
            row,
            branch: name.to_string(),
            reason,
        })?;
    }
    let offsets = reader.offsets.into_iter().map(Slice::from).collect();
    let piece = Piece::new(column_type, offsets, reader.values.into()).map_err(|cause| {
        PredictError::Value { row: 0, branch: name.to_string(), reason: cause.to_string() }
    })?;
    Ok(piece.into())
}

/// The buffers of a column while it grows.
struct ColumnReader {
    column_type: ColumnType,
    offsets: Vec<Vec<i64>>,
    values: Growing,
}

impl ColumnReader {
    /// Reads the value of one entry (level 0) or one item of a list at a deeper level.
    fn read(&mut self, value: &Value, level: usize) -> Result<(), String> {
        if level < self.column_type.depth {
            let items = value.as_array().ok_or_else(|| format!("{value} is not a list"))?;
            for item in items {
                self.read(item, level + 1)?;
            }
            self.close(level);
            return Ok(());
        }
        if let Growing::U8(bytes) = &mut self.values
            && self.column_type.element == ElementType::Text
        {
            bytes.extend(value.as_str().ok_or_else(|| format!("{value} is not a text"))?.bytes());
            self.close(level);
            return Ok(());
        }
        if self.column_type.width == 1 {
            return self.values.push(value);
        }
        let width = self.column_type.width;
        match value.as_array() {
            Some(items) if items.len() == width => items.iter().try_for_each(|item| self.values.push(item)),
            Some(items) => Err(format!("it has {} values, the branch has {width}", items.len())),
            None => Err(format!("{value} is not a list of {width} values")),
        }
    }

    /// Ends a list of a level: its offset is the number of items of the level below.
    fn close(&mut self, level: usize) {
        let n_below = match self.offsets.get(level + 1) {
            Some(below) => below.len() - 1,
            None => self.values.len() / self.column_type.width.max(1),
        };
        self.offsets[level].push(n_below as i64);
    }
}

/// Values of one type while they grow.
enum Growing {
    Bool(Vec<bool>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Runs one generic expression over the vector inside a [`Growing`].
macro_rules! each_type {
    ($growing:expr, $vector:ident => $body:expr) => {
        match $growing {
            Growing::Bool($vector) => $body,
            Growing::I8($vector) => $body,
            Growing::I16($vector) => $body,
            Growing::I32($vector) => $body,
            Growing::I64($vector) => $body,
            Growing::U8($vector) => $body,
            Growing::U16($vector) => $body,
            Growing::U32($vector) => $body,
            Growing::U64($vector) => $body,
            Growing::F32($vector) => $body,
            Growing::F64($vector) => $body,
        }
    };
}

impl Growing {
    fn len(&self) -> usize {
        each_type!(self, vector => vector.len())
    }

    fn push(&mut self, value: &Value) -> Result<(), String> {
        match self {
            Self::Bool(vector) => vector.push(boolean(value)?),
            Self::I8(vector) => vector.push(integer(value, "i8")?),
            Self::I16(vector) => vector.push(integer(value, "i16")?),
            Self::I32(vector) => vector.push(integer(value, "i32")?),
            Self::I64(vector) => vector.push(integer(value, "i64")?),
            Self::U8(vector) => vector.push(integer(value, "u8")?),
            Self::U16(vector) => vector.push(integer(value, "u16")?),
            Self::U32(vector) => vector.push(integer(value, "u32")?),
            Self::U64(vector) => vector.push(integer(value, "u64")?),
            Self::F32(vector) => vector.push(float(value)? as f32),
            Self::F64(vector) => vector.push(float(value)?),
        }
        Ok(())
    }
}

impl From<Growing> for Values {
    fn from(growing: Growing) -> Self {
        each_type!(growing, vector => vector.into())
    }
}

impl Growing {
    fn new(element: ElementType) -> Self {
        match element {
            ElementType::Bool => Self::Bool(Vec::new()),
            ElementType::I8 => Self::I8(Vec::new()),
            ElementType::I16 => Self::I16(Vec::new()),
            ElementType::I32 => Self::I32(Vec::new()),
            ElementType::I64 => Self::I64(Vec::new()),
            ElementType::U8 | ElementType::Text => Self::U8(Vec::new()),
            ElementType::U16 => Self::U16(Vec::new()),
            ElementType::U32 => Self::U32(Vec::new()),
            ElementType::U64 => Self::U64(Vec::new()),
            ElementType::F32 => Self::F32(Vec::new()),
            ElementType::F64 => Self::F64(Vec::new()),
        }
    }
}

fn boolean(value: &Value) -> Result<bool, String> {
    match (value, value.as_f64()) {
        (Value::Bool(value), _) => Ok(*value),
        (_, Some(0.0)) => Ok(false),
        (_, Some(1.0)) => Ok(true),
        _ => Err(format!("{value} is neither true nor false")),
    }
}

/// A whole number that the type holds; `3.0` is one.
fn integer<T: TryFrom<i128>>(value: &Value, type_name: &str) -> Result<T, String> {
    let whole = match value {
        Value::Bool(value) => Some(i128::from(*value)),
        _ => match (value.as_i64(), value.as_u64(), value.as_f64()) {
            (Some(number), ..) => Some(i128::from(number)),
            (_, Some(number), _) => Some(i128::from(number)),
            // The limit keeps the cast exact; no branch type reaches it.
            (_, _, Some(number)) if number.fract() == 0.0 && number.abs() < 1e30 => Some(number as i128),
            _ => None,
        },
    };
    whole
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("{value} is not a whole number of type {type_name}"))
}

/// A number; `null` is a missing one.
fn float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Null => Ok(f64::NAN),
        Value::Bool(value) => Ok(f64::from(u8::from(*value))),
        _ => value.as_f64().ok_or_else(|| format!("{value} is not a number")),
    }
}

fn form_error(reason: &str) -> PredictError {
    PredictError::Form { reason: reason.to_string() }
}

/// The error for branches that events lack, with the names that may have been meant.
pub(crate) fn missing_branches<'a>(
    place: &str,
    missing: &[&str],
    present: impl Iterator<Item = &'a str> + Clone,
) -> PredictError {
    let with_nearest = |name: &&str| {
        let nearest = nearest_names(name, present.clone(), 3);
        if nearest.is_empty() {
            format!("`{name}`")
        } else {
            format!("`{name}` (did you mean {}?)", nearest.join(" or "))
        }
    };
    PredictError::MissingBranches {
        place: place.to_string(),
        names: missing.iter().map(ToString::to_string).collect(),
        listing: missing.iter().map(with_nearest).collect::<Vec<_>>().join(", "),
    }
}

fn unknown_keys(keys: &[&str], branches: &[(Arc<str>, ColumnType)]) -> PredictError {
    let with_nearest = |key: &&str| {
        let nearest = nearest_names(key, branches.iter().map(|(name, _)| &**name), 1);
        nearest.first().map_or(format!("`{key}`"), |name| format!("`{key}` (the model has {name})"))
    };
    PredictError::UnknownKeys {
        names: keys.iter().map(ToString::to_string).collect(),
        listing: keys.iter().map(with_nearest).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn branches() -> Vec<(Arc<str>, ColumnType)> {
        vec![
            ("met".into(), ColumnType::flat(ElementType::F32)),
            ("jet_pt".into(), ColumnType::jagged(ElementType::F64)),
            ("n".into(), ColumnType::flat(ElementType::I16)),
            ("vertex".into(), ColumnType::fixed(ElementType::F32, 2)),
        ]
    }

    fn check(rows: &Value, expected: &str) {
        let found = match read_rows(rows, &branches(), UnknownKeys::Refuse) {
            Ok(chunk) => {
                let columns = chunk.columns().map(|(_, column)| format!("{:?}", column.to_f64()));
                let counts = chunk.column("jet_pt").unwrap().values_per_entry();
                format!("{} {counts:?}", columns.collect::<Vec<_>>().join(" "))
            }
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn rows_as_objects() {
        let row = json!({"met": 1.5, "jet_pt": [1, 2.5], "n": 3, "vertex": [0.5, null]});
        check(&row, "[1.5] [1.0, 2.5] [3.0] [0.5, NaN] [2]");
        let other = json!({"n": true, "met": null, "jet_pt": [], "vertex": [0, 1]});
        check(&json!([row, other]), "[1.5, NaN] [1.0, 2.5] [3.0, 1.0] [0.5, NaN, 0.0, 1.0] [2, 0]");
        check(&json!([]), "[] [] [] [] []");
    }

    #[test]
    fn rows_as_keys_and_values() {
        let keys = json!(["jet_pt", "vertex", "met", "n"]);
        let row = json!([[1.0], [2, 3], 4, 5.0]);
        check(&json!({"keys": keys, "values": row}), "[4.0] [1.0] [5.0] [2.0, 3.0] [1]");
        check(&json!({"keys": keys, "values": [row, [[], [2, 3], 4, 5]]}), "[4.0, 4.0] [1.0] [5.0, 5.0]");
        check(&json!({"keys": keys, "values": [[1.0], [2, 3], 4]}), "row 0 has 3 values for 4 keys");
        check(&json!({"keys": ["met", "met"], "values": [1, 2]}), "`met` is given twice");
        check(&json!({"keys": ["met", 3], "values": [1, 2]}), "not a list of names");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let row = |name: &str, value: Value| {
            let mut row = json!({"met": 1.5, "jet_pt": [1], "n": 3, "vertex": [0.5, 1]});
            row[name] = value;
            row
        };
        check(&row("n", json!(1.5)), "row 0, branch `n`: 1.5 is not a whole number of type i16");
        check(&row("n", json!(40000)), "40000 is not a whole number");
        check(&row("n", json!(1e300)), "is not a whole number");
        check(&row("n", Value::Null), "null is not a whole number");
        check(&row("jet_pt", json!(1)), "1 is not a list");
        check(&row("jet_pt", json!(["x"])), "\"x\" is not a number");
        check(&row("vertex", json!([1])), "it has 1 values, the branch has 2");
        check(&row("Met", json!(1)), "`Met` (the model has met)");
        check(&json!([{"Met": 1, "n": 1}]), "`met` (did you mean Met?), `jet_pt`, `vertex`");
        check(&json!([1]), "not all objects");
        check(&json!("x"), "neither an object nor a list");
    }

    #[test]
    fn unknown_keys_can_be_passed_over() {
        let row = json!({"met": 1.5, "jet_pt": [1], "n": 3, "vertex": [0.5, 1], "weight": 1});
        assert!(read_rows(&row, &branches(), UnknownKeys::Ignore).is_ok());
        check(&row, "unknown to the model: `weight`");
    }

    #[test]
    fn nested_lists_and_text() {
        let nested = ColumnType { element: ElementType::I32, depth: 2, width: 1 };
        let branches = [("v".into(), nested), ("t".into(), ColumnType::flat(ElementType::Text))];
        let rows = json!([{"v": [[1], [2, 3]], "t": "ab"}, {"v": [], "t": ""}]);
        let chunk = read_rows(&rows, &branches, UnknownKeys::Refuse).unwrap();
        assert_eq!(chunk.column("v").unwrap().to_f64(), [1.0, 2.0, 3.0]);
        assert_eq!(chunk.column("v").unwrap().values_per_entry(), [3, 0]);
        assert_eq!(chunk.column("t").unwrap().values_per_entry(), [2, 0]);
    }
}
