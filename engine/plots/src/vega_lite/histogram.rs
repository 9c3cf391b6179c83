//! Histograms of samples, with data and a panel of ratios.

use serde_json::{Value, json};

use super::{
    SIZE, colours, distinct_names, document, hover, hover_name, legend_pick, picked_opacity, quantity_along,
    quantity_over, zoom,
};
use crate::axis::Axis;
use crate::figures::histogram::HistogramFigure;
use crate::figures::histogram::ratio::Ratio;
use crate::histogram::Histogram;
use crate::style::Style;

/// Height of the panel of ratios in pixels.
const RATIO_HEIGHT: u32 = 110;

/// What all layers of a histogram share.
struct Scales {
    x: Value,
    y: (String, Axis),
    /// Where fills start: zero, or the lower end of a logarithmic axis.
    base: f64,
    names: Vec<String>,
    range: Vec<String>,
}

impl HistogramFigure {
    /// Writes the figure as a Vega-Lite v5 document: the same range, folding, scaling and colours as the picture.
    pub fn to_vega_lite(&self) -> Value {
        self.shown().write_vega_lite()
    }

    fn write_vega_lite(&self) -> Value {
        let total = self.total();
        let ratio = self.has_ratio.then(|| self.ratio(&Style::default(), total.as_ref()));
        let scales = self.scales(total.as_ref());
        let mut layers = Vec::new();
        layers.push(self.stack_layer(&scales));
        layers.push(self.outline_layer(&scales));
        layers.push(self.hover_layer(&scales));
        if let Some(total) = total.as_ref().filter(|_| self.is_stacked) {
            layers.push(band_layer(total, &scales));
        }
        layers.extend(self.data_layers(&scales));
        let title = format!("Histogram of {}", crate::label::plain_text(&self.x_title));
        let Some(ratio) = ratio else {
            return document(&title, json!({"width": SIZE.0, "height": SIZE.1, "layer": layers}));
        };
        // One horizontal axis for both, labelled below.
        for layer in &mut layers {
            if let Some(x) = layer["encoding"].get_mut("x") {
                x["axis"] = json!({"labels": false, "title": null});
            }
        }
        let upper = json!({"width": SIZE.0, "height": SIZE.1 - 60, "layer": layers});
        let lower = ratio_view(&ratio, &scales);
        document(
            &title,
            json!({"vconcat": [upper, lower], "spacing": 12, "resolve": {"scale": {"x": "shared"}}}),
        )
    }

    fn scales(&self, total: Option<&Histogram>) -> Scales {
        let style = Style::default();
        let y = self.vertical_range(total, 0.0).axis(6);
        let base = if y.is_log { y.low } else { 0.0 };
        let (low, high) = self.horizontal_range();
        let x = quantity_over("low", &self.x_title, (low, high));
        Scales {
            x,
            y: (self.vertical_title(), y),
            base,
            names: distinct_names(self.samples.iter().map(|sample| sample.label.as_str())),
            range: (0..self.samples.len()).map(|at| self.colour(&style, at).to_owned()).collect(),
        }
    }

    /// Fills of a stack: one rectangle for each bin.
    fn stack_layer(&self, scales: &Scales) -> Value {
        let mut values = Vec::new();
        for (at, sample) in self.samples.iter().enumerate().filter(|(_, sample)| self.is_in_stack(sample)) {
            let below = self.sum_below(at);
            for bin in 0..sample.histogram.n_bins() {
                let (from, count) = (below.counts()[bin], sample.histogram.counts()[bin]);
                let mut value = bin_value(&sample.histogram, bin, &scales.names[at]);
                value["base"] = json!(scales.shown(from));
                value["top"] = json!(scales.shown(from + count));
                values.push(value);
            }
        }
        json!({
            "params": [zoom(&["x"]), legend_pick("sample")],
            "data": {"values": values},
            "mark": {"type": "rect", "clip": true, "strokeWidth": 0},
            "encoding": {
                "x": scales.x,
                "x2": {"field": "high"},
                "y": scales.y("base"),
                "y2": {"field": "top"},
                "color": scales.colour(),
                "opacity": picked_opacity(1.0, 0.15),
                "tooltip": tooltip(),
            },
        })
    }

    fn overlaid(&self) -> impl Iterator<Item = (usize, &Histogram)> {
        let overlaid = self.samples.iter().enumerate().filter(|(_, sample)| !self.is_in_stack(sample));
        overlaid.map(|(at, sample)| (at, &sample.histogram))
    }

    /// The outlines of the samples that are not stacked.
    fn outline_layer(&self, scales: &Scales) -> Value {
        let mut values = Vec::new();
        for (at, histogram) in self.overlaid() {
            let mut corner = |edge: f64, height: f64| {
                values.push(json!({"sample": scales.names[at], "low": edge, "top": scales.shown(height)}));
            };
            let edges = histogram.edges();
            corner(edges[0], scales.base);
            histogram.counts().iter().zip(edges).for_each(|(&count, &edge)| corner(edge, count));
            corner(edges[histogram.n_bins()], scales.base);
        }
        json!({
            "data": {"values": values},
            "mark": {"type": "line", "interpolate": "step-after", "clip": true, "strokeWidth": 2},
            "encoding": {
                "x": scales.x,
                "y": scales.y("top"),
                "color": scales.colour(),
                "opacity": picked_opacity(1.0, 0.15),
            },
        })
    }

    /// Invisible rectangles below the outlines that show their numbers: the lowest one above the pointer does.
    fn hover_layer(&self, scales: &Scales) -> Value {
        let mut bins: Vec<(f64, Value)> = Vec::new();
        for (at, histogram) in self.overlaid() {
            for (bin, &count) in histogram.counts().iter().enumerate() {
                let mut value = bin_value(histogram, bin, &scales.names[at]);
                value["base"] = json!(scales.base);
                value["top"] = json!(scales.shown(count));
                bins.push((count, value));
            }
        }
        // What is drawn last lies on top.
        bins.sort_by(|left, right| right.0.total_cmp(&left.0));
        let values: Vec<Value> = bins.into_iter().map(|(_, value)| value).collect();
        json!({
            "data": {"values": values},
            "mark": {"type": "rect", "clip": true, "fill": "white", "fillOpacity": 0, "strokeWidth": 0},
            "encoding": {
                "x": scales.x,
                "x2": {"field": "high"},
                "y": scales.y("base"),
                "y2": {"field": "top"},
                "tooltip": tooltip(),
            },
        })
    }

    /// Points with their error bars.
    fn data_layers(&self, scales: &Scales) -> Vec<Value> {
        let Some(data) = &self.data else { return Vec::new() };
        let histogram = &data.histogram;
        let is_filled = |bin: &usize| histogram.counts()[*bin] != 0.0 || histogram.sum_w2()[*bin] != 0.0;
        let values: Vec<Value> = (0..histogram.n_bins())
            .filter(is_filled)
            .map(|bin| {
                let (low, high) = histogram.error_interval(bin);
                let mut value = bin_value(histogram, bin, &crate::label::plain_text(&data.label));
                value["middle"] = json!(histogram.centre(bin));
                value["error_low"] = json!(scales.shown(low));
                value["error_high"] = json!(scales.shown(high));
                value["top"] = json!(scales.shown(histogram.counts()[bin]));
                value
            })
            .collect();
        let mut x = scales.x.clone();
        x["field"] = json!("middle");
        vec![
            json!({
                "data": {"values": values},
                "mark": {"type": "rule", "clip": true, "color": "black", "strokeWidth": 1.4},
                "encoding": {"x": x, "y": scales.y("error_low"), "y2": {"field": "error_high"}},
            }),
            json!({
                "data": {"values": values},
                "mark": {"type": "point", "clip": true, "filled": true, "color": "black", "size": 40, "opacity": 1},
                "encoding": {"x": x, "y": scales.y("top"), "tooltip": tooltip()},
            }),
        ]
    }
}

impl Scales {
    /// A value as it can be drawn: on a logarithmic axis nothing lies below its lower end.
    fn shown(&self, value: f64) -> f64 {
        if self.y.1.is_log { value.max(self.base) } else { value }
    }

    fn y(&self, field: &str) -> Value {
        let (title, axis) = &self.y;
        quantity_along(field, title, axis)
    }

    fn colour(&self) -> Value {
        colours("sample", "", &self.names, &self.range)
    }
}

/// Ends, count and error of a bin.
fn bin_value(histogram: &Histogram, bin: usize, sample: &str) -> Value {
    let (low, high) = (histogram.edges()[bin], histogram.edges()[bin + 1]);
    let (count, error) = (histogram.counts()[bin], histogram.sum_w2()[bin].sqrt());
    json!({"sample": sample, "low": low, "high": high, "count": count, "error": error})
}

fn tooltip() -> Value {
    json!([
        hover_name("sample", "sample"),
        hover("low", "from"),
        hover("high", "to"),
        hover("count", "count"),
        hover("error", "± statistical")
    ])
}

/// The uncertainty of the whole stack.
fn band_layer(total: &Histogram, scales: &Scales) -> Value {
    let values: Vec<Value> = (0..total.n_bins())
        .map(|bin| {
            let mut value = bin_value(total, bin, "all samples");
            let (count, error) = (total.counts()[bin], total.sum_w2()[bin].sqrt());
            value["bottom"] = json!(scales.shown(count - error));
            value["top"] = json!(scales.shown(count + error));
            value
        })
        .collect();
    json!({
        "data": {"values": values},
        "mark": {"type": "rect", "clip": true, "color": "#555", "opacity": 0.35},
        "encoding": {
            "x": scales.x,
            "x2": {"field": "high"},
            "y": scales.y("bottom"),
            "y2": {"field": "top"},
            "tooltip": tooltip(),
        },
    })
}

/// The panel of ratios: points with errors, and the relative uncertainty of what is divided by.
fn ratio_view(ratio: &Ratio, scales: &Scales) -> Value {
    let axis = ratio.axis();
    let mut values = Vec::new();
    for line in &ratio.lines {
        for quotient in &line.quotients {
            let (low, high) = (ratio.edges[quotient.bin], ratio.edges[quotient.bin + 1]);
            values.push(json!({
                "from": low, "high": high, "middle": f64::midpoint(low, high), "colour": line.colour,
                "ratio": quotient.value, "error_low": quotient.error.0, "error_high": quotient.error.1,
            }));
        }
    }
    let bins = ratio.edges.windows(2).zip(&ratio.band);
    let band: Vec<Value> = bins
        .map(|(edges, band)| json!({"low": edges[0], "high": edges[1], "bottom": band.0, "top": band.1}))
        .collect();
    let y = |field: &str| quantity_over(field, &ratio.title, (axis.low, axis.high));
    let mut x = scales.x.clone();
    x["field"] = json!("middle");
    let colour = json!({"field": "colour", "type": "nominal", "scale": null});
    let numbers = json!([
        hover("from", "from"),
        hover("high", "to"),
        hover("ratio", "ratio"),
        hover("error_low", "error from"),
        hover("error_high", "error to")
    ]);
    json!({"width": SIZE.0, "height": RATIO_HEIGHT, "layer": [
        {"data": {"values": band}, "mark": {"type": "rect", "clip": true, "color": "#555", "opacity": 0.35},
            "encoding": {"x": scales.x, "x2": {"field": "high"}, "y": y("bottom"), "y2": {"field": "top"}}},
        {"data": {"values": [{"one": 1}]},
            "mark": {"type": "rule", "strokeDash": [6, 5], "color": "#717581"}, "encoding": {"y": y("one")}},
        {"data": {"values": values}, "mark": {"type": "rule", "clip": true, "strokeWidth": 1.4},
            "encoding": {"x": x, "y": y("error_low"), "y2": {"field": "error_high"}, "color": colour}},
        {"data": {"values": values}, "mark": {"type": "point", "clip": true, "filled": true, "size": 35, "opacity": 1},
            "encoding": {"x": x, "y": y("ratio"), "color": colour, "tooltip": numbers}},
    ]})
}
