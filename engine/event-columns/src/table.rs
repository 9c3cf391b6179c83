//! The seam between formats and everything above: a table of events.

use crate::{Column, ColumnType, EventChunk, Piece, nearest_names};
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, PoisonError};

/// What a table of events is and which branches it has.
#[derive(Clone, Debug, PartialEq)]
pub struct TableInfo {
    /// Path or address of the file.
    pub source: String,
    /// Path of the tree inside the file, with its cycle; empty for formats that hold one table.
    pub tree: String,
    /// Number of entries.
    pub n_entries: u64,
    /// The branches in the order of the file.
    pub branches: Vec<BranchInfo>,
}

/// One branch of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchInfo {
    /// Full name, unique within the table.
    pub name: Arc<str>,
    /// The type as the format spells it, such as `vector<float>`.
    pub type_name: String,
    /// What an entry holds, or why the branch cannot be read.
    pub column_type: Result<ColumnType, String>,
    /// Bytes in the file.
    pub stored_bytes: u64,
    /// Bytes after decompression.
    pub decoded_bytes: u64,
    /// Name of the codec, such as `zlib 1`; empty where unknown.
    pub codec: String,
}

/// Some consecutive entries of one branch, and where they belong.
#[derive(Clone, Debug)]
pub struct PieceAt {
    /// Position of the branch in [`TableInfo::branches`].
    pub branch: usize,
    /// Entry number of the first entry of the piece.
    pub first_entry: u64,
    /// The entries.
    pub piece: Piece,
}

/// Receives pieces from several threads; what it returns says go on or stop.
pub type PieceSink<'a> = &'a (dyn Fn(PieceAt) -> ControlFlow<()> + Sync);

/// A table of events in some format: a ROOT tree, a Parquet file, rows of JSON.
pub trait EventTable: Send + Sync {
    /// What the table is.
    fn info(&self) -> &TableInfo;

    /// Reads the given branches over a half-open range of entries and hands every stored piece to `sink`
    /// once, cut to the range, in no particular order and from several threads. The range is clipped to the
    /// table. Work runs on the rayon pool of the caller.
    ///
    /// # Errors
    /// [`ReadError::Stopped`] when the sink asked for it; otherwise what could not be read and why.
    fn visit(&self, branches: &[usize], entries: Range<u64>, sink: PieceSink<'_>) -> Result<(), ReadError>;
}

/// Why entries could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The caller asked to stop.
    #[error("stopped on request")]
    Stopped,
    /// No branch of that name.
    #[error("{table} has no branch `{name}`{}", if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(" or ")) })]
    UnknownBranch {
        /// File and tree.
        table: String,
        /// What was asked for.
        name: String,
        /// Names that look like it, best first.
        nearest: Vec<String>,
    },
    /// The branch is of a kind that cannot be read.
    #[error("branch `{branch}` of {table} has type {type_name}, which cannot be read: {reason}")]
    Unreadable {
        /// File and tree.
        table: String,
        /// The branch.
        branch: String,
        /// Its type in the file.
        type_name: String,
        /// Why.
        reason: String,
    },
    /// The format's own error, with file, tree, branch, basket and byte where they are known.
    #[error("{table}: {cause}")]
    Format {
        /// File and tree.
        table: String,
        /// What went wrong.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl BranchInfo {
    /// Name and type, where the branch can be read.
    pub fn readable(&self) -> Option<(Arc<str>, ColumnType)> {
        Some((Arc::clone(&self.name), *self.column_type.as_ref().ok()?))
    }
}

impl TableInfo {
    /// File and tree in one word for messages: `ttH.root:events;1`.
    pub fn display_name(&self) -> String {
        if self.tree.is_empty() { self.source.clone() } else { format!("{}:{}", self.source, self.tree) }
    }

    /// Names and types of the branches that can be read, in the order of the file.
    pub fn readable_branches(&self) -> Vec<(Arc<str>, ColumnType)> {
        self.branches.iter().filter_map(BranchInfo::readable).collect()
    }

    /// Names and types of those of some branches, by their positions, that can be read.
    pub fn readable_among(&self, positions: &[usize]) -> Vec<(Arc<str>, ColumnType)> {
        positions.iter().filter_map(|position| self.branches[*position].readable()).collect()
    }

    /// So many entries that their decoded bytes stay near a target: between 1,000, so that all threads have work, and
    /// 200,000, so that a reader can be stopped soon.
    pub fn entries_within(&self, branches: &[usize], target_bytes: u64) -> u64 {
        let decoded: u64 = branches.iter().map(|position| self.branches[*position].decoded_bytes).sum();
        let per_entry = decoded.checked_div(self.n_entries).unwrap_or(0).max(1);
        (target_bytes / per_entry).clamp(1_000, 200_000)
    }

    /// Position of a branch that can be read.
    ///
    /// # Errors
    /// [`ReadError::UnknownBranch`] with the nearest names, or [`ReadError::Unreadable`].
    pub fn find(&self, name: &str) -> Result<usize, ReadError> {
        let Some(position) = self.branches.iter().position(|branch| &*branch.name == name) else {
            let nearest = nearest_names(name, self.branches.iter().map(|branch| &*branch.name), 3);
            return Err(ReadError::UnknownBranch {
                table: self.display_name(),
                name: name.to_string(),
                nearest,
            });
        };
        self.readable_type(position).map(|_| position)
    }

    /// The type of a branch that can be read.
    ///
    /// # Errors
    /// [`ReadError::Unreadable`] with the reason.
    pub fn readable_type(&self, branch: usize) -> Result<ColumnType, ReadError> {
        let info = &self.branches[branch];
        info.column_type.clone().map_err(|reason| ReadError::Unreadable {
            table: self.display_name(),
            branch: info.name.to_string(),
            type_name: info.type_name.clone(),
            reason,
        })
    }
}

/// Reads branches over a half-open range of entries into one chunk, columns in the order of `branches`.
///
/// # Errors
/// As [`EventTable::visit`].
pub fn read_chunk(
    table: &dyn EventTable,
    branches: &[usize],
    entries: Range<u64>,
) -> Result<EventChunk, ReadError> {
    read_chunk_unless(table, branches, entries, &|| false)
}

/// As [`read_chunk`]; between pieces it is asked whether to stop.
///
/// # Errors
/// As [`EventTable::visit`].
pub fn read_chunk_unless(
    table: &dyn EventTable,
    branches: &[usize],
    entries: Range<u64>,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<EventChunk, ReadError> {
    let info = table.info();
    let entries = entries.start.min(info.n_entries)..entries.end.min(info.n_entries);
    let pieces: Mutex<Vec<PieceAt>> = Mutex::new(Vec::new());
    table.visit(branches, entries.clone(), &|piece| {
        pieces.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
        if is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let mut pieces = pieces.into_inner().unwrap_or_else(PoisonError::into_inner);
    pieces.sort_by_key(|piece| (piece.branch, piece.first_entry));
    let n_entries = entries.end.saturating_sub(entries.start) as usize;
    let mut chunk = EventChunk::new(entries.start, n_entries);
    for &branch in branches {
        let start = pieces.partition_point(|piece| piece.branch < branch);
        let end = pieces.partition_point(|piece| piece.branch <= branch);
        let own = pieces[start..end].iter().map(|piece| piece.piece.clone()).collect();
        let column = Column::new(info.readable_type(branch)?, own)
            .map_err(|cause| ReadError::Format { table: info.display_name(), cause: Box::new(cause) })?;
        if column.n_entries() != n_entries {
            let (name, found) = (&info.branches[branch].name, column.n_entries());
            let cause = format!("branch `{name}` gave {found} entries where {n_entries} were asked for");
            return Err(ReadError::Format { table: info.display_name(), cause: cause.into() });
        }
        chunk.set(Arc::clone(&info.branches[branch].name), column);
    }
    Ok(chunk)
}

impl<T: EventTable + ?Sized> EventTable for Arc<T> {
    fn info(&self) -> &TableInfo {
        (**self).info()
    }

    fn visit(&self, branches: &[usize], entries: Range<u64>, sink: PieceSink<'_>) -> Result<(), ReadError> {
        (**self).visit(branches, entries, sink)
    }
}
