//! Files that are listed twice, under whatever names.

use crate::PipelineError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The first two names of the list that are one file; its events would count twice. Of a name that is no file here,
/// such as that of an open table, only the name counts.
fn listed_twice(files: &[String]) -> Option<(&str, &str)> {
    let mut seen: BTreeMap<PathBuf, &str> = BTreeMap::new();
    for file in files {
        let path = Path::new(file).canonicalize().unwrap_or_else(|_| PathBuf::from(file));
        if let Some(first) = seen.insert(path, file) {
            return Some((first, file));
        }
    }
    None
}

/// Refuses a list with the same file twice.
///
/// # Errors
/// [`PipelineError::Settings`] with the names of the file.
pub fn need_each_once(files: &[String]) -> Result<(), PipelineError> {
    let problem = match listed_twice(files) {
        None => return Ok(()),
        Some((first, second)) if first == second => {
            format!("{first} is listed twice; list every file once")
        }
        Some((first, second)) => {
            format!(
                "{first} and {second} are the same file, whose events would count twice; list every file once"
            )
        }
    };
    Err(PipelineError::Settings { problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_file_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let name = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(name("a.root"), "").unwrap();
        std::fs::write(name("b.root"), "").unwrap();
        std::fs::create_dir(name("sub")).unwrap();
        let check = |files: &[String], expected: Option<(usize, usize)>| {
            let expected = expected.map(|(first, second)| (files[first].as_str(), files[second].as_str()));
            assert_eq!(listed_twice(files), expected, "{files:?}");
        };
        check(&[name("a.root"), name("b.root")], None);
        check(&[name("a.root"), name("b.root"), name("sub/../a.root")], Some((0, 2)));
        check(&["nowhere".into(), "nowhere".into()], Some((0, 1)));
        check(&["nowhere".into(), "elsewhere".into()], None);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(name("b.root"), name("link.root")).unwrap();
            check(&[name("b.root"), name("link.root")], Some((0, 1)));
        }
    }
}
