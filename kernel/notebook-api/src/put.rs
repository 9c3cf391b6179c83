//! Handing columns and tables back to the notebook.

use crate::{Error, IntoTable, Shown, channel, store};

/// Hands a table, or a column as a table of its own name, to the notebook, where magics and later cells see it; one
/// of that name is replaced.
///
/// # Errors
/// [`Error::BadTable`] when columns do not fit together, [`Error::NoStore`] outside the kernel, [`Error::Io`] when
/// shared memory is full.
pub fn put<'a>(name: &str, table: impl IntoTable<'a>) -> Result<Shown, Error> {
    store::write_table(&store::store_folder()?, name, &table.into_table(name))?;
    channel::send_put(name);
    Ok(Shown(()))
}
