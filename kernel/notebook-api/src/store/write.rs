//! Writes a table: beside, then renamed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::folder::table_path;
use super::layout::{ALIGNMENT, ColumnLayout, Layout};
use crate::table_builder::PendingColumn;
use crate::{Error, Shape, TableBuilder};

/// Writes `table` under `name` into the store at `folder`, which is made if it is not there; a table of that name is
/// replaced.
///
/// # Errors
/// [`Error::BadTable`] when the columns do not fit together, [`Error::Io`] when the file cannot be written; nothing
/// is left behind then.
pub fn write_table(folder: &Path, name: &str, table: &TableBuilder<'_>) -> Result<PathBuf, Error> {
    let wrong = |reason| Error::BadTable { table: name.to_string(), reason };
    let path = table_path(folder, name).map_err(wrong)?;
    let n_events = table.checked_n_events().map_err(wrong)?;
    let (layout, file_length) = lay_out(n_events, table.columns());
    let failed = |source| Error::Io { attempted: "write", path: path.clone(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let beside = beside(&path);
    let written = write_file(&beside, &layout.to_bytes(file_length), &layout, table.columns())
        .and_then(|()| std::fs::rename(&beside, &path));
    if let Err(source) = written {
        let _ = std::fs::remove_file(&beside);
        return Err(failed(source));
    }
    Ok(path)
}

/// A name that no other writer uses, and that is no table's.
fn beside(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{file_name}.{}.{number}", std::process::id()))
}

/// Gives each buffer its place; also the length of the file.
fn lay_out(n_events: usize, columns: &[PendingColumn<'_>]) -> (Layout, u64) {
    let mut layout = Layout {
        n_events,
        columns: columns
            .iter()
            .map(|column| ColumnLayout {
                name: column.name.clone(),
                primitive: column.primitive,
                shape: column.shape,
                values: 0..0,
                offsets: None,
                inner_offsets: None,
            })
            .collect(),
    };
    let mut end = Layout::directory_end(&layout.columns);
    let mut place = |length: usize| {
        let start = end.next_multiple_of(ALIGNMENT);
        end = start + length as u64;
        start as usize..end as usize
    };
    for (column, pending) in layout.columns.iter_mut().zip(columns) {
        column.values = place(pending.pieces.iter().map(|piece| piece.bytes().len()).sum());
        if matches!(column.shape, Shape::Jagged { .. } | Shape::DoublyJagged { .. } | Shape::Text) {
            column.offsets = Some(place(pending.offsets.len() * 8));
        }
        if matches!(column.shape, Shape::DoublyJagged { .. }) {
            column.inner_offsets = Some(place(pending.inner_offsets.len() * 8));
        }
    }
    (layout, end)
}

fn write_file(path: &Path, head: &[u8], layout: &Layout, columns: &[PendingColumn<'_>]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(head)?;
    let mut at = head.len();
    let mut pad_to = |file: &mut File, range: &std::ops::Range<usize>| {
        let padding = [0; ALIGNMENT as usize];
        file.write_all(&padding[..range.start - at])?;
        at = range.end;
        io::Result::Ok(())
    };
    for (column, pending) in layout.columns.iter().zip(columns) {
        pad_to(&mut file, &column.values)?;
        for piece in &pending.pieces {
            file.write_all(piece.bytes())?;
        }
        if let Some(offsets) = &column.offsets {
            pad_to(&mut file, offsets)?;
            file.write_all(crate::primitive::bytes_of(&pending.offsets))?;
        }
        if let Some(offsets) = &column.inner_offsets {
            pad_to(&mut file, offsets)?;
            file.write_all(crate::primitive::bytes_of(&pending.inner_offsets))?;
        }
    }
    Ok(())
}
