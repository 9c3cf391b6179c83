//! The folder of the store: names of tables and of their files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::Error;

/// The environment variable of a worker that names the folder.
pub const STORE_VARIABLE: &str = "MLAAS4HEP_STORE";

const EXTENSION: &str = ".m4ht";
/// File systems allow 255 bytes, of which the name while writing takes some.
const LONGEST_FILE_NAME: usize = 200;

/// The folder of tables that the kernel named.
///
/// # Errors
/// [`Error::NoStore`] outside the kernel.
pub fn store_folder() -> Result<PathBuf, Error> {
    std::env::var_os(STORE_VARIABLE).map(PathBuf::from).ok_or(Error::NoStore)
}

/// Names of the tables in `folder`, in alphabetical order. A folder that is not there holds none.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be read.
pub fn table_names(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |source| Error::Io { attempted: "list the tables in", path: folder.to_path_buf(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().to_str().and_then(table_name));
    }
    names.sort_unstable();
    Ok(names)
}

/// Removes the table `name`; whether there was one. Cells that have mapped it keep its values.
///
/// # Errors
/// [`Error::Io`] where the file cannot be removed, [`Error::BadTable`] for a name that no table may have.
pub fn remove_table(folder: &Path, name: &str) -> Result<bool, Error> {
    let path = table_path(folder, name).map_err(|reason| Error::BadTable { table: name.into(), reason })?;
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::Io { attempted: "remove", path, source }),
    }
}

/// Where the table `name` lies, or why no table may have that name.
pub(super) fn table_path(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let mut file_name = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            file_name.push(char::from(byte));
        } else {
            let _ = write!(file_name, "%{byte:02X}");
        }
    }
    if file_name.is_empty() {
        return Err("a table needs a name".to_string());
    }
    if file_name.len() > LONGEST_FILE_NAME {
        return Err(format!(
            "its name takes {} bytes, at most {LONGEST_FILE_NAME} are possible",
            file_name.len()
        ));
    }
    Ok(folder.join(file_name + EXTENSION))
}

/// The name of the table in a file of this name; `None` for other files.
fn table_name(file_name: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = file_name.strip_suffix(EXTENSION)?.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else if byte == b'.' {
            return None;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_from_their_files() {
        for name in ["ttH", "tt/H", "..", "événement 1%", "a.m4ht"] {
            let path = table_path(Path::new("/store"), name).unwrap();
            assert_eq!(path.parent(), Some(Path::new("/store")), "{name}");
            assert_eq!(table_name(path.file_name().unwrap().to_str().unwrap()).as_deref(), Some(name));
        }
        assert!(table_path(Path::new("/store"), "").is_err());
        assert!(table_path(Path::new("/store"), &"é".repeat(40)).is_err());
        for other in ["x.txt", ".x.m4ht", "%4.m4ht", "%zz.m4ht", ".m4ht", "%FF.m4ht"] {
            assert_eq!(table_name(other), None, "{other}");
        }
    }
}
