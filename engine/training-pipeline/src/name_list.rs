//! Lists of names as the original takes them: a text file with one a line, or one text with commas.

use std::path::Path;

/// The entries of a text with one name a line; empty lines and lines that start with `#` are skipped.
pub fn lines(text: &str) -> Vec<String> {
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    names.map(str::to_string).collect()
}

/// The entries of a text with commas; spaces around names and empty names are dropped.
pub fn commas(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect()
}

/// Reads the list from the file that `said` names, else takes `said` itself as a list with commas.
///
/// A data file such as `a.root` is a list of one, not a text file of names.
///
/// # Errors
/// The file's own error when it exists and cannot be read as text.
pub fn read(said: &str) -> std::io::Result<Vec<String>> {
    let path = Path::new(said);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    let is_data = ["root", "csv", "json", "jsonl", "parquet", "gz", "bz2"].contains(&extension);
    if !is_data && path.is_file() {
        return Ok(lines(&std::fs::read_to_string(path)?));
    }
    Ok(commas(said))
}

/// Whether a name fits a pattern in which `*` stands for any text.
pub fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(tail) = name.strip_prefix(start) else { return false };
    (0..=tail.len())
        .filter(|position| tail.is_char_boundary(*position))
        .any(|position| fits(rest, &tail[position..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        assert_eq!(lines("a.root\n# no\n\n b.root \n"), ["a.root", "b.root"]);
        assert_eq!(commas("0, 1,"), ["0", "1"]);
        assert_eq!(read("nowhere.txt").unwrap(), ["nowhere.txt"]);
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("Jet_*", "Jet_pt", true),
            ("Jet_*", "FatJet_pt", false),
            ("*_pt", "Jet_pt", true),
            ("*et*t", "Jet_pt", true),
            ("Jet_pt", "Jet_pt", true),
            ("Jet", "Jet_pt", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
