//! Cells of colour: correlations and histograms of two quantities.

use serde_json::{Value, json};

use super::{SIZE, document, hover, hover_name, quantity_over, zoom};
use crate::figures::correlation::CorrelationMatrix;
use crate::figures::histogram2d::Histogram2d;
use crate::label::plain_text;
use crate::lines::extent;

impl CorrelationMatrix {
    /// Writes the matrix as a Vega-Lite v5 document; as many columns as the picture has.
    pub fn to_vega_lite(&self) -> Value {
        let names = super::distinct_names(self.shown_names().iter().map(String::as_str));
        let mut values = Vec::new();
        for (row, of_row) in names.iter().enumerate() {
            for (column, of_column) in names.iter().enumerate() {
                values.push(json!({"row": of_row, "column": of_column, "value": self.value(row, column)}));
            }
        }
        let side = (names.len() as u32 * 16).clamp(280, 2400);
        let axis = json!({"labelLimit": 220, "ticks": false});
        let name = |field: &str| {
            json!({"field": field, "type": "nominal", "title": null, "axis": axis,
                "scale": {"domain": names}, "sort": null})
        };
        let view = json!({
            "width": side,
            "height": side,
            "data": {"values": values},
            "params": [{"name": "over", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}],
            "mark": {"type": "rect", "stroke": "black", "strokeWidth": 0, "invalid": null},
            "encoding": {
                "x": name("column"),
                "y": name("row"),
                "color": {
                    "condition": {"test": "!isValid(datum.value)", "value": "#d0d0d4"},
                    "field": "value", "type": "quantitative", "title": "Correlation",
                    "scale": {"domain": [-1, 0, 1], "range": ["#1845c9", "#ffffff", "#bd1f01"],
                        "interpolate": "rgb"},
                },
                "strokeWidth": {"condition": {"param": "over", "empty": false, "value": 1.5}, "value": 0},
                "tooltip": [hover_name("row", "row"), hover_name("column", "column"), hover("value", "correlation")],
            },
        });
        document("Correlation matrix", view)
    }
}

impl Histogram2d {
    /// Writes the histogram as a Vega-Lite v5 document; cells that the picture leaves white are left out.
    pub fn to_vega_lite(&self) -> Value {
        let cells = self.filled().map(|cell| {
            json!({"x0": cell.x.0, "x1": cell.x.1, "y0": cell.y.0, "y1": cell.y.1, "count": cell.count})
        });
        let (x, y) = (plain_text(&self.x_title), plain_text(&self.y_title));
        let scale = json!({"type": if self.is_log { "log" } else { "linear" }, "scheme": "viridis"});
        let axis = |field: &str, title: &str, edges: &[f64]| {
            quantity_over(field, title, extent(edges.iter().copied()).unwrap_or((0.0, 1.0)))
        };
        let view = json!({
            "width": SIZE.0,
            "height": SIZE.1 + 60,
            "data": {"values": cells.collect::<Vec<_>>()},
            "params": [zoom(&["x", "y"])],
            "mark": {"type": "rect", "clip": true},
            "encoding": {
                "x": axis("x0", &self.x_title, &self.x_edges),
                "x2": {"field": "x1"},
                "y": axis("y0", &self.y_title, &self.y_edges),
                "y2": {"field": "y1"},
                "color": {"field": "count", "type": "quantitative", "title": plain_text(self.z_title()),
                    "scale": scale},
                "tooltip": [hover("x0", &format!("{x} from")), hover("x1", &format!("{x} to")),
                    hover("y0", &format!("{y} from")), hover("y1", &format!("{y} to")), hover("count", "count")],
            },
        });
        document(&format!("Histogram of {x} and {y}"), view)
    }
}
