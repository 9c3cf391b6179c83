//! Keys and values of a network in JSON, below `%%model`.

use super::Found;
use crate::session::{ACTIVATIONS, LAYERS};

const NETWORK_KEYS: [&str; 5] = ["layers", "task", "loss", "mask", "optimizer"];
const TASKS: [&str; 2] = ["binary", "regression"];
const LOSSES: [&str; 3] = ["binary_cross_entropy", "cross_entropy", "mean_squared_error"];
const MASKS: [&str; 3] = ["zero", "append", "embed"];
const OPTIMIZERS: [&str; 2] = ["adam", "sgd"];

/// An object or a list that is open at the cursor.
#[derive(Debug, Default)]
struct Open {
    /// The key that it is the value of; for what stands in a list, that of the list.
    name: String,
    is_object: bool,
    key: String,
    is_value: bool,
    /// The value of `type`, where it was said.
    kind: String,
}

/// What may stand at the end of `body`; starts are counted from the beginning of `body`.
pub(super) fn complete(body: &str) -> Found {
    let (open, string) = read(body);
    let start = match string {
        Some(start) => start,
        None => body.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_').len(),
    };
    let typed = &body[start..];
    let (names, what) = match open.last() {
        Some(place) if place.is_object && place.is_value => (values(&open), "value"),
        Some(place) if place.is_object => (keys(&open), "key"),
        _ => (Vec::new(), "key"),
    };
    let word = |name: &str| if string.is_some() { name.to_string() } else { format!("\"{name}\"") };
    let words = names.into_iter().filter(|name| name.starts_with(typed)).map(|name| (word(name), what));
    Found { start, words: words.collect() }
}

/// What is open at the end, and where the text begins that has no closing mark.
fn read(body: &str) -> (Vec<Open>, Option<usize>) {
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(length) = body[at..].find(['"', '{', '[', '}', ']', ':', ',']) {
        let mark = at + length;
        at = mark + 1;
        match body.as_bytes()[mark] {
            b'"' => {
                let Some(length) = body[at..].find('"') else { return (open, Some(at)) };
                take(open.last_mut(), &body[at..at + length]);
                at += length + 1;
            }
            b'{' => open.push(Open { name: name_of_next(&open), is_object: true, ..Open::default() }),
            b'[' => open.push(Open { name: name_of_next(&open), ..Open::default() }),
            b'}' | b']' => drop(open.pop()),
            mark => {
                if let Some(place) = open.last_mut() {
                    place.is_value = mark == b':';
                }
            }
        }
    }
    (open, None)
}

/// What an object or a list is called that begins now.
fn name_of_next(open: &[Open]) -> String {
    open.last()
        .map(|place| if place.is_object { &place.key } else { &place.name })
        .cloned()
        .unwrap_or_default()
}

fn take(place: Option<&mut Open>, text: &str) {
    match place {
        Some(place) if !place.is_value => place.key = text.to_string(),
        Some(place) if place.key == "type" => place.kind = text.to_string(),
        _ => {}
    }
}

fn keys(open: &[Open]) -> Vec<&'static str> {
    let [.., place] = open else { return Vec::new() };
    match (open.len(), place.name.as_str(), place.kind.as_str()) {
        (1, ..) => NETWORK_KEYS.to_vec(),
        (_, "layers", "") => {
            vec!["type", "units", "activation", "rate", "epsilon", "momentum", "function"]
        }
        (_, "layers", "dense") => vec!["units", "activation"],
        (_, "layers", "dropout") => vec!["rate"],
        (_, "layers", "batch_norm") => vec!["epsilon", "momentum"],
        (_, "layers", "activation") => vec!["function"],
        (_, "optimizer", "adam") => vec!["learning_rate", "weight_decay"],
        (_, "optimizer", "") => vec!["type", "learning_rate", "weight_decay", "momentum"],
        (_, "optimizer", "sgd") => vec!["learning_rate", "weight_decay", "momentum"],
        (_, "task", _) => vec!["classes"],
        _ => Vec::new(),
    }
}

fn values(open: &[Open]) -> Vec<&'static str> {
    let [.., place] = open else { return Vec::new() };
    match (open.len(), place.name.as_str(), place.key.as_str()) {
        (1, _, "task") => TASKS.to_vec(),
        (1, _, "loss") => LOSSES.to_vec(),
        (1, _, "mask") => MASKS.to_vec(),
        (_, "layers", "type") => LAYERS.to_vec(),
        (_, "layers", "activation" | "function") => ACTIVATIONS.to_vec(),
        (_, "optimizer", "type") => OPTIMIZERS.to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value, json};

    #[test]
    fn keys_and_values_of_each_place() {
        let check = |body: &str, expected: &[&str]| {
            let found = complete(body);
            let words: Vec<&str> = found.words.iter().map(|(word, _)| word.as_str()).collect();
            assert_eq!(words, expected, "{body}");
            assert!(found.start <= body.len());
        };
        check("{\"la", &["layers"]);
        check("{ l", &["\"layers\"", "\"loss\""]);
        check("{\"layers\": [{\"type\": \"d", &["dense", "dropout"]);
        check("{\"layers\": [{\"type\": \"dense\", \"", &["units", "activation"]);
        check("{\"layers\": [{\"type\": \"dropout\", \"rate\": 0.2}, {\"t", &["type"]);
        check("{\"layers\": [{\"type\": \"dense\", \"units\": 3, \"activation\": \"ta", &["tanh"]);
        check("{\"layers\": [], \"optimizer\": {\"type\": \"s", &["sgd"]);
        check("{\"optimizer\": {\"type\": \"adam\", \"w", &["weight_decay"]);
        check("{\"task\": \"", &["binary", "regression"]);
        check("{\"task\": {\"", &["classes"]);
        check("{\"loss\": \"cross", &["cross_entropy"]);
        check("{\"mask\": \"a", &["append"]);
        check("{}", &[]);
        check("}]\"é", &[]);
    }

    #[test]
    fn what_is_offered_is_taken() {
        let value_of = |key: &str| match key {
            "activation" | "function" => json!("relu"),
            "units" => json!(3),
            _ => json!(0.1),
        };
        let described = |name: &str, kind: &str| {
            let of_kind = |kind: &str| {
                let open = Open { name: name.into(), is_object: true, kind: kind.into(), ..Open::default() };
                keys(&[Open::default(), open])
            };
            let given = of_kind(kind).into_iter().map(|key| (key.to_string(), value_of(key)));
            let all: Map<String, Value> = given.chain([("type".to_string(), json!(kind))]).collect();
            assert!(all.keys().all(|key| of_kind("").contains(&key.as_str())), "{all:?}");
            Value::Object(all)
        };
        let check = |model: Value| {
            let read = network::NetworkDescription::from_json(&model.to_string());
            assert!(read.is_ok(), "{model}: {}", read.unwrap_err());
        };
        let output = json!({"type": "dense", "units": 1});
        for kind in LAYERS {
            check(json!({"layers": [described("layers", kind), output], "task": "binary"}));
        }
        for kind in OPTIMIZERS {
            check(json!({"layers": [output], "optimizer": described("optimizer", kind)}));
        }
        for mask in MASKS {
            check(json!({"layers": [output], "mask": mask}));
        }
        check(json!({"layers": [output], "task": "regression", "loss": LOSSES[2]}));
        check(json!({"layers": [output], "task": "binary", "loss": LOSSES[0]}));
        check(json!({"layers": [{"type": "dense", "units": 3}], "task": {"classes": 3}, "loss": LOSSES[1]}));
    }
}
