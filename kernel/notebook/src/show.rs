//! Events as rows for people.

use crate::notebook::few_values;
use event_columns::{Column, ElementType, EventChunk, Piece, Values};
use std::ops::Range;
use text_table::TextTable;

/// The values of one entry: a number, a text, or a list in brackets with at most so many values.
pub(crate) fn values_of_entry(entry: &Column, most: usize) -> String {
    let Some(piece) = entry.pieces().first() else { return String::new() };
    if piece.offsets().is_empty() {
        return elements(piece, piece.value_range(), most, false);
    }
    nested(piece, 0, 0, most)
}

/// What lies between two offsets of a level, as lists in lists.
fn nested(piece: &Piece, level: usize, at: usize, most: usize) -> String {
    let offsets = &piece.offsets()[level];
    let (start, end) = (offsets[at] as usize, offsets[at + 1] as usize);
    let is_text = piece.column_type().element == ElementType::Text;
    if level + 1 == piece.offsets().len() {
        let width = if is_text { 1 } else { piece.column_type().width.max(1) };
        return elements(piece, start * width..end * width, most, !is_text);
    }
    let shown: Vec<String> =
        (start..end).take(most).map(|inner| nested(piece, level + 1, inner, most)).collect();
    let rest = if end - start > most { ", .." } else { "" };
    format!("[{}{rest}]", shown.join(", "))
}

/// Innermost values: a text, a number, or several in brackets.
fn elements(piece: &Piece, range: Range<usize>, most: usize, is_list: bool) -> String {
    let values = piece.values().slice(range);
    let column_type = piece.column_type();
    if let (ElementType::Text, Values::U8(bytes)) = (column_type.element, &values) {
        return String::from_utf8_lossy(bytes).chars().take(10 * most).collect();
    }
    if !is_list && column_type.width <= 1 {
        return few_values(&values, 1);
    }
    format!("[{}]", few_values(&values, most))
}

/// Rows of a chunk: one for each event, with its number in the first column where events have numbers.
pub(crate) fn event_rows(chunk: &EventChunk, entries: Option<&[u64]>, most_values: usize) -> TextTable {
    let names: Vec<String> = chunk
        .columns()
        .map(|(name, column)| {
            let is_number = column.column_type().depth == 0 && column.column_type().is_numeric();
            if is_number { format!(">{name}") } else { name.to_string() }
        })
        .collect();
    let mut heading: Vec<&str> = entries.iter().map(|_| ">entry").collect();
    heading.extend(names.iter().map(String::as_str));
    let mut table = TextTable::new(&heading);
    let n_rows = entries.map_or(usize::MAX, <[u64]>::len).min(chunk.n_entries());
    for at in 0..n_rows {
        let mut row: Vec<String> = entries.iter().map(|entries| entries[at].to_string()).collect();
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
        let lines = event_rows(&chunk, Some(&[7, 9]), 2).lines();
        assert_eq!(lines, ["entry  n  pt", "    7  2  [1.5, 2, ..]", "    9  0  []"]);
        assert_eq!(event_rows(&chunk, None, 1).lines(), ["n  pt", "2  [1.5, ..]", "0  []"]);
    }
}
