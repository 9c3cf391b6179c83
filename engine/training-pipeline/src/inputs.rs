//! Opens the input files: local first, then with the redirector in front, as the original does.

use crate::{OpenedTables, Parameters, PipelineError, name_list};
use byte_source::FileOpener;
use event_columns::{EventTable, TableInfo};
use root_file::{Place, RootFile, RootFileError};
use std::path::Path;
use std::sync::Arc;
use table_file::{Format, TableFile};

/// An open input: the table and the branches of it that may be used.
#[derive(Clone)]
pub struct Input {
    /// The file as the user named it.
    pub file: String,
    /// The table.
    pub table: Arc<dyn EventTable>,
    /// Positions of the branches that `selected_branches` and `exclude_branches` leave, and that can be read.
    pub branches: Vec<usize>,
    /// Names that were left out by these two.
    pub excluded: Vec<String>,
    /// Branches that cannot be read, each with the reason.
    pub unreadable: Vec<String>,
}

/// Whether a name is that of a ROOT file.
pub fn is_root_name(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("root"))
}

/// Most bytes of a table file afar; it is read whole.
const MOST_TABLE_BYTES: u64 = 16 << 30;

/// Opens one file: a ROOT tree, or a table file where the name or `format` says so.
///
/// # Errors
/// [`PipelineError::Remote`] for a name that only exists where the opener does not reach, else [`PipelineError::Input`].
pub fn open_table(
    file: &str,
    tree: &str,
    format: Option<Format>,
    redirector: &str,
    opener: &FileOpener,
) -> Result<Arc<dyn EventTable>, PipelineError> {
    let problem = |cause| PipelineError::Input { file: file.to_string(), cause };
    let is_root = format.is_none() && Format::from_path(Path::new(file)).is_none();
    if opener.afar(file).is_some() {
        return if is_root { open_tree(file, tree, opener) } else { open_table_afar(file, format, opener) };
    }
    if file.contains("://") {
        return Err(PipelineError::Remote { address: file.to_string() });
    }
    if !redirector.is_empty() && !Path::new(file).exists() {
        return Err(PipelineError::Remote { address: format!("{redirector}/{file}") });
    }
    if Path::new(file).is_dir() {
        let advice = name_list::folder_advice(file);
        return Err(problem(std::io::Error::new(std::io::ErrorKind::IsADirectory, advice).into()));
    }
    if is_root {
        return open_tree(file, tree, opener);
    }
    let table = TableFile::open(file, format).map_err(|cause| problem(Box::new(cause)))?;
    Ok(Arc::new(table))
}

fn open_tree(file: &str, tree: &str, opener: &FileOpener) -> Result<Arc<dyn EventTable>, PipelineError> {
    let problem = |cause| PipelineError::Input { file: file.to_string(), cause };
    let tree = open_root(file, opener).and_then(|root| root.tree(tree));
    Ok(Arc::new(tree.map_err(|cause| problem(Box::new(cause)))?))
}

fn open_table_afar(
    file: &str,
    format: Option<Format>,
    opener: &FileOpener,
) -> Result<Arc<dyn EventTable>, PipelineError> {
    let problem = |cause| PipelineError::Input { file: file.to_string(), cause };
    let bytes = opener.read(file, MOST_TABLE_BYTES).map_err(|cause| problem(Box::new(cause)))?;
    let table = TableFile::from_bytes(file, bytes, format).map_err(|cause| problem(Box::new(cause)))?;
    Ok(Arc::new(table))
}

/// Opens a ROOT file, wherever it lies.
///
/// # Errors
/// As [`RootFile::open`].
pub fn open_root(file: &str, opener: &FileOpener) -> Result<RootFile, RootFileError> {
    match opener.afar(file) {
        Some(afar) => {
            let place = Place { file: file.to_string(), ..Place::default() };
            let source = afar.open(file);
            RootFile::open_source(
                source.map_err(|cause| RootFileError::Source { place: Box::new(place), cause })?,
            )
        }
        None => RootFile::open(file),
    }
}

/// Opens all files but those that are open already; every one that fails is named, not only the first.
///
/// # Errors
/// [`PipelineError::Inputs`] with one sentence for each file that cannot be opened.
pub fn open_all(
    files: &[String],
    opened: &OpenedTables,
    parameters: &Parameters,
    format: Option<Format>,
    opener: &FileOpener,
) -> Result<Vec<Input>, PipelineError> {
    let mut inputs = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let opened = opened.0.get(file).map(|table| Ok(Arc::clone(table)));
        let open = || open_table(file, &parameters.tree, format, &parameters.redirector, opener);
        match opened.unwrap_or_else(open) {
            Ok(table) => inputs.push(choose_branches(file, table, parameters)?),
            Err(error) => problems.push(error),
        }
    }
    match problems.len() {
        0 => Ok(inputs),
        1 => Err(problems.remove(0)),
        _ => Err(PipelineError::Inputs { problems: problems.iter().map(ToString::to_string).collect() }),
    }
}

fn choose_branches(
    file: &str,
    table: Arc<dyn EventTable>,
    parameters: &Parameters,
) -> Result<Input, PipelineError> {
    let info = table.info();
    // A table file without rows has no branches that could be missed.
    if info.n_entries > 0 {
        check_patterns(info, &parameters.selected_branches)?;
    }
    let (selected, excluded_patterns) = (&parameters.selected_branches, &parameters.excluded_branches);
    let fits =
        |patterns: &[String], name: &str| patterns.iter().any(|pattern| name_list::fits(pattern, name));
    let needed = |name: &str| {
        parameters.identifier.iter().any(|id| id == name) || parameters.weight_branch.as_deref() == Some(name)
    };
    let (mut branches, mut excluded, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    for (position, branch) in info.branches.iter().enumerate() {
        let is_wanted = if selected.is_empty() {
            !fits(excluded_patterns, &branch.name)
        } else {
            fits(selected, &branch.name)
        };
        match &branch.column_type {
            _ if !is_wanted && !needed(&branch.name) => excluded.push(branch.name.to_string()),
            Err(reason) => unreadable.push(format!("{} ({}): {reason}", branch.name, branch.type_name)),
            Ok(_) => branches.push(position),
        }
    }
    Ok(Input { file: file.to_string(), table, branches, excluded, unreadable })
}

/// A selected branch without `*` that the file lacks is a slip; a pattern may fit nothing in some files.
fn check_patterns(info: &TableInfo, patterns: &[String]) -> Result<(), PipelineError> {
    for pattern in patterns.iter().filter(|pattern| !pattern.contains('*')) {
        info.find(pattern)
            .map_err(|cause| PipelineError::Input { file: info.source.clone(), cause: Box::new(cause) })?;
    }
    Ok(())
}
