//! A sample: files of one process, read as one.

use super::{FileStamp, MemoryGuard, TablesOfSample};
use crate::magic::MagicError;
use byte_source::FileOpener;
use event_columns::{CachedTable, EventTable};
use event_selection::Expression;
use root_file::RootFile;
use std::path::Path;
use std::sync::Arc;
use training_pipeline::{name_list, open_root, open_table};

/// What was said about a sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleWish {
    /// Its name; from the first file where absent.
    pub name: Option<String>,
    /// Files; `*` and `?` stand for letters.
    pub files: Vec<String>,
    /// Path of the tree; where absent the only one, one called `Events`, or the longest.
    pub tree: Option<String>,
    /// What a model should learn to say of it; the name where absent.
    pub label: Option<String>,
    /// Weight of an event, an expression.
    pub weight: Option<String>,
    /// Colour in pictures, `#rrggbb`.
    pub colour: Option<String>,
    /// Whether these are measured events: drawn as points, never trained on.
    pub is_data: bool,
    /// Bytes of decoded branches that are kept in memory.
    pub memory_budget_bytes: usize,
}

/// Open files of one process.
#[derive(Clone)]
pub struct Sample {
    /// Its name.
    pub name: String,
    /// The files as they were found.
    pub files: Vec<String>,
    /// Path of the tree; empty for table files.
    pub tree: String,
    /// What a model should learn to say of it.
    pub label: String,
    /// Weight of an event.
    pub weight: Option<Expression>,
    /// Colour in pictures.
    pub colour: Option<String>,
    /// Whether these are measured events.
    pub is_data: bool,
    /// Branches that Rust cells have handed back.
    pub added: Vec<String>,
    /// One table for each file, in order.
    pub tables: Vec<Arc<dyn EventTable>>,
    /// What each file was when it was opened.
    pub stamps: Vec<Option<FileStamp>>,
}

impl Sample {
    /// Opens the files and finds the tree.
    ///
    /// # Errors
    /// A file cannot be read, has no tree, or the weight is no expression over its branches.
    pub fn open(wish: &SampleWish, opener: &FileOpener) -> Result<Self, MagicError> {
        let input = |error: training_pipeline::PipelineError| MagicError::input(&error);
        let files = name_list::expand(&wish.files, opener).map_err(input)?;
        let first = files.first().ok_or_else(|| {
            MagicError::new("InputError", "no file was named")
                .advise("Write NAME=FILE; * and ? stand for letters of a file name.")
        })?;
        let tree = match &wish.tree {
            Some(tree) => tree.clone(),
            None => suitable_tree(first, opener)?,
        };
        let open = |file: &String| -> Result<Arc<dyn EventTable>, MagicError> {
            let table = open_table(file, &tree, None, "", opener).map_err(input)?;
            let share = wish.memory_budget_bytes / files.len();
            Ok(Arc::new(CachedTable::new(table, share)))
        };
        let stamps = files.iter().map(|file| FileStamp::of(file)).collect();
        let tables = files.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let name = wish.name.clone().unwrap_or_else(|| stem(first));
        let weight = wish.weight.as_deref().map(Expression::parse).transpose();
        let weight = weight.map_err(|error| MagicError::expression(&error))?;
        Ok(Self {
            label: wish.label.clone().unwrap_or_else(|| name.clone()),
            name,
            files,
            tree,
            weight,
            colour: wish.colour.clone(),
            is_data: wish.is_data,
            added: Vec::new(),
            tables,
            stamps,
        })
    }

    /// Whether the session's cuts and new branches hold for it: answers of SQL and of Rust cells are taken as they are.
    pub fn is_selected(&self) -> bool {
        !self.files.is_empty()
    }

    /// Refuses files that were replaced since they were opened.
    ///
    /// # Errors
    /// The first such file.
    pub fn check_files(&self) -> Result<(), MagicError> {
        self.files.iter().zip(&self.stamps).try_for_each(|(file, then)| FileStamp::check(*then, file))
    }

    /// Its name and its tables.
    pub(crate) fn named_tables(&self) -> TablesOfSample<'_> {
        (&self.name, &self.tables)
    }

    /// Number of events in all files.
    pub fn n_entries(&self) -> u64 {
        self.tables.iter().map(|table| table.info().n_entries).sum()
    }
}

/// Asks for the memory of table files (CSV, JSON lines, Arrow, Parquet), which are read whole; trees are not. Texts of
/// numbers take about as much as the numbers, and compressed ones several times that.
///
/// # Errors
/// They would go over the limit of this server.
pub(crate) fn memory_of_table_files(
    memory: &MemoryGuard,
    files: &[String],
    opener: &FileOpener,
) -> Result<Option<String>, MagicError> {
    // A pattern that cannot be expanded is said by what opens it.
    let files = name_list::expand(files, opener).unwrap_or_default();
    let size = |file: &String| -> Option<u64> {
        table_file::Format::from_path(Path::new(file))?;
        let is_packed = Path::new(file).extension().is_none_or(|end| end != "csv" && end != "jsonl");
        let n_bytes = match opener.afar(file) {
            Some(afar) => afar.facts(file).ok()?.size_bytes,
            None => std::fs::metadata(file).ok()?.len(),
        };
        Some(n_bytes.saturating_mul(if is_packed { 6 } else { 2 }))
    };
    let n_bytes = files.iter().filter_map(size).fold(0, u64::saturating_add);
    memory.ask(n_bytes, &format!("reading {}", files.join(", ")))
}

/// The name of a file without folder and extension.
fn stem(file: &str) -> String {
    Path::new(file).file_stem().map_or_else(|| file.to_string(), |stem| stem.to_string_lossy().into_owned())
}

/// What a file without a tree holds instead.
fn no_tree(file: &str, root: &RootFile) -> MagicError {
    let tuples: Vec<&str> =
        root.entries().iter().filter(|entry| entry.is_rntuple()).map(|entry| entry.path.as_str()).collect();
    if tuples.is_empty() {
        return MagicError::new("NoTree", format!("{file} holds no tree"))
            .advise(format!("%open {file} --keys lists what it holds."));
    }
    let message = format!(
        "{file} holds no tree but the RNTuple {}, a newer format that is not read yet",
        tuples.join(", ")
    );
    MagicError::new("RNTuple", message).advise(
        "Write it as a tree with ROOT: RDataFrame(\"NAME\", \"FILE\").Snapshot(\"Events\", \"tree.root\").",
    )
}

/// The tree that a user most likely means; empty for files that hold one table.
fn suitable_tree(file: &str, opener: &FileOpener) -> Result<String, MagicError> {
    let is_here = opener.afar(file).is_some() || Path::new(file).is_file();
    if !is_here || table_file::Format::from_path(Path::new(file)).is_some() {
        return Ok(String::new());
    }
    let root = open_root(file, opener).map_err(|error| MagicError::input(&error))?;
    let mut names: Vec<String> = root.trees().map(|entry| entry.path.clone()).collect();
    names.dedup();
    match names.as_slice() {
        [] => Err(no_tree(file, &root)),
        [only] => Ok(only.clone()),
        _ if names.iter().any(|name| name == "Events") => Ok("Events".to_string()),
        _ => {
            let length = |name: &String| root.tree(name).map_or(0, |tree| tree.n_entries());
            let longest = names.iter().max_by_key(|name| length(name));
            Ok(longest.cloned().unwrap_or_default())
        }
    }
}
