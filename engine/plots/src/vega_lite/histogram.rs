//! Histograms of samples, with data and a panel of ratios.

use serde_json::{Value, json};

use super::{
    SIZE, colours, distinct_names, document, hover, hover_name, legend_pick, picked_opacity, quantity_over,
    zoom,
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
        layers.push(self.samples_layer(&scales));
        layers.push(self.hover_layer(&scales));
        if let Some(total) = total.as_ref().filter(|_| self.is_stacked) {
            layers.push(band_layer(total, &scales));
        }
        layers.extend(self.data_layers(&scales));
        let title = format!("Histogram of {}", crate::label::plain_text(&self.x_title));
        let Some(ratio) = ratio else {
            return document(&title, json!({"width": SIZE.0, "height": SIZE.1, "layer": layers}));
        };
        // The legend counts for both panels; the horizontal axis is zoomed in the upper one.
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
        let x = quantity_over("low", &self.x_title, (low, high), false);
        Scales {
            x,
            y: (self.vertical_title(), y),
            base,
            names: distinct_names(self.samples.iter().map(|sample| sample.label.as_str())),
            range: (0..self.samples.len()).map(|at| self.colour(&style, at).to_owned()).collect(),
        }
    }

    /// Fills of a stack and outlines of other samples: one bar for each bin.
    fn samples_layer(&self, scales: &Scales) -> Value {
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

    /// The outlines of the samples that are not stacked.
    fn hover_layer(&self, scales: &Scales) -> Value {
        let mut values = Vec::new();
        for (at, sample) in self.samples.iter().enumerate().filter(|(_, sample)| !self.is_in_stack(sample)) {
            let n_bins = sample.histogram.n_bins();
            for bin in 0..n_bins {
                let mut value = bin_value(&sample.histogram, bin, &scales.names[at]);
                value["top"] = json!(scales.shown(sample.histogram.counts()[bin]));
                values.push(value);
            }
            if n_bins > 0 {
                // The step of the last bin ends at its upper edge.
                let mut value = bin_value(&sample.histogram, n_bins - 1, &scales.names[at]);
                value["top"] = json!(scales.shown(sample.histogram.counts()[n_bins - 1]));
                let (low, high) = (value["low"].clone(), value["high"].clone());
                value["from"] = low;
                value["low"] = high;
                values.push(value);
            }
        }
        json!({
            "data": {"values": values},
            "mark": {"type": "line", "interpolate": "step-after", "clip": true, "strokeWidth": 2,
                "point": {"size": 60, "filled": true, "opacity": 0}},
            "encoding": {
                "x": scales.x,
                "y": scales.y("top"),
                "color": scales.colour(),
                "opacity": picked_opacity(1.0, 0.15),
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
        quantity_over(field, title, (axis.low, axis.high), axis.is_log)
    }

    fn colour(&self) -> Value {
        colours("sample", "", &self.names, &self.range)
    }
}

/// Ends, count and error of a bin.
fn bin_value(histogram: &Histogram, bin: usize, sample: &str) -> Value {
    let (low, high) = (histogram.edges()[bin], histogram.edges()[bin + 1]);
    let (count, error) = (histogram.counts()[bin], histogram.sum_w2()[bin].sqrt());
    json!({"sample": sample, "low": low, "from": low, "high": high, "count": count, "error": error})
}

fn tooltip() -> Value {
    json!([
        hover_name("sample", "sample"),
        hover("from", "from"),
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
    let y = |field: &str| quantity_over(field, &ratio.title, (axis.low, axis.high), false);
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
