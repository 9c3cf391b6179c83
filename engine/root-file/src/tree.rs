//! A tree of a ROOT file as a table of events.

use crate::basket::{self, NotOpened};
use crate::codec::codec_name;
use crate::cursor::Broken;
use crate::decode::decode;
use crate::error::{Place, RootFileError};
use crate::fetch_ahead;
use crate::file::{FileEntry, Opened};
use crate::layout::{Describer, Layout, Shape};
use crate::tree_record::{self, BranchRecord, Refused, Span, TreeRecord};
use event_columns::{BranchInfo, EventTable, Piece, PieceAt, PieceSink, ReadError, TableInfo, nearest_names};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A tree that was opened; its baskets are read when they are asked for.
pub struct RootTree {
    file: Arc<Opened>,
    /// The bytes of the tree object.
    object: Vec<u8>,
    /// Byte of the file where the object begins, for messages.
    object_start: u64,
    record: TreeRecord,
    info: TableInfo,
    columns: Vec<ColumnSource>,
    /// The baskets of each stored branch, listed at first use.
    baskets: Vec<OnceLock<Result<Vec<BasketAt>, Broken>>>,
}

/// Where a column of the table comes from.
struct ColumnSource {
    /// The branch in the record.
    branch: usize,
    layout: Option<Layout>,
}

/// A basket of a branch: which entries it holds and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct BasketAt {
    /// First entry.
    pub first_entry: u64,
    /// Number of entries.
    pub n_entries: u64,
    /// First byte in the file; 0 for a basket that is kept inside the tree.
    pub seek: u64,
    /// Bytes in the file.
    pub stored_bytes: u64,
    embedded: Option<Span>,
}

impl BasketAt {
    fn end_entry(&self) -> u64 {
        self.first_entry.saturating_add(self.n_entries)
    }
}

impl RootTree {
    pub(crate) fn read(file: Arc<Opened>, entry: &FileEntry) -> Result<Self, RootFileError> {
        let mut place = file.place();
        place.tree = Some(entry.key_name());
        let object = file.read_object(&place, &entry.key)?.into_owned();
        let object_start = entry.key.seek.saturating_add(entry.key.n_head_bytes as u64);
        let streamer_infos = || file.streamer_infos();
        let record = tree_record::parse(&object, entry.key.n_head_bytes, &entry.class_name, &streamer_infos);
        let record = record.map_err(|refused| match refused {
            Refused::Broken(broken) => place.broken("a tree", object_start, broken),
            Refused::Version { class_name, version, known } => RootFileError::Version {
                place: Box::new(place.clone()),
                class_name: class_name.to_string(),
                version,
                known,
            },
        })?;
        let n_entries = u64::try_from(record.n_entries).map_err(|_| {
            place.broken("a tree", object_start, Broken::new(0, "a negative number of entries"))
        })?;
        let has_all = |branch: &BranchRecord| u64::try_from(branch.n_entries) == Ok(n_entries);
        if n_entries > 0 && !record.branches.is_empty() && !record.branches.iter().any(has_all) {
            let reason =
                format!("it says that it has {n_entries} entries, but none of its branches has so many");
            return Err(place.broken("a tree", object_start, Broken::new(0, reason)));
        }
        let mut info = TableInfo {
            source: file.source.name().to_string(),
            tree: entry.key_name(),
            n_entries,
            branches: Vec::new(),
        };
        let columns = Lister::list(&file, &object, &record, &mut info);
        let baskets = record.branches.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { file, object, object_start, record, info, columns, baskets })
    }

    /// Number of entries.
    pub fn n_entries(&self) -> u64 {
        self.info.n_entries
    }

    /// Position of a branch that can be read, by its full name `evt/P3/P3.Px` or by the last part of it where only
    /// one branch has that.
    ///
    /// # Errors
    /// [`ReadError::UnknownBranch`] with the nearest names, or [`ReadError::Unreadable`].
    pub fn find(&self, name: &str) -> Result<usize, ReadError> {
        let exact = self.info.branches.iter().position(|branch| &*branch.name == name);
        let position = exact.or_else(|| {
            let is_last_part =
                |branch: &BranchInfo| branch.name.strip_suffix(name).is_some_and(|path| path.ends_with('/'));
            let mut fits = (0..self.info.branches.len()).filter(|at| is_last_part(&self.info.branches[*at]));
            fits.next().filter(|_| fits.next().is_none())
        });
        let Some(position) = position else {
            let nearest = nearest_names(name, self.info.branches.iter().map(|branch| &*branch.name), 3);
            let table = self.info.display_name();
            return Err(ReadError::UnknownBranch { table, name: name.to_string(), nearest });
        };
        self.info.readable_type(position).map(|_| position)
    }

    /// The baskets of a branch in the order of their entries.
    ///
    /// # Errors
    /// [`RootFileError::Broken`] when the tree's list of them makes no sense.
    pub fn baskets(&self, branch: usize) -> Result<&[BasketAt], RootFileError> {
        self.stored_baskets(self.columns[branch].branch)
            .map_err(|broken| self.place(branch, None).broken("a list of baskets", self.object_start, broken))
    }

    /// Entries at which every given branch begins a basket, and the end of the tree: ranges between two of them are
    /// read without decoding a basket twice.
    ///
    /// # Errors
    /// As [`RootTree::baskets`].
    pub fn cluster_starts(&self, branches: &[usize]) -> Result<Vec<u64>, RootFileError> {
        let mut common: Option<HashSet<u64>> = None;
        for &branch in branches {
            let starts: HashSet<u64> =
                self.baskets(branch)?.iter().map(|basket| basket.first_entry).collect();
            common = Some(match common {
                None => starts,
                Some(common) => common.intersection(&starts).copied().collect(),
            });
        }
        let mut starts: Vec<u64> = common.unwrap_or_default().into_iter().collect();
        starts.extend([0, self.n_entries()]);
        starts.retain(|start| *start <= self.n_entries());
        starts.sort_unstable();
        starts.dedup();
        Ok(starts)
    }

    /// How many entries of the given branches fit in `budget_bytes` of decoded buffers, on average; at least 1.
    pub fn entries_per_chunk(&self, branches: &[usize], budget_bytes: u64) -> u64 {
        let n_entries = self.n_entries().max(1);
        let bytes_of = |branch: &usize| {
            let info = &self.info.branches[*branch];
            let levels = info.column_type.as_ref().map_or(0, event_columns::ColumnType::offset_levels);
            // Bytes in the file hold positions of 32 bits and heads; in memory there are offsets of 64 bits.
            info.decoded_bytes.saturating_add(8 * levels as u64 * n_entries)
        };
        let n_bytes: u128 = branches.iter().map(|branch| u128::from(bytes_of(branch))).sum();
        let fitting = u128::from(budget_bytes) * u128::from(n_entries) / n_bytes.max(1);
        u64::try_from(fitting).unwrap_or(u64::MAX).clamp(1, n_entries)
    }

    /// Decompresses every basket of the given branches and throws the bytes away: the speed that the codec allows.
    /// Returns the number of bytes.
    ///
    /// # Errors
    /// What is broken.
    pub fn decompress_only(&self, branches: &[usize]) -> Result<u64, RootFileError> {
        let mut tasks = Vec::new();
        for &branch in branches {
            tasks.extend(self.baskets(branch)?.iter().map(|basket| (branch, basket)));
        }
        let n_bytes = tasks.into_par_iter().map(|(branch, basket)| {
            let range = basket.seek..basket.seek.saturating_add(basket.stored_bytes);
            let record = self.file.read(&self.place(branch, None), range)?;
            let opened = basket::with_stored(&record, self.file.budget_bytes, |contents| {
                Ok(contents.data.len() as u64)
            });
            opened.map_err(|_| self.place(branch, None).broken("a basket", basket.seek, Broken::new(0, "")))
        });
        n_bytes.try_reduce(|| 0, |left, right| Ok(left + right))
    }

    pub(crate) fn place(&self, branch: usize, basket: Option<usize>) -> Place {
        let name = self.info.branches.get(branch).map(|branch| branch.name.to_string());
        Place { tree: Some(self.info.tree.clone()), branch: name, basket, ..self.file.place() }
    }

    fn stored_baskets(&self, branch: usize) -> Result<&[BasketAt], Broken> {
        let listed =
            self.baskets[branch].get_or_init(|| list_baskets(&self.object, &self.record.branches[branch]));
        listed.as_deref().map_err(Clone::clone)
    }

    /// Reads and decodes one basket of a column.
    fn decode_basket(&self, column: usize, number: usize, depth: usize) -> Result<Piece, RootFileError> {
        let range = self.stored_range(column, number)?;
        let record = range.map(|range| self.file.source.read_at(range)).transpose();
        let record = record.map_err(|cause| self.place(column, Some(number)).source(cause))?;
        self.decode_record(column, number, depth, record.as_deref())
    }

    /// Where a basket lies in the file; nothing for one that is kept inside the tree.
    pub(crate) fn stored_range(
        &self,
        column: usize,
        number: usize,
    ) -> Result<Option<Range<u64>>, RootFileError> {
        let basket = self.baskets(column)?.get(number).filter(|basket| basket.embedded.is_none());
        Ok(basket.map(|basket| basket.seek..basket.seek.saturating_add(basket.stored_bytes)))
    }

    /// Decodes one basket of a column; `record` is what lies at its place in the file.
    pub(crate) fn decode_record(
        &self,
        column: usize,
        number: usize,
        depth: usize,
        record: Option<&[u8]>,
    ) -> Result<Piece, RootFileError> {
        let source = &self.columns[column];
        // A collection that was split has no values of its own, but it counts its items.
        let counts_items = Describer::counts_items(&self.record.branches[source.branch]);
        let layout = source.layout.or_else(|| counts_items.then(Layout::number_of_items));
        let place = || self.place(column, Some(number));
        let (Some(layout), Some(basket)) = (layout, self.baskets(column)?.get(number)) else {
            return Err(place().broken("a basket", 0, Broken::new(0, "there is no such basket")));
        };
        self.decode_at(&layout, basket, depth, record).map_err(|failed| match failed {
            NotOpened::Broken(broken) => {
                let start = if basket.embedded.is_some() { self.object_start } else { basket.seek };
                place().broken("a basket", start, broken)
            }
            NotOpened::Budget(claimed_bytes) => RootFileError::Budget {
                place: Box::new(place()),
                attempted: "a basket",
                claimed_bytes,
                budget_bytes: self.file.budget_bytes,
            },
        })
    }

    fn decode_at(
        &self,
        layout: &Layout,
        basket: &BasketAt,
        depth: usize,
        record: Option<&[u8]>,
    ) -> Result<Piece, NotOpened> {
        let n_entries = basket.n_entries;
        let counts = |contents: &basket::Contents<'_>| -> Result<Option<Vec<i64>>, Broken> {
            if contents.positions.is_some() || !matches!(layout.shape, Shape::List { .. } | Shape::ObjectBits)
            {
                return Ok(None);
            }
            self.counts(layout, basket, depth)
        };
        let read = |contents: basket::Contents<'_>| {
            if contents.n_entries as u64 != n_entries {
                let reason = format!("{} entries where the tree says {n_entries}", contents.n_entries);
                return Err(Broken::new(0, reason));
            }
            let counts = counts(&contents)?;
            decode(layout, &contents, counts.as_deref())
        };
        if let Some(span) = &basket.embedded {
            let object = self.object.get(span.clone()).unwrap_or_default();
            let shift = |broken: Broken| Broken::new(span.start.saturating_add(broken.offset), broken.reason);
            let piece = basket::open_embedded(object).and_then(read).map_err(shift);
            return piece.map_err(NotOpened::Broken);
        }
        basket::with_stored(record.unwrap_or_default(), self.file.budget_bytes, read)
    }

    /// The numbers of items of the entries of a basket, from the branch that counts them.
    fn counts(&self, layout: &Layout, basket: &BasketAt, depth: usize) -> Result<Option<Vec<i64>>, Broken> {
        let Some(counter) = layout.counter.filter(|_| depth == 0) else { return Ok(None) };
        // The leaves of a branch are columns that follow each other.
        let first = self.columns.iter().position(|column| column.branch == counter.branch);
        let counter = first.map(|first| first + counter.leaf);
        let Some(counter) = counter.filter(|counter| *counter < self.columns.len()) else { return Ok(None) };
        let wanted = basket.first_entry..basket.end_entry();
        let mut counts = Vec::new();
        let baskets = self.stored_baskets(self.columns[counter].branch)?;
        for (number, at) in baskets.iter().enumerate().filter(|(_, at)| overlap(at, &wanted).is_some()) {
            let Some(cut) = overlap(at, &wanted) else { continue };
            let piece = self.decode_basket(counter, number, depth + 1);
            let piece = piece.map_err(|cause| Broken::new(0, format!("its counter: {cause}")))?;
            counts.extend(piece.slice(cut).values().to_f64().into_iter().map(|count| count as i64));
        }
        Ok(Some(counts))
    }
}

/// The entries of a basket inside a range, counted from its first.
fn overlap(basket: &BasketAt, wanted: &Range<u64>) -> Option<Range<usize>> {
    let (start, end) = (basket.first_entry.max(wanted.start), basket.end_entry().min(wanted.end));
    (start < end).then(|| (start - basket.first_entry) as usize..(end - basket.first_entry) as usize)
}

impl EventTable for RootTree {
    fn info(&self) -> &TableInfo {
        &self.info
    }

    fn visit(&self, branches: &[usize], entries: Range<u64>, sink: PieceSink<'_>) -> Result<(), ReadError> {
        let format = |cause: RootFileError| ReadError::Format {
            table: self.info.display_name(),
            cause: Box::new(cause),
        };
        let wanted = entries.start..entries.end.min(self.n_entries());
        let mut tasks = Vec::new();
        for &branch in branches {
            self.info.readable_type(branch)?;
            let baskets = self.baskets(branch).map_err(format)?;
            let first = baskets.partition_point(|basket| basket.end_entry() <= wanted.start);
            let cuts = baskets.iter().enumerate().skip(first).map_while(|(number, basket)| {
                let cut = overlap(basket, &wanted)?;
                Some(BasketTask { first_entry: basket.first_entry, branch, number, cut })
            });
            tasks.extend(cuts);
        }
        // Entries that belong together come out together, so that a chunk is complete soon.
        tasks.sort_unstable_by_key(|task| (task.first_entry, task.branch));
        let hand_out = |task: BasketTask, piece: Piece| {
            let BasketTask { first_entry, branch, cut, .. } = task;
            let first_entry = first_entry + cut.start as u64;
            let piece = if cut.len() == piece.n_entries() { piece } else { piece.slice(cut) };
            match sink(PieceAt { branch, first_entry, piece }) {
                std::ops::ControlFlow::Continue(()) => Ok(()),
                std::ops::ControlFlow::Break(()) => Err(ReadError::Stopped),
            }
        };
        if self.file.source.is_far() {
            return fetch_ahead::visit(self, &*self.file.source, tasks, &format, &hand_out);
        }
        tasks.into_par_iter().try_for_each(|task| {
            let piece = self.decode_basket(task.branch, task.number, 0).map_err(format)?;
            hand_out(task, piece)
        })
    }
}

/// A basket that a visit needs.
pub(crate) struct BasketTask {
    /// First entry of the basket.
    pub(crate) first_entry: u64,
    /// The column.
    pub(crate) branch: usize,
    /// The basket within it.
    pub(crate) number: usize,
    /// Entries of the basket that were asked for.
    pub(crate) cut: Range<usize>,
}

/// A number of a list in the tree's bytes.
fn number_at(object: &[u8], start: usize, place: usize, has_32_bits: bool) -> Option<i64> {
    let n_bytes = if has_32_bits { 4 } else { 8 };
    let bytes = object.get(start.checked_add(place.checked_mul(n_bytes)?)?..)?;
    if has_32_bits {
        return bytes.first_chunk().map(|bytes| i64::from(i32::from_be_bytes(*bytes)));
    }
    bytes.first_chunk().map(|bytes| i64::from_be_bytes(*bytes))
}

/// Lists the baskets of a branch from the arrays in the tree's bytes.
fn list_baskets(object: &[u8], branch: &BranchRecord) -> Result<Vec<BasketAt>, Broken> {
    let entry_at = |place| number_at(object, branch.entries_at, place, branch.has_short_entries);
    let seek_at = |place| number_at(object, branch.seeks_at, place, branch.has_short_seeks);
    let length_at = |place| number_at(object, branch.lengths_at, place, true);
    let broken =
        |number: usize, reason: &str| Broken::new(branch.entries_at, format!("basket {number}: {reason}"));
    let mut baskets = Vec::with_capacity(branch.n_written.min(branch.n_places));
    let in_arrays = |number: usize| number < branch.n_places;
    let mut next_entry = branch.first_entry.max(0);
    for number in 0..=branch.n_written.min(branch.n_places) {
        let embedded = branch.embedded.iter().find(|(own, _)| *own == number).map(|(_, span)| span.clone());
        let seek =
            if in_arrays(number) && number < branch.n_written { seek_at(number).unwrap_or(0) } else { 0 };
        if seek == 0 && embedded.is_none() {
            continue;
        }
        let start = if in_arrays(number) { entry_at(number).unwrap_or(next_entry) } else { next_entry };
        let has_next = in_arrays(number + 1) && number < branch.n_written;
        let end = if has_next { entry_at(number + 1).unwrap_or(-1) } else { branch.n_entries };
        if start != next_entry || end < start {
            return Err(broken(number, &format!("entries {start} to {end} after entry {next_entry}")));
        }
        next_entry = end;
        if end == start {
            continue;
        }
        let length = if seek == 0 { 0 } else { length_at(number).unwrap_or(-1) };
        let (Ok(seek), Ok(stored_bytes)) = (u64::try_from(seek), u64::try_from(length)) else {
            return Err(broken(number, &format!("{length} bytes at byte {seek} of the file")));
        };
        baskets.push(BasketAt {
            first_entry: start as u64,
            n_entries: (end - start) as u64,
            seek,
            stored_bytes,
            embedded: if seek == 0 { embedded } else { None },
        });
    }
    // Entries that no basket holds would otherwise be left out in silence.
    if (next_entry, branch.first_entry.max(0)) != (branch.n_entries.max(0), 0) {
        let (first, all) = (branch.first_entry, branch.n_entries);
        let reason = format!("the baskets hold the entries {first} to {next_entry} of {all}");
        return Err(Broken::new(branch.entries_at, reason));
    }
    Ok(baskets)
}

/// Makes the list of columns from the tree of branches.
struct Lister<'a> {
    describer: Describer<'a>,
    info: &'a mut TableInfo,
    columns: Vec<ColumnSource>,
    /// Names that are taken, and how many times each was asked for.
    names: HashMap<Arc<str>, u32>,
    /// Whether each branch was listed: a damaged file can list a branch twice, or inside itself.
    is_listed: Vec<bool>,
}

impl<'a> Lister<'a> {
    fn list(
        file: &'a Opened,
        object: &'a [u8],
        tree: &'a TreeRecord,
        info: &'a mut TableInfo,
    ) -> Vec<ColumnSource> {
        let streamer_infos = || file.streamer_infos();
        let describer = Describer { object, tree, streamer_infos: &streamer_infos };
        let is_listed = vec![false; tree.branches.len()];
        let mut lister = Lister { describer, info, columns: Vec::new(), names: HashMap::new(), is_listed };
        let mut path = String::new();
        for &branch in &tree.top {
            lister.add(branch, &mut path, 0);
        }
        lister.columns
    }

    /// Adds a branch and those below it; `path` is what stands in front of its name.
    fn add(&mut self, position: usize, path: &mut String, depth: usize) {
        /// Deeper branches cannot be parsed, but a damaged file can put earlier ones below each other.
        const DEEPEST: usize = 64;
        /// Longer names are cut: together they could take far more memory than the file.
        const MOST_NAME_BYTES: usize = 4096;
        if depth > DEEPEST || std::mem::replace(&mut self.is_listed[position], true) {
            return;
        }
        let tree = self.describer.tree;
        let branch = &tree.branches[position];
        let length_before = path.len();
        path.push_str(&self.describer.name(&branch.name));
        path.truncate(path.floor_char_boundary(MOST_NAME_BYTES));
        for (leaf_name, described) in self.describer.columns(branch) {
            let name = match leaf_name {
                Some(leaf) => format!("{path}.{leaf}"),
                None => path.clone(),
            };
            let mut layout = described.layout;
            if layout.is_ok() && u64::try_from(branch.n_entries) != Ok(self.info.n_entries) {
                let (own, all) = (branch.n_entries, self.info.n_entries);
                layout = Err(format!("it has {own} entries where the tree has {all}"));
            }
            let name = self.unique(&name);
            self.info.branches.push(BranchInfo {
                name,
                type_name: described.type_name,
                column_type: layout.as_ref().map(|layout| layout.column_type).map_err(Clone::clone),
                stored_bytes: u64::try_from(branch.n_stored_bytes).unwrap_or(0),
                decoded_bytes: u64::try_from(branch.n_decoded_bytes).unwrap_or(0),
                codec: codec_name(branch.compression),
            });
            self.columns.push(ColumnSource { branch: position, layout: layout.ok() });
        }
        path.push('/');
        for &child in &branch.children {
            self.add(child, path, depth + 1);
        }
        path.truncate(length_before);
    }

    /// The name, with a number behind it where another branch has it already.
    fn unique(&mut self, name: &str) -> Arc<str> {
        let name: Arc<str> = Arc::from(name);
        let (mut unique, mut number) = (Arc::clone(&name), self.names.get(&name).copied().unwrap_or(0));
        while self.names.contains_key(&unique) {
            number += 1;
            unique = Arc::from(format!("{name}#{number}"));
        }
        self.names.insert(Arc::clone(&unique), 1);
        self.names.insert(name, number.max(1));
        unique
    }
}
