//! The files by which kernel and cells hand each other tables.
//!
//! A folder under shared memory holds one file for each table, `NAME.m4ht`, where bytes of the name other than ASCII
//! letters, digits, `-` and `_` are written as `%XX`. A file is written beside and renamed, and never changed
//! afterwards: who has mapped it keeps its values when the table is replaced or removed.
//!
//! # Layout, version 1, little-endian
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..8 | `M4HTABLE` |
//! | 8..12 | version, `u32` |
//! | 12..16 | number of columns, `u32` |
//! | 16..24 | number of events, `u64` |
//! | 24..32 | length of the directory in bytes, `u64` |
//! | 32..40 | length of the file in bytes, `u64` |
//! | 40..64 | zero |
//! | 64.. | the directory: for each column its name (`u32` length, UTF-8), type (`u8`, [`PrimitiveType::ALL`] from 1), shape (`u8`: 0 flat or fixed, 1 jagged, 2 text), width (`u32`), number of values (`u64`), position of the values (`u64`), position of the offsets (`u64`, 0 where there are none) |
//! | then | the buffers, each at a multiple of 64 bytes, as Arrow lays them out |
//!
//! Values are plain arrays, bools one byte each (Arrow's `bool8`); offsets are `i64`, one more than there are events,
//! and count elements of `width` values each. There are no missing values: events have none.
//!
//! [`PrimitiveType::ALL`]: crate::PrimitiveType::ALL

mod folder;
mod layout;
mod map;
mod write;

use std::path::Path;

pub use folder::{STORE_VARIABLE, remove_table, store_folder, table_names};
pub(crate) use layout::{ColumnLayout, Layout};
pub(crate) use map::MappedFile;
pub use write::write_table;

use crate::{Error, Table};

/// Opens the table `name` of the store at `folder`.
///
/// # Errors
/// [`Error::NoTable`] with the nearest names, [`Error::BadFile`] for a file of another version or a damaged one.
pub fn open_table(folder: &Path, name: &str) -> Result<Table, Error> {
    let path = folder::table_path(folder, name)
        .map_err(|reason| Error::BadTable { table: name.to_string(), reason })?;
    match MappedFile::open(&path) {
        Ok(file) => Table::new(name, &path, file),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            let names = table_names(folder)?;
            let nearest = crate::nearest::nearest_names(name, names.iter().map(String::as_str));
            Err(Error::NoTable { name: name.to_string(), nearest, n_tables: names.len() })
        }
        Err(source) => Err(Error::Io { attempted: "map", path, source }),
    }
}
