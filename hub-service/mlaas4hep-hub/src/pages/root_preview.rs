//! What lies in a ROOT file, and the histogram of one branch: in bounded time, from bytes that nobody vouches for.

use std::{collections::BTreeMap, sync::Arc};

use branch_specs::{SpecsBuilder, SpecsMode};
use byte_source::ByteSource;
use event_columns::{EventTable, read_chunk};
use hub_pages::{BranchRow, Measured, OtherObject, RootPreview, TreePreview};
use plots::{ExperimentLabel, Style};
use root_file::{FileEntry, RootFile, RootFileError, RootTree};

use super::bounded_source::{BoundedSource, PreviewLimits};

/// Decoded bytes of the entries that are measured between two looks at the clock.
const STEP_BYTES: u64 = 8 << 20;

/// Why there is no histogram.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The file or the tree.
    #[error(transparent)]
    File(#[from] RootFileError),
    /// The branch.
    #[error(transparent)]
    Branch(#[from] event_columns::ReadError),
    /// Its numbers.
    #[error(transparent)]
    Numbers(#[from] branch_specs::SpecsError),
    /// Nothing that a histogram could show.
    #[error("branch `{branch}` holds no finite numbers in its first {n_entries} entries")]
    NothingToDraw {
        /// The branch.
        branch: String,
        /// Entries that were looked at.
        n_entries: u64,
    },
}

fn open<S: ByteSource + 'static>(
    source: S,
    limits: PreviewLimits,
) -> Result<(RootFile, Arc<BoundedSource<S>>), RootFileError> {
    let bounded = Arc::new(BoundedSource::new(source, limits));
    let shared: Arc<dyn ByteSource> = Arc::<BoundedSource<S>>::clone(&bounded);
    Ok((RootFile::open_source_with_budget(shared, limits.most_object_bytes)?, bounded))
}

/// The newest of the cycles of each object, in the order of the file.
fn newest(file: &RootFile) -> Vec<&FileEntry> {
    let mut cycles: BTreeMap<&str, i16> = BTreeMap::new();
    for entry in file.entries() {
        let newest = cycles.entry(&entry.path).or_insert(entry.cycle);
        *newest = entry.cycle.max(*newest);
    }
    file.entries().iter().filter(|entry| cycles.get(&*entry.path) == Some(&entry.cycle)).collect()
}

/// Trees, branches and other objects. A tree that cannot be read says why; the others stay readable.
///
/// # Errors
/// A file that is no ROOT file or is damaged at its start.
pub fn list<S: ByteSource + 'static>(source: S, limits: PreviewLimits) -> Result<RootPreview, PreviewError> {
    let (file, _) = open(source, limits)?;
    let objects = newest(&file);
    let (trees, others): (Vec<&FileEntry>, Vec<&FileEntry>) =
        objects.into_iter().partition(|entry| entry.is_tree());
    let is_shown = |entry: &&&FileEntry| !entry.class_name.starts_with("TDirectory");
    let n_others = others.iter().filter(is_shown).count();
    let others: Vec<OtherObject> = others
        .iter()
        .filter(is_shown)
        .take(limits.most_objects)
        .map(|entry| OtherObject { name: entry.path.clone(), class_name: entry.class_name.clone() })
        .collect();
    let shown_trees: Vec<TreePreview> = trees
        .iter()
        .take(limits.most_trees)
        .map(|entry| TreePreview {
            name: entry.path.clone(),
            content: file
                .tree(&entry.key_name())
                .map(|tree| measured(&tree, limits))
                .map_err(|error| error.to_string()),
        })
        .collect();
    let n_hidden = (n_others - others.len() + trees.len() - shown_trees.len()) as u64;
    Ok(RootPreview { trees: shown_trees, others, n_hidden, chosen: None })
}

fn measured(tree: &RootTree, limits: PreviewLimits) -> Measured {
    let info = tree.info();
    let branches = info.branches.iter().take(limits.most_branches).map(|branch| BranchRow {
        name: branch.name.to_string(),
        type_name: branch.type_name.clone(),
        kind: branch.column_type.as_ref().map(event_columns::ColumnType::kind).map_err(Clone::clone),
        stored_bytes: branch.stored_bytes,
    });
    Measured {
        n_entries: info.n_entries,
        branches: branches.collect(),
        n_branches: info.branches.len() as u64,
    }
}

/// The histogram of a branch as SVG, of as many events from the first on as the limits allow; the picture says how many.
///
/// # Errors
/// What is broken, no such tree or branch, a branch without numbers, limits reached before any event was read.
pub fn histogram_svg<S: ByteSource + 'static>(
    source: S,
    tree: &str,
    branch: &str,
    limits: PreviewLimits,
) -> Result<String, PreviewError> {
    let (file, bounded) = open(source, limits)?;
    let tree = file.tree(tree)?;
    let position = tree.find(branch)?;
    let name = tree.info().branches[position].name.to_string();
    let builder = SpecsBuilder::new(&tree.info().readable_among(&[position]), SpecsMode::Full);
    let n_entries = tree.n_entries();
    let step = tree.entries_per_chunk(&[position], STEP_BYTES.min(limits.most_decoded_bytes));
    let most = tree.entries_per_chunk(&[position], limits.most_decoded_bytes);
    let mut done = 0;
    while done < most {
        match read_chunk(&tree, &[position], done..(done + step).min(n_entries)) {
            Ok(chunk) => builder.add_chunk(&chunk)?,
            // What came before is worth showing, where a limit was reached.
            Err(_) if done > 0 && bounded.is_late() => break,
            Err(error) => return Err(error.into()),
        }
        done = (done + step).min(n_entries);
        if bounded.is_late() {
            break;
        }
    }
    let specs = builder.finish(tree.info().source.as_str());
    let figure = specs.branch(&name).ok().and_then(report_pictures::branch_figure);
    let Some(figure) = figure else {
        return Err(PreviewError::NothingToDraw { branch: name, n_entries: done });
    };
    Ok(figure.figure.to_svg(&Style { experiment: Some(label(done, n_entries)), ..Style::default() }))
}

/// How many events the picture shows.
fn label(done: u64, n_entries: u64) -> ExperimentLabel {
    let all = hub_pages::text::counted(n_entries, "event", "events");
    let conditions =
        if done < n_entries { format!("first {} of {all}", hub_pages::text::count(done)) } else { all };
    ExperimentLabel { conditions, ..ExperimentLabel::default() }
}
