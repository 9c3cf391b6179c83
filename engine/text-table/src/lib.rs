//! Rows for people, as aligned text and as HTML, and numbers in as few digits as say enough. Used by programs only.

use std::fmt::Write as _;

/// Collects rows and lays them out.
pub struct TextTable {
    rows: Vec<Vec<String>>,
    right: Vec<bool>,
}

impl TextTable {
    /// A table with a heading; a name that starts with `>` makes its column right-aligned.
    pub fn new(heading: &[&str]) -> Self {
        let right = heading.iter().map(|name| name.starts_with('>')).collect();
        let names = heading.iter().map(|name| name.trim_start_matches('>').to_string()).collect();
        Self { rows: vec![names], right }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, two spaces between columns, nothing at the ends.
    pub fn lines(&self) -> Vec<String> {
        let n_columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..n_columns).map(width).collect();
        self.rows.iter().map(|row| self.line(row, &widths)).collect()
    }

    /// An HTML table with the same cells; only tags and a little style, no script, so that every front end shows it.
    pub fn to_html(&self) -> String {
        let mut html = String::from("<table>");
        for (position, row) in self.rows.iter().enumerate() {
            let cell = if position == 0 { "th" } else { "td" };
            html += "<tr>";
            for (column, text) in row.iter().enumerate() {
                let is_right = self.right.get(column).copied().unwrap_or(false);
                let side = if is_right { "right" } else { "left" };
                // Writing to a String cannot fail.
                let _ = write!(html, "<{cell} style=\"text-align:{side}\">{}</{cell}>", escape_html(text));
            }
            html += "</tr>";
        }
        html + "</table>"
    }

    /// Number of rows below the heading.
    pub fn n_rows(&self) -> usize {
        self.rows.len() - 1
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let padding = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
            let is_right = self.right.get(column).copied().unwrap_or(false);
            line += &if is_right { padding + cell } else { cell.clone() + &padding };
            line += "  ";
        }
        line.trim_end().to_string()
    }
}

/// Text that stands in HTML as it is.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A size for people: `512 B`, `1.5 kB`, `220 MB`; powers of ten.
pub fn human_bytes(n_bytes: u64) -> String {
    let mut value = n_bytes as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    if unit == "B" || value >= 99.95 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// A number in at most six significant digits, without needless zeros.
pub fn human_number(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let exponent = value.abs().log10().floor();
    if !(-4.0..9.0).contains(&exponent) {
        return format!("{value:.4e}");
    }
    let decimals = (5.0 - exponent).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// As [`human_number`]; `-` where there is no number.
pub fn human_number_or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_string(), human_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align() {
        let mut table = TextTable::new(&["name", ">entries"]);
        table.row(vec!["x".into(), "10".into()]);
        assert_eq!(table.lines(), ["name  entries", "x          10"]);
    }

    #[test]
    fn html_shows_what_was_written() {
        let mut table = TextTable::new(&["name", ">n"]);
        table.row(vec!["vector<float>".into(), "1".into()]);
        assert_eq!(table.n_rows(), 1);
        assert_eq!(
            table.to_html(),
            "<table><tr><th style=\"text-align:left\">name</th><th style=\"text-align:right\">n</th></tr>\
             <tr><td style=\"text-align:left\">vector&lt;float&gt;</td><td style=\"text-align:right\">1</td></tr></table>"
        );
    }

    #[test]
    fn sizes_and_numbers() {
        let sizes: Vec<String> =
            [0, 999, 1000, 217_945, 1_500_000_000].into_iter().map(human_bytes).collect();
        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "218 kB", "1.5 GB"]);
        let numbers: Vec<String> =
            [0.0, 3.0, -2.718_25, 1.0e-9, 123_456.75, f64::NAN].into_iter().map(human_number).collect();
        assert_eq!(numbers, ["0", "3", "-2.71825", "1.0000e-9", "123457", "NaN"]);
    }
}
