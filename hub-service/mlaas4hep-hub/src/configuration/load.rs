//! Reading the file.

use super::{ConfigurationError, Said};
use std::path::Path;

/// Largest configuration file in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Reads a configuration file; without one, everything has its default.
///
/// # Errors
/// A file that cannot be read, is too large, or is no TOML of the known keys: with line, column and what would do.
pub fn load(path: Option<&Path>) -> Result<Said, ConfigurationError> {
    let Some(path) = path else { return Ok(Said::default()) };
    let unreadable = |reason: String| ConfigurationError::Unreadable { path: path.to_owned(), reason };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(unreadable(format!("it has {size} bytes, and may have {MAX_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    toml::from_str(&text).map_err(|error| unreadable(error.to_string()))
}
