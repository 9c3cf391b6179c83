//! Handing columns and tables back to the notebook.

use crate::{Error, IntoTable, Shown, channel, store};

/// Hands a column back as a branch of a sample, in the order of the events that [`crate::table`] gives of it. It is there
/// for cuts, pictures and training as the branches of the files are; one of that name is hidden.
///
/// # Errors
/// As [`put`].
pub fn put_branch<'a>(sample: &str, branch: &str, column: impl IntoTable<'a>) -> Result<Shown, Error> {
    let table = format!("{sample}/{branch}");
    store::write_table(&store::store_folder()?, &table, &column.into_table(branch))?;
    channel::send_put_branch(&table, sample, branch);
    Ok(Shown(()))
}

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
