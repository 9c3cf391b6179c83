//! The stored forms: ours, and the two of the original.
//!
//! ```json
//! {
//!   "format": "mlaas4hep-specs", "version": 1,
//!   "jdim": {"jet_pt": 6}, "minv": {"jet_pt": 30.1}, "maxv": {"jet_pt": 512.5},
//!   "fkeys": ["met"], "jkeys": ["jet_pt"], "nans": {}, "events": {"total": 100, "a.root": 100},
//!   "mode": "full", "identifier": ["run", "event", "luminosityBlock"],
//!   "branches": {"jet_pt": {"type": "vector<float>", "kind": "jagged", "n": 204, "n_nan": 0, "n_inf": 0,
//!      "sum": 1.5, "min": 30.1, "max": 512.5, "mean": 88.1, "std": 40.2, "jdim": 6,
//!      "element": "f32", "depth": 1, "width": 1, "sum_rest": [], "squares": [], "distribution": {}, "widths": {}}},
//!   "fingerprint": {}
//! }
//! ```
//!
//! The original's keys come first, so that its tools read our files; where somebody edited `minv`, `maxv` or `jdim`, they
//! win over `branches`. A branch without a finite value has
//! `minv` 1e15 and `maxv` -1e15 there, as in the original's master branch, and `null` under `branches`. `nans` is the
//! normalised zero: in the specs of all files only where there are two and more, and then the value itself for a
//! branch of one value; in those of one file always, and then 0. Nothing uses it. `fkeys`, `jkeys` and `branches` keep
//! the order of the file, which is the order of the columns for the original's uproot4 branch.

use crate::branch::expands;
use crate::{BranchSpecs, ExactSum, FileEvents, Fingerprint, Specs, SpecsError, SpecsMode, ValueSketch};
use event_columns::{ColumnType, ElementType};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// What stands under `format`.
const FORMAT: &str = "mlaas4hep-specs";
/// The version that is written and the newest that is read.
const VERSION: u64 = 1;
/// The original's bounds of a branch without values: minimum and maximum.
const EMPTY_BOUNDS: (f64, f64) = (1e15, -1e15);

/// Which of the original's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginalForm {
    /// `specs-<base>.json`: without `events`, and without the identifier among `fkeys`. As the master branch
    /// writes it: names among `fkeys` and `jkeys` are sorted.
    PerFile,
    /// As [`OriginalForm::PerFile`], with the names in the order of the file, as the uproot4 branch writes it.
    PerFileInOrder,
    /// `global-specs.json`.
    Global,
}

/// The name that the original gives to the specs of one file: `specs-<base name without .root>.json`.
pub fn original_file_name(file: &str) -> String {
    let base = file.rsplit('/').next().unwrap_or(file);
    format!("specs-{}.json", base.strip_suffix(".root").unwrap_or(base))
}

impl Specs {
    /// Our stored form, which the original's tools read too.
    pub fn to_json(&self) -> String {
        let mut object = Map::new();
        object.insert("format".into(), FORMAT.into());
        object.insert("version".into(), VERSION.into());
        object.append(&mut self.original_keys(OriginalForm::Global));
        object.insert("mode".into(), if self.mode == SpecsMode::Full { "full" } else { "fast" }.into());
        object.insert("identifier".into(), json!(self.identifier));
        let branches = self.branches.iter().map(|branch| (branch.name.to_string(), stored_branch(branch)));
        object.insert("branches".into(), Value::Object(branches.collect()));
        if let Some(fingerprint) = &self.fingerprint {
            object.insert("fingerprint".into(), json!(fingerprint));
        }
        Value::Object(object).to_string()
    }

    /// One object for people and programs: the original's keys, and under `branches` for each branch `type`, `kind`,
    /// `n`, `n_nan`, `n_inf`, `sum`, `min`, `max`, `mean`, `std`, `jdim`.
    pub fn to_shown_json(&self) -> Value {
        let mut object = self.original_keys(OriginalForm::Global);
        let branches =
            self.branches.iter().map(|branch| (branch.name.to_string(), shown_branch(branch).into()));
        object.insert("branches".into(), Value::Object(branches.collect()));
        Value::Object(object)
    }

    /// The original's own form.
    pub fn to_original_json(&self, form: OriginalForm) -> String {
        Value::Object(self.original_keys(form)).to_string()
    }

    /// Reads our form and both of the original's. In those of the original no type is known, and no count.
    ///
    /// # Errors
    /// [`SpecsError::Format`] with the key that is missing or wrong.
    pub fn from_json(text: &str) -> Result<Self, SpecsError> {
        let value: Value = serde_json::from_str(text).map_err(|cause| no_json(text, &cause))?;
        let object = value.as_object().ok_or_else(|| broken("the JSON is not an object"))?;
        match object.get("format") {
            None => read_original(object),
            Some(format) if format != FORMAT => {
                Err(broken(format!("the format is {format} and not {FORMAT}")))
            }
            Some(_) => match object.get("version").and_then(Value::as_u64) {
                Some(VERSION) => read_own(object),
                found => Err(broken(format!(
                    "the version is {} and only {VERSION} can be read",
                    found.map_or("missing".to_string(), |version| version.to_string())
                ))),
            },
        }
    }

    fn original_keys(&self, form: OriginalForm) -> Map<String, Value> {
        let (mut jdim, mut minv, mut maxv, mut nans) = (Map::new(), Map::new(), Map::new(), Map::new());
        let (mut flat, mut jagged) = (Vec::new(), Vec::new());
        for branch in self.branches.iter().filter(|branch| branch.is_numeric()) {
            let name = branch.name.to_string();
            let min = branch.min().unwrap_or(EMPTY_BOUNDS.0);
            let max = branch.max().unwrap_or(EMPTY_BOUNDS.1);
            minv.insert(name.clone(), json!(min));
            maxv.insert(name.clone(), json!(max));
            if form != OriginalForm::Global || self.files.len() > 1 {
                let of_constant = if form == OriginalForm::Global { max } else { 0.0 };
                let zero = if max == min { of_constant } else { (0.0 - min) / (max - min) };
                nans.insert(name.clone(), json!(zero));
            }
            if branch.jagged {
                jdim.insert(name.clone(), json!(branch.jdim));
                jagged.push(name);
            } else if form == OriginalForm::Global || !self.is_identifier(&name) {
                flat.push(name);
            }
        }
        if form == OriginalForm::PerFile {
            flat.sort();
            jagged.sort();
        }
        let mut object = Map::new();
        object.insert("jdim".into(), Value::Object(jdim));
        object.insert("minv".into(), Value::Object(minv));
        object.insert("maxv".into(), Value::Object(maxv));
        object.insert("fkeys".into(), json!(flat));
        object.insert("jkeys".into(), json!(jagged));
        object.insert("nans".into(), Value::Object(nans));
        if form == OriginalForm::Global {
            let mut events = Map::new();
            events.insert("total".into(), self.n_events().into());
            for file in &self.files {
                events.insert(file.name.clone(), file.n_events.into());
            }
            object.insert("events".into(), Value::Object(events));
        }
        object
    }
}

fn shown_branch(branch: &BranchSpecs) -> Map<String, Value> {
    let shown = json!({
        "type": branch.type_name, "kind": branch.kind(),
        "n": branch.n(), "n_nan": branch.n_nan(), "n_inf": branch.n_inf(),
        "sum": branch.sum(), "min": branch.min(), "max": branch.max(),
        "mean": branch.mean(), "std": branch.std(), "jdim": branch.jdim,
    });
    if let Value::Object(shown) = shown { shown } else { Map::new() }
}

fn stored_branch(branch: &BranchSpecs) -> Value {
    let mut stored = shown_branch(branch);
    if let Some(column_type) = branch.column_type {
        stored.insert("element".into(), column_type.element.name().into());
        stored.insert("depth".into(), column_type.depth.into());
        stored.insert("width".into(), column_type.width.into());
    }
    // What the rounded sum lacks, so that stored specs still merge without rounding.
    stored.insert("sum_rest".into(), json!(branch.numbers.sum.parts().get(1..).unwrap_or_default()));
    if let Some(squares) = &branch.numbers.squares {
        stored.insert("squares".into(), json!(squares.parts()));
    }
    for (key, sketch) in [("distribution", &branch.distribution), ("widths", &branch.widths)] {
        if let Some(sketch) = sketch {
            let (resolution, keys, counts) = sketch.stored();
            stored.insert(key.into(), json!({"resolution": resolution, "keys": keys, "counts": counts}));
        }
    }
    Value::Object(stored)
}

fn read_own(object: &Map<String, Value>) -> Result<Specs, SpecsError> {
    let edited = [map(object, "minv")?, map(object, "maxv")?, map(object, "jdim")?];
    let branches = map(object, "branches")?
        .iter()
        .map(|(name, stored)| {
            let branch = read_branch(name, stored)
                .ok_or_else(|| broken(format!("the numbers of branch `{name}` are broken")))?;
            with_edited_numbers(branch, name, edited)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let fingerprint: Option<Fingerprint> = match object.get("fingerprint") {
        Some(value) => Some(
            serde_json::from_value(value.clone())
                .map_err(|cause| broken(format!("`fingerprint`: {cause}")))?,
        ),
        None => None,
    };
    let mode = if object.get("mode") == Some(&json!("full")) { SpecsMode::Full } else { SpecsMode::Fast };
    let identifier = names(object, "identifier")?;
    Ok(Specs { mode, identifier, files: read_events(object)?, branches, fingerprint })
}

/// Who edits a specs file edits the original's keys, `minv`, `maxv` and `jdim`: they win over `branches`.
fn with_edited_numbers(
    mut branch: BranchSpecs,
    name: &str,
    [minv, maxv, jdim]: [&Map<String, Value>; 3],
) -> Result<BranchSpecs, SpecsError> {
    if let (Some(min), Some(max)) = (minv.get(name), maxv.get(name)) {
        set_bounds(&mut branch, name, number(min, "minv", name)?, number(max, "maxv", name)?)?;
    }
    if let Some(width) = jdim.get(name) {
        branch.jdim = count(width, "jdim", name)?;
    }
    Ok(branch)
}

fn number_of_key<'a>(values: &'a Map<String, Value>, key: &str, name: &str) -> Result<&'a Value, SpecsError> {
    let missing = || broken(format!("`{key}` has no number for branch `{name}`, which is among the keys"));
    values.get(name).ok_or_else(missing)
}

fn number(value: &Value, key: &str, name: &str) -> Result<f64, SpecsError> {
    value.as_f64().ok_or_else(|| broken(format!("`{key}` of branch `{name}` is {value} and no number")))
}

fn count(value: &Value, key: &str, name: &str) -> Result<usize, SpecsError> {
    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
    count.ok_or_else(|| broken(format!("`{key}` of branch `{name}` is {value} and no count")))
}

/// The two generations of the original write the bounds of an empty branch in opposite order.
fn set_bounds(branch: &mut BranchSpecs, name: &str, min: f64, max: f64) -> Result<(), SpecsError> {
    if (min, max) == EMPTY_BOUNDS || (max, min) == EMPTY_BOUNDS {
        return Ok(());
    }
    if min > max {
        return Err(broken(format!("branch `{name}` has the minimum {min} above the maximum {max}")));
    }
    (branch.numbers.min, branch.numbers.max) = (min, max);
    Ok(())
}

fn read_branch(name: &str, stored: &Value) -> Option<BranchSpecs> {
    let stored = stored.as_object()?;
    let count = |key: &str| stored.get(key)?.as_u64();
    let parts =
        |key: &str| -> Option<Vec<f64>> { stored.get(key)?.as_array()?.iter().map(Value::as_f64).collect() };
    let column_type = match stored.get("element") {
        None => None,
        Some(element) => Some(ColumnType {
            element: element_of(element.as_str()?)?,
            depth: usize::try_from(count("depth")?).ok()?,
            width: usize::try_from(count("width")?).ok()?.max(1),
        }),
    };
    let kind = stored.get("kind")?.as_str()?;
    let mut branch = blank(name, column_type.map_or(kind != "flat" && kind != "text", expands), column_type);
    branch.type_name = stored.get("type")?.as_str()?.to_string();
    branch.jdim = usize::try_from(count("jdim")?).ok()?;
    let numbers = &mut branch.numbers;
    (numbers.n, numbers.n_nan, numbers.n_inf) = (count("n")?, count("n_nan")?, count("n_inf")?);
    if let (Some(min), Some(max)) = (stored.get("min")?.as_f64(), stored.get("max")?.as_f64()) {
        if min > max {
            return None;
        }
        (numbers.min, numbers.max) = (min, max);
    }
    numbers.sum = parts("sum_rest")?.into_iter().chain(stored.get("sum")?.as_f64()).collect();
    if stored.contains_key("squares") {
        numbers.squares = Some(parts("squares")?.into_iter().collect::<ExactSum>());
    }
    let sketch = |key: &str| match stored.get(key) {
        None => Some(None),
        Some(value) => read_sketch(value).map(Some),
    };
    branch.distribution = sketch("distribution")?;
    branch.widths = sketch("widths")?;
    Some(branch)
}

fn read_sketch(value: &Value) -> Option<ValueSketch> {
    let list = |key: &str| value.get(key)?.as_array();
    let resolution = u32::try_from(value.get("resolution")?.as_u64()?).ok()?;
    let keys: Option<Vec<i32>> = list("keys")?.iter().map(|key| i32::try_from(key.as_i64()?).ok()).collect();
    let counts: Option<Vec<u64>> = list("counts")?.iter().map(Value::as_u64).collect();
    ValueSketch::from_stored(resolution, &keys?, &counts?)
}

fn read_original(object: &Map<String, Value>) -> Result<Specs, SpecsError> {
    let (jdim, minv, maxv) = (map(object, "jdim")?, map(object, "minv")?, map(object, "maxv")?);
    let jagged = names(object, "jkeys")?;
    let mut branches = Vec::new();
    let flat = names(object, "fkeys")?;
    let mut listed = HashSet::new();
    if let Some(name) = flat.iter().chain(&jagged).find(|name| !listed.insert(name.as_str())) {
        return Err(broken(format!("branch `{name}` is listed twice in `fkeys` and `jkeys`")));
    }
    for (name, is_jagged) in
        flat.iter().map(|name| (name, false)).chain(jagged.iter().map(|name| (name, true)))
    {
        let (min, max) = (number_of_key(minv, "minv", name)?, number_of_key(maxv, "maxv", name)?);
        let mut branch = blank(name, is_jagged, None);
        set_bounds(&mut branch, name, number(min, "minv", name)?, number(max, "maxv", name)?)?;
        branch.jdim = if is_jagged { count(number_of_key(jdim, "jdim", name)?, "jdim", name)? } else { 1 };
        branches.push(branch);
    }
    let identifier = Specs::default_identifier();
    let files = if object.contains_key("events") { read_events(object)? } else { Vec::new() };
    Ok(Specs { mode: SpecsMode::Fast, identifier, files, branches, fingerprint: None })
}

fn blank(name: &str, jagged: bool, column_type: Option<ColumnType>) -> BranchSpecs {
    BranchSpecs {
        name: name.into(),
        type_name: String::new(),
        jagged,
        column_type,
        numbers: crate::accumulate::Numbers::default(),
        jdim: 0,
        distribution: None,
        widths: None,
    }
}

fn read_events(object: &Map<String, Value>) -> Result<Vec<FileEvents>, SpecsError> {
    map(object, "events")?
        .iter()
        .filter(|(name, _)| *name != "total")
        .map(|(name, count)| {
            let n_events =
                count.as_u64().ok_or_else(|| broken(format!("`events` of `{name}` is no count")))?;
            Ok(FileEvents { name: name.clone(), n_events })
        })
        .collect()
}

fn map<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a Map<String, Value>, SpecsError> {
    object
        .get(key)
        .and_then(Value::as_object)
        .ok_or_else(|| broken(format!("`{key}` is missing or no object")))
}

fn names(object: &Map<String, Value>, key: &str) -> Result<Vec<String>, SpecsError> {
    let list = object.get(key).and_then(Value::as_array);
    list.and_then(|list| list.iter().map(|name| name.as_str().map(String::from)).collect())
        .ok_or_else(|| broken(format!("`{key}` is missing or no list of names")))
}

fn element_of(name: &str) -> Option<ElementType> {
    use ElementType::{Bool, F32, F64, I8, I16, I32, I64, Text, U8, U16, U32, U64};
    [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, Text]
        .into_iter()
        .find(|element| element.name() == name)
}

/// Python writes NaN and infinities as words that JSON does not have.
fn no_json(text: &str, cause: &serde_json::Error) -> SpecsError {
    let line = text.lines().nth(cause.line().saturating_sub(1)).unwrap_or_default();
    let rest = line.get(cause.column().saturating_sub(2)..).unwrap_or_default();
    let rest = rest.trim_start_matches([' ', ':', ',', '[', '-']);
    match ["NaN", "Infinity"].into_iter().find(|word| rest.starts_with(word)) {
        Some(word) => broken(format!(
            "`{word}` in line {}, column {} is no number in JSON; write the bound as a number, or measure the files again",
            cause.line(),
            cause.column()
        )),
        None => broken(cause.to_string()),
    }
}

fn broken(reason: impl Into<String>) -> SpecsError {
    SpecsError::Format { reason: reason.into() }
}
