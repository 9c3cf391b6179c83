//! The Vega-Lite documents: their structure as the v5 schema has it, and the numbers in them.

use serde_json::Value;

use crate::examples;

/// Panics where a document is not a Vega-Lite v5 document of views with inline data: every mark known, every channel
/// with a value or with a field that is in the data, every number finite.
pub(crate) fn check_vega_lite(name: &str, document: &Value) {
    assert_eq!(document["$schema"], "https://vega.github.io/schema/vega-lite/v5.json", "{name}");
    let mut n_views = 0;
    let mut parameters = Vec::new();
    check_view(name, document, &Value::Null, &mut n_views, &mut parameters);
    assert!(n_views > 0, "{name} has no view");
    let n_parameters = parameters.len();
    parameters.sort();
    parameters.dedup();
    assert_eq!(parameters.len(), n_parameters, "{name}: a parameter is named twice");
    check_conditions(name, document, &parameters);
}

fn check_view(
    name: &str,
    view: &Value,
    inherited: &Value,
    n_views: &mut usize,
    parameters: &mut Vec<String>,
) {
    for parameter in view["params"].as_array().into_iter().flatten() {
        let kind = parameter["select"]["type"].as_str();
        assert!(matches!(kind, Some("interval" | "point")), "{name}: {parameter}");
        parameters.push(parameter["name"].as_str().expect("a name").to_owned());
    }
    let data = view.get("data").unwrap_or(inherited);
    for part in ["layer", "vconcat"] {
        if let Some(views) = view[part].as_array() {
            assert!(!views.is_empty() && view.get("mark").is_none(), "{name}");
            for view in views {
                check_view(name, view, data, n_views, parameters);
            }
            return;
        }
    }
    *n_views += 1;
    let mark = view["mark"]["type"].as_str();
    assert!(matches!(mark, Some("rect" | "line" | "rule" | "point")), "{name}: mark {mark:?}");
    let values = data["values"].as_array().unwrap_or_else(|| panic!("{name}: no inline data"));
    for (channel, of) in view["encoding"].as_object().expect("channels") {
        let many = of.as_array().cloned().unwrap_or_else(|| vec![of.clone()]);
        for one in many {
            let Some(field) = one["field"].as_str() else {
                assert!(one.get("value").is_some(), "{name}: {channel} {one}");
                continue;
            };
            let needs_type = !matches!(channel.as_str(), "x2" | "y2");
            let is_typed = matches!(one["type"].as_str(), Some("quantitative" | "nominal"));
            assert_eq!(needs_type, is_typed, "{name}: type of {channel}");
            assert!(
                values.iter().all(|value| value.get(field).is_some()),
                "{name}: no field {field} for {channel}"
            );
        }
    }
}

/// Conditions speak of parameters that are there; and nothing but a correlation that is none may be null.
fn check_conditions(name: &str, value: &Value, parameters: &[String]) {
    match value {
        Value::Object(fields) => {
            if let Some(parameter) = fields.get("condition").and_then(|condition| condition["param"].as_str())
            {
                assert!(parameters.iter().any(|known| known == parameter), "{name}: parameter {parameter}");
            }
            for (field, value) in fields {
                let may_be_null = matches!(field.as_str(), "value" | "scale" | "sort" | "title" | "invalid");
                assert!(may_be_null || !value.is_null(), "{name}: {field} is null");
                check_conditions(name, value, parameters);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| check_conditions(name, value, parameters)),
        _ => {}
    }
}

fn layer(document: &Value, at: usize) -> &[Value] {
    let upper = document["vconcat"].get(0).unwrap_or(document);
    upper["layer"][at]["data"]["values"].as_array().expect("inline data")
}

#[test]
fn every_interactive_figure_is_a_document() {
    let mut names = Vec::new();
    for (name, figure) in examples::all() {
        let Some(document) = figure.interactive() else { continue };
        check_vega_lite(name, &document);
        names.push(name);
        if matches!(name, "loss" | "range-folded") {
            let text = serde_json::to_string_pretty(&document).expect("JSON");
            insta::assert_snapshot!(format!("{name}-vega-lite"), text);
        }
    }
    assert_eq!(
        names,
        [
            "stack-with-ratio",
            "stack-with-ratio-logarithmic",
            "overlay",
            "roc",
            "loss",
            "correlation",
            "samples-with-ratio",
            "range-folded",
            "ten-samples",
            "histogram2d",
            "roc-of-classes",
            "correlation-of-40"
        ]
    );
}

#[test]
fn a_stack_is_the_sum_of_its_samples() {
    let figure = examples::stack(false);
    let document = figure.to_vega_lite();
    let bars = layer(&document, 0);
    assert_eq!(bars.len(), 3 * 40);
    for bin in 0..40 {
        let sum: f64 = figure.samples.iter().map(|sample| sample.histogram.counts()[bin]).sum();
        let top = bars[2 * 40 + bin]["top"].as_f64().unwrap();
        assert!((top - sum).abs() < 1e-9 * sum, "bin {bin}: {top} and not {sum}");
        assert_eq!(bars[bin]["base"], 0.0);
        assert_eq!(bars[40 + bin]["base"], bars[bin]["top"]);
    }
}

#[test]
fn outlines_go_around_every_bin_and_hovering_finds_the_lowest() {
    let document = examples::overlay().to_vega_lite();
    let corners = layer(&document, 1);
    assert_eq!(corners.len(), 3 * 32);
    assert_eq!(
        (&corners[0]["top"], &corners[31]["top"], &corners[31]["low"]),
        (&0.0.into(), &0.0.into(), &600.0.into())
    );
    let counts: Vec<f64> = layer(&document, 2).iter().map(|bin| bin["count"].as_f64().unwrap()).collect();
    assert!(counts.len() == 90 && counts.is_sorted_by(|left, right| left >= right));
}

#[test]
fn cells_and_correlations_are_those_of_the_figure() {
    let figure = examples::histogram2d(30);
    let document = figure.to_vega_lite();
    let cells = document["data"]["values"].as_array().unwrap();
    let sum: f64 = cells.iter().map(|cell| cell["count"].as_f64().unwrap()).sum();
    assert_eq!(sum, figure.counts.iter().sum::<f64>());
    let document = examples::correlation().to_vega_lite();
    let cells = document["data"]["values"].as_array().unwrap();
    assert_eq!(
        (cells.len(), cells[3]["value"].as_f64(), cells[23]["value"].as_f64()),
        (64, Some(0.72), None)
    );
}
