//! Lists of names as the original takes them: a text file with one a line, or one text with commas.

use crate::PipelineError;
use byte_source::{FileOpener, NameAfar};
use std::io::{Error, ErrorKind, Read};
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

/// Reads the list from the file that `said` names, here or afar, else takes `said` itself as a list with commas.
///
/// A data file such as `a.root` is a list of one, not a text file of names.
///
/// # Errors
/// The file's own error when it exists and cannot be read as text.
pub fn read(said: &str, opener: &FileOpener) -> std::io::Result<Vec<String>> {
    let path = Path::new(said);
    let is_afar = opener.afar(said).is_some() && commas(said).len() == 1 && !has_pattern(said);
    if !is_data(path) && (is_afar || path.is_file()) {
        return Ok(lines(&opener.read_text_of(path)?));
    }
    Ok(commas(said))
}

/// Reads the list of input files as [`read`] does, and replaces each name whose last part has `*` or `?` by the
/// files that fit it, in order of their names. `is_table` says that the format of the files was given: then a file whose
/// name does not tell its format and that does not list files is itself the data.
///
/// # Errors
/// [`PipelineError::File`] for a list that does not exist or cannot be read, and for a folder;
/// [`PipelineError::Input`] for a pattern that no file fits.
pub fn read_files(said: &str, is_table: bool, opener: &FileOpener) -> Result<Vec<String>, PipelineError> {
    let path = Path::new(said);
    let problem = |cause: Error| PipelineError::File { action: "read", path: path.to_path_buf(), cause };
    let is_one = commas(said).len() == 1 && !said.contains("://") && !has_pattern(said);
    if is_one && path.is_dir() {
        return Err(problem(Error::new(ErrorKind::IsADirectory, folder_advice(said))));
    }
    if is_one && !is_data(path) && !path.exists() {
        return Err(problem(Error::new(ErrorKind::NotFound, "this list of input files does not exist")));
    }
    if is_one && is_table && !is_data(path) && !lists_files(path).map_err(problem)? {
        return Ok(vec![said.to_string()]);
    }
    expand(&read(said, opener).map_err(problem)?, opener)
}

/// Whether the first line of a text that is no comment names a file.
fn lists_files(path: &Path) -> std::io::Result<bool> {
    const MOST_BYTES: u64 = 64 << 10;
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(MOST_BYTES).read_to_end(&mut start)?;
    let first = lines(&String::from_utf8_lossy(&start)).into_iter().next();
    let names_a_file =
        |name: &String| is_data(Path::new(name)) || has_pattern(name) || Path::new(name).exists();
    Ok(first.as_ref().is_some_and(names_a_file))
}

/// Replaces each name whose last part has `*` or `?` by the files that fit it, in order of their names.
///
/// # Errors
/// [`PipelineError::Input`] for a pattern that no file fits, and for a folder that cannot be listed.
pub fn expand(names: &[String], opener: &FileOpener) -> Result<Vec<String>, PipelineError> {
    let mut files = Vec::new();
    for name in names {
        if opener.afar(name).is_some() && has_pattern(name) {
            files.extend(fitting_files_afar(name, opener)?);
            continue;
        }
        if name.contains("://") || !has_pattern(name) || Path::new(name).exists() {
            files.push(name.clone());
            continue;
        }
        let problem = |cause: Error| PipelineError::Input { file: name.clone(), cause: Box::new(cause) };
        let fitting = fitting_files(name).map_err(problem)?;
        if fitting.is_empty() {
            return Err(problem(Error::new(ErrorKind::NotFound, "no file fits this pattern")));
        }
        files.extend(fitting);
    }
    Ok(files)
}

/// What to give in place of a folder.
pub(crate) fn folder_advice(name: &str) -> String {
    format!("it is a folder; name its files, such as '{}/*.root'", name.trim_end_matches('/'))
}

fn fitting_files(name: &str) -> std::io::Result<Vec<String>> {
    let (folder, pattern) = match name.rsplit_once('/') {
        Some((folder, pattern)) => (format!("{folder}/"), pattern),
        None => (String::new(), name),
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(if folder.is_empty() { "." } else { &folder })? {
        let found = entry?.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}{found}");
        // As in a shell, a hidden file is only meant where the pattern says so.
        let is_hidden = found.starts_with('.') && !pattern.starts_with('.');
        if !is_hidden && fits(pattern, &found) && Path::new(&path).is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn fitting_files_afar(name: &str, opener: &FileOpener) -> Result<Vec<String>, PipelineError> {
    let problem = |cause| PipelineError::Input { file: name.to_string(), cause };
    let (folder, pattern) = name.rsplit_once('/').unwrap_or(("", name));
    let folder = format!("{folder}/");
    let Some(afar) = opener.afar(&folder) else { return Ok(vec![name.to_string()]) };
    let found = afar.names_in(&folder).map_err(|cause| problem(Box::new(cause)))?;
    let is_meant = |found: &NameAfar| {
        let is_hidden = found.name.starts_with('.') && !pattern.starts_with('.');
        !is_hidden && !found.is_folder && fits(pattern, &found.name)
    };
    let mut files: Vec<String> =
        found.iter().filter(|found| is_meant(found)).map(|found| format!("{folder}{}", found.name)).collect();
    files.sort();
    if files.is_empty() {
        return Err(problem(Box::new(Error::new(ErrorKind::NotFound, "no file fits this pattern"))));
    }
    Ok(files)
}

fn has_pattern(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| last.contains(['*', '?']))
}

fn is_data(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_lowercase();
    ["root", "csv", "json", "jsonl", "ndjson", "parquet", "pq", "gz", "bz2"].contains(&extension.as_str())
}

/// Whether a name fits a pattern in which `*` stands for any text and `?` for any letter.
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = letters.as_str();
            let mut starts = name.char_indices().map(|(start, _)| start).chain([name.len()]);
            starts.any(|start| fits(rest, &name[start..]))
        }
        Some(letter) => {
            let mut of_name = name.chars();
            let is_same = of_name.next().is_some_and(|other| letter == '?' || letter == other);
            is_same && fits(letters.as_str(), of_name.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        assert_eq!(lines("a.root\n# no\n\n b.root \n"), ["a.root", "b.root"]);
        assert_eq!(commas("0, 1,"), ["0", "1"]);
        assert_eq!(read("nowhere.txt", &FileOpener::local()).unwrap(), ["nowhere.txt"]);
    }

    #[test]
    fn lists_of_files() {
        let here = FileOpener::local();
        let said = |name: &str| read_files(name, false, &here).unwrap_err().to_string();
        assert!(said("nowhere.txt").contains("does not exist"));
        assert!(said("src").contains("it is a folder"));
        assert!(said("src/nowhere*.root").contains("no file fits"));
        assert_eq!(
            read_files("src/name_l*.rs,a.root", false, &here).unwrap(),
            ["src/name_list.rs", "a.root"]
        );
        assert_eq!(read_files("nowhere.root", false, &here).unwrap(), ["nowhere.root"]);
    }

    #[test]
    fn a_file_whose_name_tells_nothing_is_data_or_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let said = path.to_str().unwrap();
        let check = |text: &str, is_table: bool, expected: &[&str]| {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read_files(said, is_table, &FileOpener::local()).unwrap(), expected);
        };
        check("# my files\na.json\n", true, &["a.json"]);
        check("a.json\n", false, &["a.json"]);
        check(said, true, &[said]);
        check("{\"x\": 1}\n", true, &[said]);
        check("x,y\n1,2\n", true, &[said]);
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
            ("Jet_?t", "Jet_pt", true),
            ("Jet_?", "Jet_", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
