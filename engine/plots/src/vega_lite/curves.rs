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

/// A curve: its colour by its name, its dashes by its part.
struct Curve {
    name: String,
    part: String,
    series: Series,
}

impl LossCurves {
    /// Writes the curves as a Vega-Lite v5 document.
    pub fn to_vega_lite(&self) -> Value {
        let mark = self.best().map(|(x, y)| (x, y, "kept epoch"));
        let names = distinct_names(self.series.iter().map(|series| series.label.as_str()));
        let curve =
            |(name, series): (String, &Series)| Curve { name, part: String::new(), series: series.clone() };
        let curves: Vec<Curve> = names.into_iter().zip(&self.series).map(curve).collect();
        write(("Epoch", self.title()), &curves, &[], mark, Vec::new())
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
        let titles = ("Background efficiency", "Signal efficiency");
        write(titles, &self.as_curves(), &self.colours(), mark, vec![toss])
    }

    fn as_curves(&self) -> Vec<Curve> {
        let series = self.series();
        if self.is_grouped() {
            let curve = |(curve, series): (&crate::RocCurve, Series)| Curve {
                name: crate::label::plain_text(&curve.label),
                part: crate::label::plain_text(&curve.part),
                series,
            };
            return self.curves.iter().zip(series).map(curve).collect();
        }
        let with_auc: Vec<String> =
            self.curves.iter().map(|curve| curve.with_auc(&curve.name()).plain()).collect();
        let names = distinct_names(with_auc.iter().map(String::as_str));
        names
            .into_iter()
            .zip(series)
            .map(|(name, series)| Curve { name, part: String::new(), series })
            .collect()
    }
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

/// Curves over each other, with a mark and with more layers below them.
fn write(
    (x_title, y_title): (&str, &str),
    curves: &[Curve],
    chosen: &[Option<&str>],
    mark: Option<(f64, f64, &str)>,
    mut layers: Vec<Value>,
) -> Value {
    layers.push(curve_layer((x_title, y_title), curves, chosen));
    if let Some((x, y, what)) = mark.filter(|(x, y, _)| x.is_finite() && y.is_finite()) {
        layers.push(json!({
            "data": {"values": [{"x": x, "y": y, "what": what}]},
            "mark": {"type": "point", "filled": true, "size": 90, "color": "black", "opacity": 1},
            "encoding": {
                "x": quantity("x", x_title),
                "y": quantity("y", y_title),
                "tooltip": [hover_name("what", "mark"), hover("x", x_title), hover("y", y_title)],
            },
        }));
    }
    document(y_title, json!({"width": SIZE.0, "height": SIZE.1, "layer": layers}))
}

fn curve_layer((x_title, y_title): (&str, &str), curves: &[Curve], chosen: &[Option<&str>]) -> Value {
    let names = distinct(curves.iter().map(|curve| curve.name.clone()));
    let parts = distinct(curves.iter().map(|curve| curve.part.clone()));
    let palette = Palette::default().holding(names.len());
    let colour = |at: usize| chosen.get(at).copied().flatten().unwrap_or_else(|| palette.colour(at));
    let range: Vec<String> = (0..names.len()).map(|at| colour(at).to_owned()).collect();
    let mut y = quantity("y", y_title);
    y["scale"] = json!({"zero": false});
    let mut tooltip = vec![hover_name("curve", "curve"), hover("x", x_title), hover("y", y_title)];
    let mut encoding = json!({
        "x": quantity("x", x_title),
        "y": y,
        "color": colours("curve", "", &names, &range),
        "opacity": picked_opacity(1.0, 0.15),
        "order": {"field": "x", "type": "quantitative"},
    });
    if parts.len() > 1 {
        // The last part, the test events by custom, is drawn solid.
        let dashes = (0..parts.len()).rev().map(|from_last| match from_last % 3 {
            0 => json!([1, 0]),
            1 => json!([7, 4]),
            _ => json!([2, 3]),
        });
        encoding["strokeDash"] = json!({"field": "part", "type": "nominal", "title": "",
            "legend": {"symbolType": "stroke", "symbolStrokeColor": "#555", "symbolOpacity": 1, "symbolSize": 400},
            "scale": {"domain": parts, "range": dashes.collect::<Vec<_>>()}});
        tooltip.insert(1, hover_name("part", "part"));
    }
    // The points show their numbers and are not seen. As a part of the line they would spoil its legend.
    let hover = json!({"x": encoding["x"], "y": encoding["y"], "tooltip": tooltip});
    json!({
        "data": {"values": curves.iter().flat_map(points).collect::<Vec<_>>()},
        "layer": [
            {"params": [zoom(&["x", "y"]), legend_pick("curve")],
                "mark": {"type": "line", "strokeWidth": 2, "clip": true}, "encoding": encoding},
            {"mark": {"type": "point", "filled": true, "size": 60, "opacity": 0, "clip": true}, "encoding": hover},
        ],
    })
}

/// The points of a curve, thinned out evenly; the last one stays.
fn points(curve: &Curve) -> Vec<Value> {
    let points: Vec<(f64, f64)> = curve.series.points().collect();
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let kept = points.iter().enumerate().filter(|(at, _)| at % step == 0 || *at == last);
    kept.map(|(_, (x, y))| json!({"curve": curve.name, "part": curve.part, "x": x, "y": y})).collect()
}
