//! Correlations of the inputs as coloured cells, blue for −1, white for 0, red for 1.

use serde_json::Value;

use super::cells::{Grid, SMALL_NAME, colour_bar, widest};
use crate::axis::Axis;
use crate::canvas::Canvas;
use crate::frame::Frame;
use crate::label::{Label, plain_text};
use crate::palette::{diverging, ink_on};
use crate::style::{Figure, Style};
use crate::text::table;

/// A table of numbers −1..1. A table of many columns is drawn larger than the style says, so that its names and numbers
/// can be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CorrelationMatrix {
    /// Names of rows and columns; those behind the first 150 are left out, and the picture says how many.
    pub names: Vec<String>,
    /// `rows[i][j]`; `None` (and what is missing or not finite) is drawn grey.
    pub rows: Vec<Vec<Option<f64>>>,
}

impl Figure for CorrelationMatrix {
    fn to_svg(&self, style: &Style) -> String {
        let names: Vec<Label> = self.shown_names().iter().map(|name| Label::parse(name)).collect();
        let scale = style.scale();
        let size = size_for(&names, style);
        let mut canvas = Canvas::new(size, "Correlation matrix");
        let grid = Grid::new((size, scale), (&names, &names), (COLOUR_BAR * scale, 0.0));
        for row in 0..names.len() {
            for column in 0..names.len() {
                self.draw_cell(&mut canvas, &grid, row, column);
            }
        }
        grid.draw_frame(&mut canvas);
        grid.draw_names(&mut canvas, &names, &names);
        let axis = Axis::linear(-1.0, 1.0, 4);
        let bar = ((grid.left + grid.width + 12.0 * scale, grid.top), (16.0 * scale, grid.height));
        let left_out = self.names.len() - names.len();
        let title = if left_out > 0 {
            format!("Correlation (and {left_out} more columns)")
        } else {
            "Correlation".to_owned()
        };
        colour_bar(&mut canvas, bar, &axis, &Label::parse(&title), scale, |share| {
            diverging(2.0 * share - 1.0)
        });
        let frame = Frame {
            left: grid.left,
            top: grid.top,
            right: grid.left + grid.width,
            bottom: grid.top + grid.height,
            x: axis.clone(),
            y: axis,
            scale,
        };
        if names.is_empty() {
            frame.note(&mut canvas, "no columns");
        }
        frame.label_experiment(&mut canvas, style);
        canvas.finish()
    }

    fn to_text(&self) -> String {
        let mut rows =
            vec![[vec![String::new()], (1..=self.names.len()).map(|n| n.to_string()).collect()].concat()];
        for (row, name) in self.names.iter().enumerate() {
            let cells = (0..self.names.len()).map(|column| match self.value(row, column) {
                Some(value) => two_digits(value),
                None => "-".to_owned(),
            });
            let name = format!("{} {}", row + 1, plain_text(name));
            rows.push(std::iter::once(name).chain(cells).collect());
        }
        format!("Correlation matrix\n{}", table(&rows))
    }

    fn interactive(&self) -> Option<Value> {
        Some(self.to_vega_lite())
    }
}

/// More cells than these would make the picture too large to be opened.
const MOST_COLUMNS: usize = 150;

/// More columns than this leave no room for numbers.
const MOST_NUMBERS: usize = 20;

/// Room for the colour bar and its labels, in units of the scale.
const COLOUR_BAR: f64 = 96.0;

/// Sides of a cell that holds a number, and of one that does not, in units of the scale.
const SIDES: (f64, f64) = (27.0, 15.5);

/// The size of the style, or as much more as all cells need.
fn size_for(names: &[Label], style: &Style) -> (f64, f64) {
    const LARGEST: f64 = 8000.0;
    let ((width, height), scale) = (style.size(), style.scale());
    let side = if names.len() <= MOST_NUMBERS { SIDES.0 } else { SIDES.1 };
    let cells = names.len() as f64 * side * scale;
    let room_for_names = (widest(names) * SMALL_NAME * scale).min(0.4 * cells);
    let (wide, high) =
        (cells + room_for_names + (COLOUR_BAR + 12.0) * scale, cells * 0.85 + room_for_names + 48.0 * scale);
    (width.max(wide.min(LARGEST)), height.max(high.min(LARGEST)))
}

impl CorrelationMatrix {
    /// The names that the picture has room for.
    pub(crate) fn shown_names(&self) -> &[String] {
        &self.names[..self.names.len().min(MOST_COLUMNS)]
    }

    pub(crate) fn value(&self, row: usize, column: usize) -> Option<f64> {
        let value = self.rows.get(row)?.get(column).copied()??;
        value.is_finite().then_some(value)
    }

    fn draw_cell(&self, canvas: &mut Canvas, grid: &Grid, row: usize, column: usize) {
        let Some(value) = self.value(row, column) else {
            grid.fill(canvas, row, column, "#d0d0d4");
            return;
        };
        let colour = diverging(value);
        grid.fill(canvas, row, column, &colour);
        if grid.n_rows <= MOST_NUMBERS {
            let text = two_digits(value).replace('-', "−");
            // The size of the widest one, so that all are alike.
            let ink = (ink_on(&colour), grid.text_size(&["−0.00"]));
            grid.write(canvas, (row, column), &[&text], ink);
        }
    }
}

fn two_digits(value: f64) -> String {
    let text = format!("{:.2}", value.clamp(-1e6, 1e6));
    if text == "-0.00" { "0.00".to_owned() } else { text }
}
