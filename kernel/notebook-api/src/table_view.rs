//! A table as it is shown: its columns and the first events.

use std::fmt::Write as _;

use crate::primitive::with_type;
use crate::{ColumnInfo, Content, PrimitiveType, Shape, Show, Table};

const FIRST_EVENTS: usize = 8;
/// More columns are counted, not shown: a page is no wider.
const FIRST_COLUMNS: usize = 12;
const FIRST_VALUES: usize = 4;
const LONGEST_TEXT: usize = 32;

impl Show for Table {
    fn content(&self) -> Content {
        let columns: Vec<ColumnInfo> = self.columns().into_iter().take(FIRST_COLUMNS).collect();
        let n_rows = self.n_events().min(FIRST_EVENTS);
        let cells: Vec<Vec<String>> = columns.iter().map(|column| cells(self, column, n_rows)).collect();
        let n_columns = self.columns().len();
        let mut summary = format!("table {}: {} events, {n_columns} columns", self.name(), self.n_events());
        if n_columns > columns.len() {
            let _ = write!(summary, " (the first {} shown)", columns.len());
        }
        Content::new()
            .with("text/html", as_html(&summary, &columns, &cells, n_rows))
            .with_text(as_text(&summary, &columns, &cells, n_rows))
    }
}

/// Type and shape in a word: `f32`, `f32[3]`, `list of f32`, `text`.
fn type_words(column: &ColumnInfo) -> String {
    match column.shape {
        Shape::Flat => column.primitive.to_string(),
        Shape::Fixed { width } => format!("{}[{width}]", column.primitive),
        Shape::Jagged { width: 1 } => format!("list of {}", column.primitive),
        Shape::Jagged { width } => format!("list of {}[{width}]", column.primitive),
        Shape::DoublyJagged { width: 1 } => format!("list of list of {}", column.primitive),
        Shape::DoublyJagged { width } => format!("list of list of {}[{width}]", column.primitive),
        Shape::Text => "text".to_string(),
    }
}

/// The first events of a column; a damaged column says what is wrong in its first cell.
fn cells(table: &Table, column: &ColumnInfo, n_rows: usize) -> Vec<String> {
    let name = column.name.as_str();
    let cells = match column.shape {
        Shape::Text => table.texts(name).map(|texts| texts.into_iter().take(n_rows).map(shortened).collect()),
        Shape::Flat | Shape::Fixed { .. } => with_type!(column.primitive, T => {
            table.arrays::<T>(name).map(|events| events.take(n_rows).map(|values| values_text(values, column)).collect())
        }),
        Shape::Jagged { .. } => with_type!(column.primitive, T => {
            table.jagged::<T>(name).map(|events| events.iter().take(n_rows).map(|values| values_text(values, column)).collect())
        }),
        Shape::DoublyJagged { .. } => with_type!(column.primitive, T => {
            table.doubly_jagged::<T>(name).map(|events| events.iter().take(n_rows).map(|lists| {
                let shown = lists.iter().take(FIRST_VALUES).map(|values| values_text(values, column));
                let mut shown: Vec<String> = shown.collect();
                if lists.len() > FIRST_VALUES {
                    shown.push(format!("… {} in all", lists.len()));
                }
                format!("[{}]", shown.join(", "))
            }).collect())
        }),
    };
    cells.unwrap_or_else(|error| vec![error.to_string()])
}

fn values_text<T: crate::Primitive>(values: &[T], column: &ColumnInfo) -> String {
    let is_float = matches!(column.primitive, PrimitiveType::F32 | PrimitiveType::F64);
    let one = |value: &T| {
        let size = value.to_f64().abs();
        match is_float {
            false => value.to_string(),
            true if size != 0.0 && !(1e-3..1e6).contains(&size) => format!("{:.4e}", value.to_f64()),
            true => format!("{:.5}", value.to_f64()).trim_end_matches('0').trim_end_matches('.').to_string(),
        }
    };
    if column.shape == Shape::Flat {
        return values.iter().map(one).collect();
    }
    let mut shown: Vec<String> = values.iter().take(FIRST_VALUES).map(one).collect();
    if values.len() > FIRST_VALUES {
        shown.push(format!("… {} in all", values.len()));
    }
    format!("[{}]", shown.join(", "))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_TEXT {
        return text.to_string();
    }
    text.chars().take(LONGEST_TEXT).chain(['…']).collect()
}

fn as_html(summary: &str, columns: &[ColumnInfo], cells: &[Vec<String>], n_rows: usize) -> String {
    let mut html = format!("<table><caption>{}</caption><thead><tr><th></th>", escaped(summary));
    for column in columns {
        let (name, words) = (escaped(&column.name), escaped(&type_words(column)));
        let _ = write!(html, "<th>{name}<br><small>{words}</small></th>");
    }
    html.push_str("</tr></thead><tbody>");
    for row in 0..n_rows {
        let _ = write!(html, "<tr><th>{row}</th>");
        for column in cells {
            let _ = write!(html, "<td>{}</td>", escaped(column.get(row).map_or("", String::as_str)));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    html
}

fn as_text(summary: &str, columns: &[ColumnInfo], cells: &[Vec<String>], n_rows: usize) -> String {
    let mut lines = vec![String::new(); n_rows + 2];
    for (column, cells) in columns.iter().zip(cells) {
        let head = [column.name.clone(), type_words(column)];
        let rows = (0..n_rows).map(|row| cells.get(row).cloned().unwrap_or_default());
        let column: Vec<String> = head.into_iter().chain(rows).collect();
        let width = column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        for (line, cell) in lines.iter_mut().zip(column) {
            let _ = write!(line, "{cell:>width$}  ");
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    format!("{summary}\n{}", lines.join("\n"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
