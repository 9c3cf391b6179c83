//! Pictures for a terminal: bars of block characters and aligned tables.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws counts as one line of at most `width` block characters, for a tooltip or a table: from the smallest of zero and
/// all counts to the largest; a blank for zero and for what is not finite. More counts than the width are joined in
/// groups of equal size, the largest of each group counting. Nothing for a width of zero.
///
/// ```
/// assert_eq!(plots::sparkline(&[0.0, 1.0, 4.0, 8.0], 20), " ▁▄█");
/// ```
pub fn sparkline_of_width(values: &[f64], width: usize) -> String {
    if width == 0 {
        return String::new();
    }
    let group = values.len().div_ceil(width).max(1);
    let finite = |value: &f64| if value.is_finite() { *value } else { 0.0 };
    let grouped: Vec<f64> = values
        .chunks(group)
        .map(|chunk| chunk.iter().map(finite).fold(f64::NEG_INFINITY, f64::max))
        .collect();
    let low = grouped.iter().copied().fold(0.0, f64::min);
    let high = grouped.iter().copied().fold(0.0, f64::max);
    let block = |value: f64| {
        if value == 0.0 || high <= low {
            return ' ';
        }
        let place = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) * 8.0;
        BLOCKS[(place.ceil() as usize).clamp(1, 8) - 1]
    };
    grouped.into_iter().map(block).collect()
}

/// A line of at most 72 blocks.
pub(crate) fn sparkline(values: &[f64]) -> String {
    sparkline_of_width(values, 72)
}

/// A row of blocks whose full height is `largest`; negative values are blank.
pub(crate) fn block_row(row: &[f64], largest: f64) -> String {
    // The largest value is put behind the row to fix the scale, and cut off again.
    let mut line: Vec<f64> = row.iter().map(|value| value.max(0.0)).collect();
    let group = (line.len() + 1).div_ceil(72);
    line.resize(line.len().div_ceil(group) * group, 0.0);
    line.push(largest);
    let drawn = sparkline(&line);
    let shown = drawn.chars().count().saturating_sub(1);
    drawn.chars().take(shown).collect()
}

/// Rows of cells in columns two blanks apart: the first column to the left, the others to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width_of(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n_columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            let blanks = " ".repeat(width.saturating_sub(width_of(cell)));
            if column == 0 { format!("{cell}{blanks}") } else { format!("{blanks}{cell}") }
        });
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

/// How many places a text takes; combining marks take none.
fn width_of(text: &str) -> usize {
    text.chars().filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}')).count()
}

/// A number with about four significant digits, `-` for what is none.
pub(crate) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if !value.is_finite() {
        return "-".to_owned();
    }
    if magnitude != 0.0 && !(1e-3..1e7).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    if value.fract() == 0.0 {
        // Minus zero is zero to people.
        return format!("{:.0}", value + 0.0);
    }
    let digits_before = magnitude.log10().floor().max(0.0) as usize + 1;
    let text = format!("{value:.*}", 4_usize.saturating_sub(digits_before));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The same number for a label: powers of ten as such, and a real minus sign.
pub(crate) fn number_label(value: f64) -> String {
    let text = number(value);
    let Some((digits, power)) = text.split_once('e') else { return text.replacen('-', "−", 1) };
    let digits = digits.trim_end_matches('0').trim_end_matches('.').replacen('-', "−", 1);
    let factor = if digits == "1" { String::new() } else { format!("{digits}×") };
    format!("{factor}10$^{{{power}}}$")
}

#[cfg(test)]
mod tests {
    use super::{number, number_label, sparkline, table};

    #[test]
    fn sparklines() {
        assert_eq!(sparkline(&[0.0, 1.0, 4.0, 8.0]), " ▁▄█");
        assert_eq!(sparkline(&[-1.0, 1.0]), "▁█");
        assert_eq!(sparkline(&[f64::NAN, 0.0]), "  ");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[1.0; 200]).chars().count(), 67);
        assert_eq!(super::sparkline_of_width(&[1.0, 2.0, 8.0, 4.0, 0.0], 3), "▂█ ");
        assert_eq!(super::sparkline_of_width(&[1.0], 0), "");
        assert_eq!(sparkline(&[f64::MAX, f64::MIN]), "█▁");
    }

    #[test]
    fn numbers() {
        let cases =
            [(0.0, "0"), (-0.0, "0"), (-3.0, "-3"), (1.5, "1.5"), (0.123_456, "0.123"), (1e9, "1.00e9")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(f64::NAN), "-");
        assert_eq!(number_label(-1.5e-9), "−1.5×10$^{-9}$");
        assert_eq!((number_label(1e8), number_label(-2.0)), ("10$^{8}$".to_owned(), "−2".to_owned()));
    }

    #[test]
    fn tables_are_aligned() {
        let rows = [vec!["pt".to_owned(), "1".to_owned()], vec!["mass".to_owned(), "10".to_owned()]];
        assert_eq!(table(&rows), "pt     1\nmass  10\n");
    }
}
