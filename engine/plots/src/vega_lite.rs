//! Figures as Vega-Lite v5 documents: data inline, zoom by wheel and drag, numbers on hover, samples picked in the
//! legend. Front ends draw them without any network.

mod curves;
mod histogram;
mod matrix;

use serde_json::{Map, Value, json};

use crate::axis::Axis;
use crate::label::plain_text;

/// What the documents say they are.
pub(crate) const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v5.json";

/// Width and height of a single view in pixels.
const SIZE: (u32, u32) = (560, 340);

/// A document of one view, or of layers over each other.
fn document(title: &str, mut view: Value) -> Value {
    let mut document = json!({
        "$schema": SCHEMA,
        "description": title,
        "config": config(),
    });
    if let (Some(into), Some(from)) = (document.as_object_mut(), view.as_object_mut()) {
        into.append(from);
    }
    document
}

/// The look of the house, as far as Vega-Lite can have it.
fn config() -> Value {
    json!({
        "font": "TeX Gyre Heros, Helvetica, Arial, sans-serif",
        "axis": {"titleFontSize": 14, "labelFontSize": 12, "titleFontWeight": "normal", "grid": false,
            "titleAnchor": "end", "tickSize": 5},
        "legend": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 320},
        "view": {"stroke": "black"},
    })
}

/// Zoom with the wheel, move by dragging.
fn zoom(encodings: &[&str]) -> Value {
    json!({"name": "zoom", "select": {"type": "interval", "encodings": encodings}, "bind": "scales"})
}

/// A click in the legend keeps one entry and pales the others.
fn legend_pick(field: &str) -> Value {
    json!({"name": "picked", "select": {"type": "point", "fields": [field]}, "bind": "legend"})
}

/// Opacity of what is picked in the legend and of what is not.
fn picked_opacity(shown: f64, hidden: f64) -> Value {
    json!({"condition": {"param": "picked", "empty": true, "value": shown}, "value": hidden})
}

/// A channel of numbers.
fn quantity(field: &str, title: &str) -> Value {
    json!({"field": field, "type": "quantitative", "title": plain_text(title)})
}

/// A channel of numbers over a fixed range.
fn quantity_over(field: &str, title: &str, (low, high): (f64, f64)) -> Value {
    let mut channel = quantity(field, title);
    channel["scale"] = json!({"domain": [low, high], "zero": false, "nice": false});
    channel
}

/// A channel of numbers along an axis of ours; a logarithmic one has the ticks and powers of ten of the picture.
fn quantity_along(field: &str, title: &str, axis: &Axis) -> Value {
    if !axis.is_log {
        return quantity_over(field, title, (axis.low, axis.high));
    }
    // As the expression writes a value, so must the keys be.
    let key = |value: f64| format!("{value:.0e}").replace('e', "e+").replace("+-", "-");
    let labels: Map<String, Value> =
        axis.major.iter().map(|tick| (key(tick.value), json!(tick.label.plain()))).collect();
    let values: Vec<f64> = axis.major.iter().map(|tick| tick.value).collect();
    let mut channel = quantity(field, title);
    channel["scale"] = json!({"type": "log", "domain": [axis.low, axis.high], "nice": false, "clamp": true});
    channel["axis"] = json!({"values": values, "labelExpr": format!("{}[format(datum.value, '.0e')]", Value::Object(labels))});
    channel
}

/// A colour for each name, in this order.
fn colours(field: &str, title: &str, names: &[String], colours: &[String]) -> Value {
    json!({"field": field, "type": "nominal", "title": title, "scale": {"domain": names, "range": colours}})
}

/// A line of the box that follows the pointer.
fn hover(field: &str, title: &str) -> Value {
    json!({"field": field, "type": "quantitative", "title": title, "format": ".5~g"})
}

/// A name in that box.
fn hover_name(field: &str, title: &str) -> Value {
    json!({"field": field, "type": "nominal", "title": title})
}

/// Names that differ from each other: a repeated one gets its number.
fn distinct_names<'a>(labels: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, label) in labels.enumerate() {
        let name = plain_text(label);
        let is_taken = name.is_empty() || names.contains(&name);
        names.push(if is_taken { format!("{name} ({})", at + 1) } else { name });
    }
    names
}
