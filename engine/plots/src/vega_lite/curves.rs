//! Loss and ROC curves.

use serde_json::{Value, json};

use super::{
    SIZE, colours, distinct_names, document, hover, hover_name, legend_pick, picked_opacity, quantity, zoom,
};
use crate::figures::loss::LossCurves;
use crate::figures::roc::RocCurves;
use crate::lines::Series;
use crate::palette::Palette;

/// A curve of more points than these is thinned out.
const MOST_POINTS: usize = 2000;

impl LossCurves {
    /// Writes the curves as a Vega-Lite v5 document.
    pub fn to_vega_lite(&self) -> Value {
        let mark = self.best().map(|(x, y)| (x, y, "kept epoch"));
        curves(("Epoch", self.title()), &self.series, mark, Vec::new())
    }
}

impl RocCurves {
    /// Writes the curves as a Vega-Lite v5 document.
    pub fn to_vega_lite(&self) -> Value {
        let mark = self.best.map(|(x, y)| (x, y, "best threshold"));
        let toss = json!({
            "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
            "mark": {"type": "line", "strokeDash": [6, 5], "color": "#9c9ca1", "strokeWidth": 1.4},
            "encoding": {"x": quantity("x", "Background efficiency"), "y": quantity("y", "Signal efficiency")},
        });
        curves(("Background efficiency", "Signal efficiency"), &self.series(), mark, vec![toss])
    }
}

/// Curves over each other, with a mark and with more layers below them.
fn curves(
    (x_title, y_title): (&str, &str),
    series: &[Series],
    mark: Option<(f64, f64, &str)>,
    mut layers: Vec<Value>,
) -> Value {
    let names = distinct_names(series.iter().map(|series| series.label.as_str()));
    let palette = Palette::default().holding(series.len());
    let range: Vec<String> = (0..series.len()).map(|at| palette.colour(at).to_owned()).collect();
    let mut values = Vec::new();
    for (series, name) in series.iter().zip(&names) {
        let points: Vec<(f64, f64)> = series.points().collect();
        let step = points.len().div_ceil(MOST_POINTS).max(1);
        let last = points.len().saturating_sub(1);
        let kept = points.iter().enumerate().filter(|(at, _)| at % step == 0 || *at == last);
        values.extend(kept.map(|(_, (x, y))| json!({"curve": name, "x": x, "y": y})));
    }
    let y_scale = json!({"zero": false});
    let mut y = quantity("y", y_title);
    y["scale"] = y_scale;
    layers.push(json!({
        "params": [zoom(&["x", "y"]), legend_pick("curve")],
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 30, "filled": true, "opacity": 0.35}},
        "encoding": {
            "x": quantity("x", x_title),
            "y": y,
            "color": colours("curve", "", &names, &range),
            "opacity": picked_opacity(1.0, 0.15),
            "order": {"field": "x", "type": "quantitative"},
            "tooltip": [hover_name("curve", "curve"), hover("x", x_title), hover("y", y_title)],
        },
    }));
    if let Some((x, y, what)) = mark.filter(|(x, y, _)| x.is_finite() && y.is_finite()) {
        layers.push(json!({
            "data": {"values": [{"x": x, "y": y, "what": what}]},
            "mark": {"type": "point", "filled": true, "size": 90, "color": "black"},
            "encoding": {
                "x": quantity("x", x_title),
                "y": quantity("y", y_title),
                "tooltip": [hover_name("what", "mark"), hover("x", x_title), hover("y", y_title)],
            },
        }));
    }
    document(y_title, json!({"width": SIZE.0, "height": SIZE.1, "layer": layers}))
}
