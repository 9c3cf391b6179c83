//! Events as rows for people.

use crate::notebook::few_values;
use event_columns::{Column, ElementType, EventChunk};
use text_table::TextTable;

/// The values of one entry: a number, a text, or a list in brackets with at most so many values.
pub(crate) fn values_of_entry(entry: &Column, most: usize) -> String {
    let Some(piece) = entry.pieces().first() else { return String::new() };
    let column_type = entry.column_type();
    let values = piece.values().slice(piece.value_range());
    if column_type.element == ElementType::Text {
        return text_of(&values, column_type.depth, most);
    }
    if column_type.depth == 0 && column_type.width <= 1 {
        return few_values(&values, 1);
    }
    format!("[{}]", few_values(&values, most))
}

fn text_of(values: &event_columns::Values, depth: usize, most: usize) -> String {
    let event_columns::Values::U8(bytes) = values else { return String::new() };
    let text = String::from_utf8_lossy(bytes);
    let shown: String = text.chars().take(10 * most).collect();
    if depth == 0 { shown } else { format!("[{shown}]") }
}

/// Rows of a chunk: one for each event, with its number in the first column.
pub(crate) fn event_rows(chunk: &EventChunk, entries: &[u64], most_values: usize) -> TextTable {
    let names: Vec<String> = chunk
        .columns()
        .map(|(name, column)| {
            let is_number = column.column_type().depth == 0 && column.column_type().is_numeric();
            if is_number { format!(">{name}") } else { name.to_string() }
        })
        .collect();
    let mut heading = vec![">entry"];
    heading.extend(names.iter().map(String::as_str));
    let mut table = TextTable::new(&heading);
    for (at, entry) in entries.iter().enumerate().take(chunk.n_entries()) {
        let mut row = vec![entry.to_string()];
        row.extend(
            chunk.columns().map(|(_, column)| values_of_entry(&column.slice(at..at + 1), most_values)),
        );
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::Piece;

    #[test]
    fn jagged_events_are_lists() {
        let mut chunk = EventChunk::new(0, 2);
        chunk.set("n", Piece::flat(vec![2_i32, 0]).into());
        chunk.set("pt", Piece::jagged(&[vec![1.5_f32, 2.0, 3.0], vec![]]).into());
        let lines = event_rows(&chunk, &[7, 9], 2).lines();
        assert_eq!(lines, ["entry  n  pt", "    7  2  [1.5, 2, ..]", "    9  0  []"]);
    }
}
