//! What the true classes were taken for: cells coloured by their share of the true class.

use super::cells::Grid;
use crate::canvas::{Anchor, Canvas, Ink};
use crate::frame::{Frame, Range, TITLE_SIZE};
use crate::label::{Label, plain_text};
use crate::palette::{ink_on, pale};
use crate::style::{Figure, Style};
use crate::text::{number, table};

/// Events by true and predicted class.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConfusionMatrix {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// `rows[true class][predicted class]`: numbers of events, or sums of weights.
    pub rows: Vec<Vec<f64>>,
}

impl Figure for ConfusionMatrix {
    fn to_svg(&self, style: &Style) -> String {
        let mut canvas = Canvas::new(style.size(), "Confusion matrix");
        let names: Vec<Label> = self.classes.iter().map(|name| Label::parse(name)).collect();
        let scale = style.scale();
        let title_room = 30.0 * scale;
        let mut grid = Grid::new((style.size(), scale), (&names, &names), (22.0 * scale, title_room));
        grid.left += title_room;
        grid.width = (grid.width - title_room).max(10.0);
        for row in 0..names.len() {
            for column in 0..names.len() {
                let share = self.share(row, column);
                let colour = share.map_or_else(|| "#d0d0d4".to_owned(), pale);
                grid.fill(&mut canvas, row, column, &colour);
                let count = number(self.value(row, column)).replace('-', "−");
                let percent = share.map(|share| format!("{:.1} %", share * 100.0)).unwrap_or_default();
                let lines = [count.as_str(), percent.as_str()];
                let ink = (ink_on(&colour), grid.text_size(&lines));
                grid.write(&mut canvas, (row, column), &lines, ink);
            }
        }
        grid.draw_frame(&mut canvas);
        grid.draw_names(&mut canvas, &names, &names);
        let (right, bottom) = (grid.left + grid.width, grid.top + grid.height);
        let ink = Ink::black(TITLE_SIZE * scale, Anchor::End);
        canvas.text((right, style.size().1 - 12.0 * scale), &Label::parse("Predicted class"), ink);
        let at = (TITLE_SIZE * 1.1 * scale, grid.top);
        canvas.text(at, &Label::parse("True class"), Ink { turned: -90.0, ..ink });
        let unit = Range::linear(0.0, 1.0).axis(2);
        let frame = Frame { left: grid.left, top: grid.top, right, bottom, x: unit.clone(), y: unit, scale };
        if names.is_empty() {
            frame.note(&mut canvas, "no classes");
        }
        frame.label_experiment(&mut canvas, style);
        canvas.finish()
    }

    fn to_text(&self) -> String {
        let names: Vec<String> = self.classes.iter().map(|name| plain_text(name)).collect();
        let mut rows = vec![[vec!["true \\ predicted".to_owned()], names.clone()].concat()];
        for (row, name) in names.iter().enumerate() {
            let cells = (0..names.len()).map(|column| number(self.value(row, column)));
            rows.push(std::iter::once(name.clone()).chain(cells).collect());
        }
        format!("Confusion matrix\n{}", table(&rows))
    }
}

impl ConfusionMatrix {
    fn value(&self, row: usize, column: usize) -> f64 {
        self.rows.get(row).and_then(|row| row.get(column)).copied().unwrap_or(f64::NAN)
    }

    /// The share of the true class; none for a class without positive sum.
    fn share(&self, row: usize, column: usize) -> Option<f64> {
        let total: f64 = self.rows.get(row)?.iter().sum();
        let share = self.value(row, column) / total;
        (total > 0.0 && share.is_finite()).then_some(share)
    }
}
