//! `params.json`: the keys of the original command, and ours.
//!
//! The original's own files are taken as they are: an empty string may stand for an empty list, a list may be
//! written as one string with commas, and keys that nothing reads are named in [`Parameters::notes`], not refused.

use byte_source::FileOpener;
use event_columns::nearest_names;
use event_matrix::Compat;
use serde_json::{Map, Value};
use std::path::Path;

/// What the user set, after checking kinds and ranges. Every key has a default.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the file, independent of the others")]
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// `nevts`: events over all files in proportion to their sizes; all of them when `None` (-1 in the file).
    /// 0 in the file looks at two chunks for the specs and then trains on all events.
    pub n_events: Option<u64>,
    /// Whether `nevts` was 0: the specs are taken from the first two chunks of each file only.
    pub specs_from_two_chunks: bool,
    /// `chunk_size`: events in one training chunk; all events when `None` (-1 in the file). Default: 1000.
    pub chunk_size: Option<usize>,
    /// `epochs`. Default: 10.
    pub epochs: usize,
    /// `batch_size`: events in one step of the optimiser. Default: 50.
    pub batch_size: usize,
    /// `shuffle`: whether the training part of a chunk is shuffled in each epoch. Default: true.
    pub shuffle: bool,
    /// `identifier`: flat branches that name the event and are no features. Default: run, event, luminosityBlock.
    pub identifier: Vec<String>,
    /// `branch`: path of the tree in the file. Default: Events.
    pub tree: String,
    /// `selected_branches`: the only branches read; all when empty. `*` stands for any text.
    pub selected_branches: Vec<String>,
    /// `exclude_branches`: branches not read. `*` stands for any text.
    pub excluded_branches: Vec<String>,
    /// `redirector`: put before names that do not exist locally. Reading from afar is not built yet.
    pub redirector: String,
    /// `verbose`: 0, 1 or 2. Default: 0.
    pub verbosity: u8,
    /// `metrics`: the threshold of the confusion matrix, when metrics are asked for. Default: 0.5.
    pub threshold: f64,
    /// `training`: whether each epoch goes over all chunks (`"standard"`) or all epochs are spent on each
    /// chunk before the next one is read (the original's way, and the default).
    pub standard_training: bool,
    /// `compat`: order of columns and of events, `"master"` or `"uproot4"`. Default: master.
    pub compat: Compat,
    /// `scaler`: `"minmax"`, `"standard"` or `"robust"`. Default: minmax.
    pub scaler: String,
    /// `width_cap`: `"p99"` or a number: most columns that a jagged branch may get. Default: its widest event.
    pub width_cap: Option<String>,
    /// `weight`: branch that holds the weight of an event. Default: every event weighs 1.
    pub weight_branch: Option<String>,
    /// `class_weights`: `"balanced"` gives each class the same total weight. Default: false.
    pub balanced_classes: bool,
    /// `split_by`: `"stratified"` or `"identifier"`. Default: stratified.
    pub split_by_identifier: bool,
    /// `seed` of splitting, mixing, initial weights, dropout and shuffling. Default: 21, the original's.
    pub seed: u64,
    /// `early_stopping`: epochs without a smaller validation loss before training ends. Default: never.
    pub early_stopping_patience: Option<usize>,
    /// `learning_rate_schedule`: handed on to the trainer as it stands. Default: constant.
    pub learning_rate_schedule: Option<Value>,
    /// `checkpoint`: file that training writes after each epoch and resumes from. Default: none.
    pub checkpoint: Option<String>,
    /// `resume`: whether training goes on from a checkpoint that exists; otherwise it starts anew. Default: true.
    pub resume: bool,
    /// `device`: `"auto"`, `"cpu"` or `"cuda"`. Default: auto.
    pub device: String,
    /// `threads` of the trainer. Default: 1.
    pub threads: usize,
    /// `memory_budget` for decoded columns, in bytes or as `"200 MB"`. Default: 1 GB.
    pub memory_budget_bytes: usize,
    /// `importance`: whether permutation importance is computed for the report. Default: true.
    pub importance: bool,
    /// Keys that nothing reads, with the nearest known one; for the user, not an error.
    pub notes: Vec<String>,
    /// The file as it was read, for the log line and for provenance.
    pub said: Value,
}

/// Why a parameter file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ParametersError {
    /// The file is not a JSON object, or one with a key that stands twice.
    #[error("{source_name} is not a JSON object of parameters: {problem}")]
    NotAnObject {
        /// File name.
        source_name: String,
        /// What the JSON reader said, with line and column.
        problem: String,
    },
    /// A value is of the wrong kind or out of range.
    #[error("{source_name}: `{key}` is {found}; it must be {expected}")]
    Value {
        /// File name.
        source_name: String,
        /// The key.
        key: String,
        /// The value found.
        found: String,
        /// What is allowed.
        expected: String,
    },
    /// An object among the parameters has a key that is unknown.
    #[error(
        "{source_name}: `{key}` has no key `{unknown}`{}; its keys: {}",
        nearest.first().map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?")), known.join(", ")
    )]
    UnknownKey {
        /// File name.
        source_name: String,
        /// The parameter.
        key: String,
        /// The key within it.
        unknown: String,
        /// The known key that is most like it.
        nearest: Vec<String>,
        /// All known keys.
        known: Vec<String>,
    },
}

/// All keys that are known.
pub const PARAMETER_KEYS: [&str; 31] = [
    "nevts",
    "chunk_size",
    "epochs",
    "batch_size",
    "shuffle",
    "identifier",
    "branch",
    "selected_branches",
    "exclude_branches",
    "redirector",
    "verbose",
    "metrics",
    "training",
    "compat",
    "scaler",
    "width_cap",
    "weight",
    "class_weights",
    "split_by",
    "seed",
    "early_stopping",
    "learning_rate_schedule",
    "checkpoint",
    "resume",
    "device",
    "threads",
    "memory_budget",
    "importance",
    "nan",
    "hist",
    "split",
];

/// Accepted because the original's files have them; the original reads them and does nothing with them.
const WITHOUT_EFFECT: [&str; 3] = ["nan", "hist", "split"];

impl Default for Parameters {
    fn default() -> Self {
        Self::from_object(&Map::new(), "defaults").unwrap_or_else(|error| unreachable!("{error}"))
    }
}

impl Parameters {
    /// Reads parameters from JSON text; `source_name` is for messages.
    ///
    /// # Errors
    /// [`ParametersError`] names the key, what was found and what is allowed.
    pub fn from_json(text: &str, source_name: &str) -> Result<Self, ParametersError> {
        let problem =
            |problem: String| ParametersError::NotAnObject { source_name: source_name.into(), problem };
        let value = strict_json::from_str(text).map_err(|error| problem(error.to_string()))?;
        let Value::Object(object) = value else {
            return Err(problem("the top level is not an object".into()));
        };
        Self::from_object(&object, source_name)
    }

    fn from_object(object: &Map<String, Value>, source_name: &str) -> Result<Self, ParametersError> {
        let read = Reader { object, source_name };
        let n_events = read.integer("nevts", -1, "-1, 0 or a whole number of events", -1)?;
        let chunk_size = read.integer("chunk_size", 1000, "-1 or a whole number of at least 1", -1)?;
        if chunk_size == 0 {
            return Err(read.wrong("chunk_size", "-1 or a whole number of at least 1"));
        }
        Ok(Self {
            n_events: u64::try_from(n_events).ok().filter(|n_events| *n_events > 0),
            specs_from_two_chunks: n_events == 0,
            chunk_size: usize::try_from(chunk_size).ok(),
            epochs: read.integer("epochs", 10, "a whole number of at least 1", 1)? as usize,
            batch_size: read.integer("batch_size", 50, "a whole number of at least 1", 1)? as usize,
            shuffle: read.flag("shuffle", true)?,
            identifier: read.identifier()?,
            tree: read.text("branch")?.filter(|tree| !tree.is_empty()).unwrap_or_else(|| "Events".into()),
            selected_branches: read.list("selected_branches")?,
            excluded_branches: read.list("exclude_branches")?,
            redirector: read.text("redirector")?.unwrap_or_default(),
            verbosity: read.integer("verbose", 0, "0, 1 or 2", 0)?.min(2) as u8,
            threshold: read.threshold()?,
            standard_training: read.choice("training", &["chunk", "standard"])? == 1,
            compat: if read.choice("compat", &["master", "uproot4"])? == 1 {
                Compat::Uproot4
            } else {
                Compat::Master
            },
            scaler: ["minmax", "standard", "robust"]
                [read.choice("scaler", &["minmax", "standard", "robust"])?]
            .into(),
            width_cap: read.width_cap()?,
            weight_branch: read.text("weight")?.filter(|name| !name.is_empty()),
            balanced_classes: read.choice("class_weights", &["none", "balanced"])? == 1,
            split_by_identifier: read.choice("split_by", &["stratified", "identifier"])? == 1,
            seed: read.integer("seed", 21, "a whole number of at least 0", 0)? as u64,
            early_stopping_patience: read.patience()?,
            learning_rate_schedule: object
                .get("learning_rate_schedule")
                .filter(|value| !value.is_null())
                .cloned(),
            checkpoint: read.text("checkpoint")?.filter(|name| !name.is_empty()),
            resume: read.flag("resume", true)?,
            device: ["auto", "cpu", "cuda"][read.choice("device", &["auto", "cpu", "cuda"])?].into(),
            threads: read.integer("threads", 1, "a whole number of at least 1", 1)? as usize,
            memory_budget_bytes: read.bytes("memory_budget", 1_000_000_000)?,
            importance: read.flag("importance", true)?,
            notes: notes(object),
            said: Value::Object(object.clone()),
        })
    }

    /// Takes the names out of `exclude_branches` when it names a file with one branch a line, as the original allows.
    ///
    /// # Errors
    /// The file's own error when it exists and cannot be read.
    pub fn resolve_branch_files(&mut self, opener: &FileOpener) -> std::io::Result<()> {
        let [only] = self.excluded_branches.as_slice() else { return Ok(()) };
        if Path::new(only).is_file() || opener.afar(only).is_some() {
            let text = opener.read_text_of(Path::new(only))?;
            self.excluded_branches = crate::name_list::lines(&text);
        }
        Ok(())
    }
}

fn notes(object: &Map<String, Value>) -> Vec<String> {
    let unknown = object.keys().filter(|key| !PARAMETER_KEYS.contains(&key.as_str())).map(|key| {
        match nearest_names(key, PARAMETER_KEYS, 1).first() {
            Some(nearest) => {
                format!("parameter `{key}` is unknown and has no effect; did you mean `{nearest}`?")
            }
            None => format!("parameter `{key}` is unknown and has no effect"),
        }
    });
    let without_effect = WITHOUT_EFFECT.iter().filter(|key| object.contains_key(**key));
    unknown.chain(without_effect.map(|key| format!("parameter `{key}` has no effect"))).collect()
}

/// Takes typed values out of the object; an absent key, null and an empty string are the default.
struct Reader<'a> {
    object: &'a Map<String, Value>,
    source_name: &'a str,
}

impl Reader<'_> {
    fn wrong(&self, key: &str, expected: &str) -> ParametersError {
        let found = self.object.get(key).map_or_else(String::new, ToString::to_string);
        let expected = expected.to_string();
        ParametersError::Value { source_name: self.source_name.into(), key: key.into(), found, expected }
    }

    fn given(&self, key: &str) -> Option<&Value> {
        self.object.get(key).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    fn integer(&self, key: &str, default: i64, expected: &str, least: i64) -> Result<i64, ParametersError> {
        let Some(value) = self.given(key) else { return Ok(default) };
        let whole = value
            .as_f64()
            .filter(|number| number.fract() == 0.0 && number.abs() < 9e15)
            .map(|number| number as i64);
        whole.filter(|number| *number >= least).ok_or_else(|| self.wrong(key, expected))
    }

    fn flag(&self, key: &str, default: bool) -> Result<bool, ParametersError> {
        match self.given(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(self.wrong(key, "true or false")),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, ParametersError> {
        match self.object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(key, "a text")),
        }
    }

    /// Position of the given word among the choices; 0 when absent. `false` is the first, `true` the second.
    fn choice(&self, key: &str, choices: &[&str]) -> Result<usize, ParametersError> {
        let position = match self.given(key) {
            None | Some(Value::Bool(false)) => Some(0),
            Some(Value::Bool(true)) => Some(1),
            Some(Value::String(text)) => choices.iter().position(|choice| choice.eq_ignore_ascii_case(text)),
            Some(_) => None,
        };
        let words = || choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(" or ");
        position.ok_or_else(|| self.wrong(key, &words()))
    }

    fn list(&self, key: &str) -> Result<Vec<String>, ParametersError> {
        match self.given(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(crate::name_list::commas(text)),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| {
                    item.as_str().map(str::to_string).ok_or_else(|| self.wrong(key, "a list of names"))
                })
                .collect(),
            Some(_) => Err(self.wrong(key, "a list of names")),
        }
    }

    fn identifier(&self) -> Result<Vec<String>, ParametersError> {
        let names = self.list("identifier")?;
        let default = || ["run", "event", "luminosityBlock"].map(str::to_string).to_vec();
        Ok(if names.is_empty() { default() } else { names })
    }

    /// Refuses a key of an object within the parameters that nothing reads: it is ours, and a slip would change nothing.
    fn known_keys(
        &self,
        key: &str,
        object: &Map<String, Value>,
        known: &[&str],
    ) -> Result<(), ParametersError> {
        let Some(unknown) = object.keys().find(|own| !known.contains(&own.as_str())) else { return Ok(()) };
        Err(ParametersError::UnknownKey {
            source_name: self.source_name.into(),
            key: key.into(),
            unknown: unknown.clone(),
            nearest: nearest_names(unknown, known.iter().copied(), 1),
            known: known.iter().map(ToString::to_string).collect(),
        })
    }

    fn threshold(&self) -> Result<f64, ParametersError> {
        let value = match self.given("metrics") {
            Some(Value::Object(metrics)) => {
                self.known_keys("metrics", metrics, &["threshold"])?;
                metrics.get("threshold")
            }
            None | Some(Value::Bool(_)) => None,
            Some(_) => return Err(self.wrong("metrics", "true or {\"threshold\": number between 0 and 1}")),
        };
        let Some(value) = value else { return Ok(0.5) };
        let in_range = value.as_f64().filter(|threshold| (0.0..=1.0).contains(threshold));
        in_range.ok_or_else(|| self.wrong("metrics", "true or {\"threshold\": number between 0 and 1}"))
    }

    fn width_cap(&self) -> Result<Option<String>, ParametersError> {
        match self.given("width_cap") {
            None => Ok(None),
            Some(Value::String(text)) if text == "p99" => Ok(Some(text.clone())),
            Some(Value::Number(number)) if number.as_u64().is_some_and(|cap| cap >= 1) => {
                Ok(Some(number.to_string()))
            }
            Some(_) => Err(self.wrong("width_cap", "\"p99\" or a whole number of at least 1")),
        }
    }

    fn patience(&self) -> Result<Option<usize>, ParametersError> {
        let value = match self.given("early_stopping") {
            None | Some(Value::Bool(false)) => return Ok(None),
            Some(Value::Object(object)) => {
                self.known_keys("early_stopping", object, &["patience"])?;
                object.get("patience").and_then(Value::as_u64)
            }
            Some(value) => value.as_u64(),
        };
        let expected = "a whole number of epochs of at least 1, or {\"patience\": number}";
        value
            .filter(|patience| *patience >= 1)
            .map(|patience| Some(patience as usize))
            .ok_or_else(|| self.wrong("early_stopping", expected))
    }

    fn bytes(&self, key: &str, default: usize) -> Result<usize, ParametersError> {
        let expected = "a number of bytes, or a text such as \"200 MB\"";
        match self.given(key) {
            None => Ok(default),
            Some(Value::Number(number)) => {
                number.as_u64().map(|n_bytes| n_bytes as usize).ok_or_else(|| self.wrong(key, expected))
            }
            Some(Value::String(text)) => parse_bytes(text).ok_or_else(|| self.wrong(key, expected)),
            Some(_) => Err(self.wrong(key, expected)),
        }
    }
}

/// Reads `200 MB`, `1.5GB`, `64 kB` or a plain number of bytes; powers of ten.
pub fn parse_bytes(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let factor = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        _ => return None,
    };
    Some((number * factor) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: PartialEq + std::fmt::Debug>(json: &str, field: impl Fn(&Parameters) -> T, expected: T) {
        let parameters = Parameters::from_json(json, "params.json").unwrap();
        assert_eq!(field(&parameters), expected, "{json}");
    }

    fn refused(json: &str, expected: &str) {
        let error = Parameters::from_json(json, "params.json").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn the_originals_spellings() {
        check(r#"{"nevts": -1}"#, |p| p.n_events, None);
        check(r#"{"nevts": 0}"#, |p| (p.n_events, p.specs_from_two_chunks), (None, true));
        check(r#"{"nevts": 500}"#, |p| p.n_events, Some(500));
        check(r#"{"chunk_size": -1}"#, |p| p.chunk_size, None);
        check("{}", |p| p.chunk_size, Some(1000));
        check(r#"{"identifier": ""}"#, |p| p.identifier.len(), 3);
        check(
            r#"{"identifier": ["runNo", "evtNo"]}"#,
            |p| p.identifier.clone(),
            vec!["runNo".to_string(), "evtNo".into()],
        );
        check(r#"{"exclude_branches": ""}"#, |p| p.excluded_branches.len(), 0);
        check(
            r#"{"exclude_branches": "a, b"}"#,
            |p| p.excluded_branches.clone(),
            vec!["a".to_string(), "b".into()],
        );
        check(
            r#"{"selected_branches": "nJets"}"#,
            |p| p.selected_branches.clone(),
            vec!["nJets".to_string()],
        );
        check(r#"{"metrics": {"threshold": 0.3}}"#, |p| p.threshold, 0.3);
        check(r#"{"training": "standard"}"#, |p| p.standard_training, true);
        check(r#"{"hist": "pdfs", "split": 0.3}"#, |p| p.notes.len(), 2);
        check(r#"{"chunksize": 5}"#, |p| p.notes[0].contains("chunk_size"), true);
        check(r#"{"resume": false}"#, |p| p.resume, false);
        check(r#"{"memory_budget": "200 MB"}"#, |p| p.memory_budget_bytes, 200_000_000);
    }

    #[test]
    fn the_page_for_users_has_every_key() {
        let page = include_str!("../../../docs/parameters.md");
        let missing: Vec<_> =
            PARAMETER_KEYS.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn wrong_values_are_named() {
        refused("[]", "not an object");
        refused("{", "params.json");
        refused("{\"epochs\": 1,\n\"epochs\": 2}", "line 2: the key `epochs` stands twice");
        refused(r#"{"epochs": 0}"#, "`epochs` is 0; it must be a whole number of at least 1");
        refused(r#"{"chunk_size": 0}"#, "chunk_size");
        refused(r#"{"batch_size": "many"}"#, "batch_size");
        refused(r#"{"metrics": {"threshold": 2}}"#, "threshold");
        refused(r#"{"compat": "uproot5"}"#, r#"it must be "master" or "uproot4""#);
        refused(r#"{"device": "tpu"}"#, r#""auto" or "cpu" or "cuda""#);
        refused(r#"{"memory_budget": "lots"}"#, "200 MB");
        refused(r#"{"identifier": [1]}"#, "list of names");
        refused(
            r#"{"metrics": {"treshold": 0.3}}"#,
            "`metrics` has no key `treshold`; did you mean `threshold`?; its keys: threshold",
        );
        refused(r#"{"early_stopping": {"patience": 3, "delta": 1}}"#, "`early_stopping` has no key `delta`");
    }
}
