//! Streams chunks into a tree: a thread with oxyroot on one side, the source of the chunks on the other.

use crate::branches::{PlannedBranch, check_name, plan_branches};
use crate::feed::{Cursor, Feed, add_branch};
use crate::limits::{BranchLimits, MAX_FILE_BYTES, check_file_bytes};
use crate::mend::mend_file;
use crate::{BoxError, WriteError};
use event_columns::{EventChunk, OnProgress, StepReport, Unit};
use oxyroot::{RootFile, WriterTree};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenTree {
    /// Entries of the tree.
    pub n_entries: u64,
    /// Size of the file.
    pub n_bytes: u64,
}

/// Writes all chunks, in their order, as one tree of one new file; an older file of that name is replaced.
///
/// Every chunk must have the branches of the first one, in the same order and with the same types. A chunk of 0
/// events is welcome: it is the way to write an empty tree. [`EventChunk::first_entry`] is not looked at, so
/// that chunks of a selection can be written. At most 1.9 GB fit into one file.
///
/// # Errors
/// [`WriteError`]; in every case no file is left and an older one is untouched.
pub fn write_tree<E: Into<BoxError>>(
    path: &Path,
    tree: &str,
    chunks: &mut dyn Iterator<Item = Result<EventChunk, E>>,
    on_progress: OnProgress<'_>,
) -> Result<WrittenTree, WriteError> {
    check_name("tree", tree)?;
    let mut source = Source { path, chunks, n_entries: 0, n_bytes: 0 };
    let first = source.next()?.ok_or_else(|| WriteError::NoChunk { path: path.to_path_buf() })?;
    let branches = plan_branches(&first)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let step = format!("writing {name}");

    let beside = create_beside(path, &name)?;
    let beside_name = utf8(path, &beside)?;
    let (sender, receiver) = sync_channel(1);
    let (fed, written) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_all(beside_name, tree, &branches, receiver));
        let fed = feed_all(&mut source, first, &branches, sender, &step, on_progress);
        (fed, writer.join().unwrap_or_else(|panic| Err(panic_message(&*panic))))
    });
    fed?;
    written.map_err(|reason| WriteError::Writer { path: path.to_path_buf(), reason })?;

    let n_bytes = finish(path, tree, &branches, beside)?;
    Ok(WrittenTree { n_entries: source.n_entries, n_bytes })
}

/// The chunks and what was taken from them.
struct Source<'a, E> {
    path: &'a Path,
    chunks: &'a mut dyn Iterator<Item = Result<EventChunk, E>>,
    n_entries: u64,
    n_bytes: u64,
}

impl<E: Into<BoxError>> Source<'_, E> {
    fn next(&mut self) -> Result<Option<EventChunk>, WriteError> {
        self.chunks
            .next()
            .transpose()
            .map_err(|source| WriteError::Source { path: self.path.to_path_buf(), source: source.into() })
    }

    /// Counts a chunk after checking that it continues the tree and fits into the file.
    fn take(
        &mut self,
        chunk: &EventChunk,
        branches: &[PlannedBranch],
        limits: &mut [BranchLimits],
    ) -> Result<(), WriteError> {
        check_same_branches(chunk, branches)
            .map_err(|reason| WriteError::Chunk { first_entry: self.n_entries, reason })?;
        for ((branch, limits), (_, column)) in branches.iter().zip(limits).zip(chunk.columns()) {
            let n_bytes = limits.add_column(branch, self.n_entries, column)?;
            self.n_bytes = self.n_bytes.saturating_add(n_bytes);
        }
        check_file_bytes(self.path, self.n_bytes, self.n_entries)?;
        self.n_entries += chunk.n_entries() as u64;
        Ok(())
    }
}

fn check_same_branches(chunk: &EventChunk, branches: &[PlannedBranch]) -> Result<(), String> {
    let n_columns = chunk.columns().len();
    if n_columns != branches.len() {
        return Err(format!("it has {n_columns} branches, the first chunk had {}", branches.len()));
    }
    for (branch, (name, column)) in branches.iter().zip(chunk.columns()) {
        if branch.name != *name || branch.column_type != column.column_type() {
            return Err(format!(
                "it has {name} ({}) where the first chunk had {} ({})",
                column.column_type(),
                branch.name,
                branch.column_type
            ));
        }
    }
    Ok(())
}

/// Hands chunks to the writer until there is none left, the writer is gone, or the callback says stop.
#[expect(
    clippy::needless_pass_by_value,
    reason = "dropping the sender tells the writer that no chunk follows"
)]
fn feed_all<E: Into<BoxError>>(
    source: &mut Source<'_, E>,
    first: EventChunk,
    branches: &[PlannedBranch],
    sender: SyncSender<EventChunk>,
    step: &str,
    on_progress: OnProgress<'_>,
) -> Result<(), WriteError> {
    let mut limits = vec![BranchLimits::default(); branches.len()];
    let mut next = Some(first);
    while let Some(chunk) = next {
        source.take(&chunk, branches, &mut limits)?;
        // A writer that failed has hung up; what it says comes with its result.
        if chunk.n_entries() > 0 && sender.send(chunk).is_err() {
            return Ok(());
        }
        let report = StepReport { step, done: source.n_entries, total: None, unit: Unit::Events, note: "" };
        if on_progress(&report).is_break() {
            return Err(WriteError::Stopped { path: source.path.to_path_buf() });
        }
        next = source.next()?;
    }
    Ok(())
}

/// Runs oxyroot. Its panics are caught: a file is then not written, and that is all.
fn write_all(
    path: &str,
    tree: &str,
    branches: &[PlannedBranch],
    receiver: Receiver<EventChunk>,
) -> Result<(), String> {
    let write = move || {
        let mut file = RootFile::create(path)?;
        let mut writer = WriterTree::new(tree);
        let feed = Feed::new(receiver);
        for (position, branch) in branches.iter().enumerate() {
            add_branch(&mut writer, branch, Cursor::new(&feed, position));
        }
        writer.write(&mut file)?;
        file.close()
    };
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(panic_message(&*panic)),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    format!("the ROOT writer broke down ({text}); please report this with the types of your branches")
}

/// An empty file in the folder of the result, so that the last step is a rename. It is removed when dropped.
fn create_beside(path: &Path, name: &str) -> Result<tempfile::TempPath, WriteError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let prefix = format!(".{name}.");
    builder.prefix(&prefix).suffix(".part");
    // The mode that any new file gets: what the user's mask leaves of reading and writing for all.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder).map_err(|source| WriteError::Io {
        path: path.to_path_buf(),
        action: "create a file in its folder",
        source,
    })?;
    Ok(file.into_temp_path())
}

fn utf8<'a>(path: &Path, beside: &'a Path) -> Result<&'a str, WriteError> {
    beside.to_str().ok_or_else(|| WriteError::Writer {
        path: path.to_path_buf(),
        reason: "the name of the folder or file is not UTF-8, which the ROOT writer needs".to_string(),
    })
}

/// Checks and mends what oxyroot wrote, waits until it is on the disk, and gives it its name.
fn finish(
    path: &Path,
    tree: &str,
    branches: &[PlannedBranch],
    beside: tempfile::TempPath,
) -> Result<u64, WriteError> {
    let io = |action| move |source| WriteError::Io { path: path.to_path_buf(), action, source };
    let mut file =
        File::options().read(true).write(true).open(&beside).map_err(io("open the finished file"))?;
    let n_bytes = file.metadata().map_err(io("ask for the size of the finished file"))?.len();
    if n_bytes >= MAX_FILE_BYTES + MAX_FILE_BYTES / 20 {
        return Err(WriteError::Layout { path: path.to_path_buf(), reason: "it is larger than planned" });
    }
    mend_file(&mut file, path, tree, branches)?;
    file.sync_all().map_err(io("bring the file to the disk"))?;
    beside.persist(path).map_err(|error| io("give the finished file its name")(error.error))?;
    Ok(n_bytes)
}
