//! The short form of a network: `dense 64 relu, dropout 0.2, dense 32 relu`.

use crate::magic::MagicError;
use event_columns::nearest_names;
use serde_json::{Value, json};

/// The words that a layer begins with.
pub const LAYERS: [&str; 4] = ["dense", "dropout", "batch_norm", "activation"];
/// Functions for `dense UNITS FUNCTION` and `activation FUNCTION`.
pub const ACTIVATIONS: [&str; 9] =
    ["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus"];

/// Layers from text, one a line or with commas between them; the output layer is added where the last layer is none.
///
/// # Errors
/// A layer that is not known or lacks its number.
pub fn layers(text: &str, n_outputs: usize) -> Result<Vec<Value>, MagicError> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let said = lines.flat_map(|line| line.split([',', ';'])).map(str::trim).filter(|layer| !layer.is_empty());
    let mut layers = said.map(layer).collect::<Result<Vec<_>, _>>()?;
    let is_output = |layer: &Value| {
        layer["type"] == "dense" && layer["units"] == n_outputs && layer.get("activation").is_none()
    };
    if !layers.last().is_some_and(is_output) {
        layers.push(json!({ "type": "dense", "units": n_outputs }));
    }
    Ok(layers)
}

fn layer(text: &str) -> Result<Value, MagicError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let problem = |message: String, advice: &str| {
        MagicError::new("ModelError", format!("layer `{text}`: {message}")).advise(advice.to_string())
    };
    let kind = words[0].to_lowercase();
    match (kind.as_str(), &words[1..]) {
        ("dense", [units, rest @ ..]) => {
            let units: usize = units
                .parse()
                .map_err(|_| problem(format!("`{units}` is no number of units"), "Write dense 64 relu."))?;
            match rest {
                [] => Ok(json!({ "type": "dense", "units": units })),
                [activation] => Ok(json!({ "type": "dense", "units": units, "activation": activation })),
                _ => Err(problem(
                    "too many words".into(),
                    "Layers stand with commas between them, or one a line.",
                )),
            }
        }
        ("dropout", [rate]) => {
            let rate: f64 =
                rate.parse().map_err(|_| problem(format!("`{rate}` is no rate"), "Write dropout 0.2."))?;
            Ok(json!({ "type": "dropout", "rate": rate }))
        }
        ("batch_norm" | "batchnorm", []) => Ok(json!({ "type": "batch_norm" })),
        ("activation", [function]) => Ok(json!({ "type": "activation", "function": function })),
        ("dense", []) => Err(problem("the number of units is missing".into(), "Write dense 64 relu.")),
        ("dropout", _) => Err(problem("the rate is missing".into(), "Write dropout 0.2.")),
        _ => {
            let nearest = nearest_names(&kind, LAYERS, 1);
            let advice = match nearest.first() {
                Some(nearest) => format!("Did you mean {nearest}?"),
                None => format!("Layers are {}; docs/model.md explains them.", LAYERS.join(", ")),
            };
            Err(problem("is not known".into(), &advice))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_activations_are_those_of_networks() {
        for function in ACTIVATIONS {
            let model = json!({ "layers": layers(&format!("dense 3 {function}"), 1).unwrap() }).to_string();
            assert!(network::NetworkDescription::from_json(&model).is_ok(), "{function}");
        }
    }

    #[test]
    fn short_forms() {
        let all =
            layers("dense 64 relu, dropout 0.2\nbatch_norm # keeps it steady\nactivation tanh", 1).unwrap();
        let expected = json!([
            {"type": "dense", "units": 64, "activation": "relu"},
            {"type": "dropout", "rate": 0.2},
            {"type": "batch_norm"},
            {"type": "activation", "function": "tanh"},
            {"type": "dense", "units": 1},
        ]);
        assert_eq!(json!(all), expected);
        assert_eq!(layers("dense 3", 3).unwrap().len(), 1);
        let advice = |text: &str| layers(text, 1).unwrap_err().advice;
        assert_eq!(advice("dens 3"), "Did you mean dense?");
        assert_eq!(advice("dense"), "Write dense 64 relu.");
        assert!(advice("dense 3 relu dropout 0.2").contains("commas"));
    }
}
