//! A file of a workspace as a source of bytes: read by ranges, without a download.
//!
//! Ranges that lie near each other come in one request, and several requests are under way at once. A single read is
//! fetched in blocks, so that a small one brings its neighbourhood along; blocks are kept up to a budget, and reading on from
//! where the last read ended fetches ever more ahead.
//!
//! Where the service runs on this machine and gives out the open file ([`hub_api::LocalOffer`]), that is read as any file is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use byte_source::{ByteSource, ByteSourceError, LocalFile};
use futures_util::{StreamExt, stream};
use hub_api::SharedUri;

use crate::block_cache::BlockCache;
use crate::local_handle;
use crate::{Hub, HubError, Opened, PinnedFile};

/// How a file is read from afar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadSettings {
    /// Bytes that are fetched and kept together. Default: 64 KiB.
    pub block_bytes: u64,
    /// Bytes that are kept. Default: 64 MiB.
    pub cache_bytes: u64,
    /// Bytes between two wanted blocks that are rather fetched than asked around. Default: 256 KiB.
    pub most_gap_bytes: u64,
    /// Most bytes of one request. Default: 2 MiB.
    pub most_request_bytes: u64,
    /// Requests under way at once. Default: 4.
    pub n_connections: usize,
    /// Most bytes that are fetched ahead of a reader that goes from front to back. Default: 4 MiB.
    pub most_ahead_bytes: u64,
}

impl Default for ReadSettings {
    fn default() -> Self {
        Self {
            block_bytes: 64 << 10,
            cache_bytes: 64 << 20,
            most_gap_bytes: 256 << 10,
            most_request_bytes: 2 << 20,
            n_connections: 4,
            most_ahead_bytes: 4 << 20,
        }
    }
}

/// An open file of a workspace. What it gives is the content at the time of opening: a file that is written anew meanwhile
/// is an error that says so.
pub struct SharedFile {
    hub: Hub,
    name: String,
    file: PinnedFile,
    /// The file itself, where the service runs on this machine.
    local: Option<LocalFile>,
    settings: ReadSettings,
    cache: BlockCache,
    sequence: Mutex<Sequence>,
}

/// A block by its number, with its bytes.
type Block = (u64, Arc<[u8]>);

/// Where the last small read ended, and how far was fetched ahead of it.
#[derive(Clone, Copy, Debug, Default)]
struct Sequence {
    end: u64,
    ahead_bytes: u64,
}

/// The duty to fetch blocks: given back at its end however that comes, so that no other thread waits for ever.
struct Duty<'c> {
    cache: &'c BlockCache,
    blocks: &'c BTreeSet<u64>,
}

impl Drop for Duty<'_> {
    fn drop(&mut self) {
        self.cache.abandon(self.blocks.iter().copied());
    }
}

impl fmt::Debug for SharedFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SharedFile").field("file", &self.file).finish_non_exhaustive()
    }
}

impl SharedFile {
    /// Opens a file by one request.
    ///
    /// # Errors
    /// [`HubError::NotFound`] with the nearest names, and what else the service says.
    pub fn open(hub: Hub, uri: &SharedUri, settings: ReadSettings) -> Result<Self, HubError> {
        let block_bytes = settings.block_bytes.max(1);
        let settings = ReadSettings { block_bytes, ..settings };
        let Opened { file, first, offer } = hub.open(uri, block_bytes)?;
        let local = offer.and_then(|offer| local_handle::fetch(&offer, file.size_bytes));
        let local = local.and_then(|local| LocalFile::from_file(local, uri.to_string()).ok());
        let cache = BlockCache::new((settings.cache_bytes / block_bytes) as usize);
        if !first.is_empty() {
            cache.put(0, first.into());
        }
        Ok(Self { hub, name: uri.to_string(), file, local, settings, cache, sequence: Mutex::default() })
    }

    /// The state of the file that is read.
    #[must_use]
    pub fn pinned(&self) -> &PinnedFile {
        &self.file
    }

    fn blocks_of(&self, range: &Range<u64>) -> Range<u64> {
        let size = self.settings.block_bytes;
        range.start / size..range.end.div_ceil(size)
    }

    /// All blocks of some ranges; those of `ahead` are fetched along where something has to be fetched anyway.
    fn fetch(&self, wanted: &BTreeSet<u64>, ahead: Range<u64>) -> Result<BTreeMap<u64, Arc<[u8]>>, HubError> {
        let mut found = BTreeMap::new();
        loop {
            let missing = wanted.iter().copied().filter(|block| !found.contains_key(block));
            let claimed = self.cache.claim(missing.collect::<Vec<_>>());
            found.extend(claimed.ready);
            if !claimed.to_fetch.is_empty() {
                let more = self.cache.claim(ahead.clone().filter(|block| !wanted.contains(block)));
                let mut to_fetch = claimed.to_fetch;
                to_fetch.extend(more.to_fetch);
                found.extend(self.fetch_claimed(to_fetch)?);
            }
            found.extend(
                claimed.elsewhere.iter().filter_map(|block| Some((*block, self.cache.wait(*block)?))),
            );
            if wanted.iter().all(|block| found.contains_key(block)) {
                return Ok(found);
            }
        }
    }

    /// Fetches blocks for which this thread has taken the duty.
    fn fetch_claimed(&self, mut blocks: Vec<u64>) -> Result<Vec<Block>, HubError> {
        blocks.sort_unstable();
        let runs = runs_of(&blocks, &self.settings);
        let claimed: BTreeSet<u64> = blocks.iter().copied().collect();
        let _duty = Duty { cache: &self.cache, blocks: &claimed };
        self.hub.wait(async {
            let fetches = runs.into_iter().map(|run| self.fetch_run(run, &claimed));
            let mut fetches = stream::iter(fetches).buffer_unordered(self.settings.n_connections.max(1));
            let mut fetched = Vec::with_capacity(blocks.len());
            while let Some(run) = fetches.next().await {
                fetched.extend(run?);
            }
            Ok(fetched)
        })
    }

    /// Fetches one run, and puts its blocks in as soon as they are there; what lies in its gaps is not kept.
    async fn fetch_run(&self, run: Range<u64>, claimed: &BTreeSet<u64>) -> Result<Vec<Block>, HubError> {
        let size = self.settings.block_bytes;
        let range = run.start * size..(run.end * size).min(self.file.size_bytes);
        let bytes = self.hub.client().read_range(&self.file, range).await?;
        let blocks = run.zip(bytes.chunks(size as usize)).filter(|(block, _)| claimed.contains(block));
        let blocks: Vec<Block> = blocks.map(|(block, bytes)| (block, Arc::from(bytes))).collect();
        for (block, bytes) in &blocks {
            self.cache.put(*block, Arc::clone(bytes));
        }
        Ok(blocks)
    }

    /// The bytes of each range, several requests at once.
    fn fetch_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Vec<u8>>, HubError> {
        let mut found = vec![Vec::new(); ranges.len()];
        self.hub.wait(async {
            let fetches = runs_of_ranges(ranges, &self.settings).into_iter().map(async |run| {
                let whole = run.whole.clone();
                let mut scatter = Scatter::new(run, ranges);
                self.hub.client().read_chunks(&self.file, whole, |chunk| scatter.take(chunk)).await?;
                Ok::<_, HubError>(scatter)
            });
            let mut fetches = stream::iter(fetches).buffer_unordered(self.settings.n_connections.max(1));
            while let Some(fetched) = fetches.next().await {
                for member in fetched?.members {
                    found[member.place] = member.bytes;
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The blocks behind a range that are worth fetching along: none at first, twice as many each time the reader goes on.
    fn ahead_of(&self, range: &Range<u64>) -> Range<u64> {
        let size = self.settings.block_bytes;
        let mut sequence = self.sequence.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = range.start <= sequence.end.saturating_add(size)
            && sequence.end <= range.start.saturating_add(size);
        let ahead_bytes = if goes_on && sequence.end > 0 {
            (2 * sequence.ahead_bytes.max(size)).min(self.settings.most_ahead_bytes)
        } else {
            0
        };
        *sequence = Sequence { end: range.end, ahead_bytes };
        let end = range.end.saturating_add(ahead_bytes).min(self.file.size_bytes);
        range.end.div_ceil(size)..end.div_ceil(size)
    }

    fn copy(&self, range: &Range<u64>, blocks: &BTreeMap<u64, Arc<[u8]>>) -> Vec<u8> {
        let size = self.settings.block_bytes;
        let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
        for (block, content) in blocks.range(self.blocks_of(range)) {
            let start = range.start.saturating_sub(block * size) as usize;
            let end = ((range.end - block * size) as usize).min(content.len());
            bytes.extend_from_slice(&content[start.min(end)..end]);
        }
        bytes
    }

    fn failed(&self, range: &Range<u64>, error: HubError) -> ByteSourceError {
        if error.is_change() {
            return ByteSourceError::Changed { name: self.name.clone() };
        }
        ByteSourceError::Read {
            name: self.name.clone(),
            start: range.start,
            end: range.end,
            cause: std::io::Error::other(error),
        }
    }
}

impl ByteSource for SharedFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u64 {
        self.file.size_bytes
    }

    fn is_far(&self) -> bool {
        self.local.is_none()
    }

    fn read_at(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, ByteSourceError> {
        if let Some(local) = &self.local {
            return local.read_at(range);
        }
        byte_source::check_range(&self.name, &range, self.len())?;
        let wanted = if range.is_empty() { BTreeSet::new() } else { self.blocks_of(&range).collect() };
        let ahead = self.ahead_of(&range);
        let blocks = self.fetch(&wanted, ahead).map_err(|error| self.failed(&range, error))?;
        Ok(Cow::Owned(self.copy(&range, &blocks)))
    }

    /// Past the blocks: who names many ranges reads each of them once, and in no need of its neighbourhood.
    fn read_many(&self, ranges: &[Range<u64>]) -> Result<Vec<Cow<'_, [u8]>>, ByteSourceError> {
        if let Some(local) = &self.local {
            return local.read_many(ranges);
        }
        for range in ranges {
            byte_source::check_range(&self.name, range, self.len())?;
        }
        let start = ranges.iter().map(|range| range.start).min().unwrap_or_default();
        let end = ranges.iter().map(|range| range.end).max().unwrap_or_default();
        let found = self.fetch_ranges(ranges).map_err(|error| self.failed(&(start..end), error))?;
        Ok(found.into_iter().map(Cow::Owned).collect())
    }
}

/// Ranges that come in one request.
struct Run {
    /// From the first byte to the last.
    whole: Range<u64>,
    /// Positions among all ranges.
    members: Vec<usize>,
}

/// Hands the bytes of a run to its members as they come: none is copied twice, and gaps are not copied at all.
struct Scatter {
    /// Of the next byte.
    position: u64,
    members: Vec<Member>,
}

struct Member {
    place: usize,
    range: Range<u64>,
    bytes: Vec<u8>,
}

impl Scatter {
    fn new(run: Run, ranges: &[Range<u64>]) -> Self {
        let member = |place: usize| {
            let range = ranges[place].clone();
            Member { place, bytes: Vec::with_capacity((range.end - range.start) as usize), range }
        };
        Self { position: run.whole.start, members: run.members.into_iter().map(member).collect() }
    }

    fn take(&mut self, chunk: &[u8]) {
        let (start, end) = (self.position, self.position + chunk.len() as u64);
        // They are in the order of their beginnings.
        for member in self.members.iter_mut().take_while(|member| member.range.start < end) {
            let (from, to) = (member.range.start.max(start), member.range.end.min(end));
            if from < to {
                member.bytes.extend_from_slice(&chunk[(from - start) as usize..(to - start) as usize]);
            }
        }
        self.position = end;
    }
}

/// Ranges as requests: near ones together, up to a size.
fn runs_of_ranges(ranges: &[Range<u64>], settings: &ReadSettings) -> Vec<Run> {
    let mut positions: Vec<usize> = (0..ranges.len()).filter(|&place| !ranges[place].is_empty()).collect();
    positions.sort_unstable_by_key(|&place| ranges[place].start);
    let mut runs: Vec<Run> = Vec::new();
    for place in positions {
        let range = &ranges[place];
        match runs.last_mut() {
            Some(run)
                if range.start <= run.whole.end.saturating_add(settings.most_gap_bytes)
                    && range.end.max(run.whole.end) - run.whole.start <= settings.most_request_bytes =>
            {
                run.whole.end = run.whole.end.max(range.end);
                run.members.push(place);
            }
            _ => runs.push(Run { whole: range.clone(), members: vec![place] }),
        }
    }
    runs
}

/// Rising block numbers as requests, by the same rule.
fn runs_of(blocks: &[u64], settings: &ReadSettings) -> Vec<Range<u64>> {
    let size = settings.block_bytes;
    let ranges: Vec<Range<u64>> = blocks.iter().map(|block| block * size..(block + 1) * size).collect();
    let runs = runs_of_ranges(&ranges, settings).into_iter();
    runs.map(|run| run.whole.start / size..run.whole.end / size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_come_together() {
        let settings = ReadSettings { most_gap_bytes: 20, most_request_bytes: 80, ..ReadSettings::default() };
        let check = |ranges: &[(u64, u64)], expected: &[(u64, u64, &[usize])]| {
            let ranges: Vec<Range<u64>> = ranges.iter().map(|(start, end)| *start..*end).collect();
            let runs = runs_of_ranges(&ranges, &settings);
            let runs: Vec<_> =
                runs.iter().map(|run| (run.whole.start, run.whole.end, run.members.as_slice())).collect();
            assert_eq!(runs, expected);
        };
        check(&[], &[]);
        check(&[(5, 5)], &[]);
        check(&[(0, 10), (30, 40)], &[(0, 40, &[0, 1])]);
        check(&[(0, 10), (31, 40)], &[(0, 10, &[0]), (31, 40, &[1])]);
        check(&[(30, 40), (0, 10), (5, 8)], &[(0, 40, &[1, 2, 0])]);
        check(&[(0, 60), (60, 90)], &[(0, 60, &[0]), (60, 90, &[1])]);
        check(&[(0, 500), (500, 501)], &[(0, 500, &[0]), (500, 501, &[1])]);
    }

    #[test]
    fn members_get_their_bytes_however_they_come() {
        let content: Vec<u8> = (0..100).collect();
        let ranges = [30..40, 0..10, 5..8, 5..35, 99..100];
        for size in [1, 3, 7, 33, 100] {
            let run = Run { whole: 0..100, members: vec![1, 2, 3, 0, 4] };
            let mut scatter = Scatter::new(run, &ranges);
            content.chunks(size).for_each(|chunk| scatter.take(chunk));
            for member in scatter.members {
                let range = ranges[member.place].start as usize..ranges[member.place].end as usize;
                assert_eq!(member.bytes, content[range], "{} by {size}", member.place);
            }
        }
    }

    #[test]
    fn near_blocks_come_together() {
        let settings = ReadSettings {
            block_bytes: 10,
            most_gap_bytes: 20,
            most_request_bytes: 80,
            ..ReadSettings::default()
        };
        let check = |blocks: &[u64], expected: &[(u64, u64)]| {
            let runs: Vec<(u64, u64)> =
                runs_of(blocks, &settings).into_iter().map(|run| (run.start, run.end)).collect();
            assert_eq!(runs, expected);
        };
        check(&[], &[]);
        check(&[3], &[(3, 4)]);
        check(&[0, 1, 2], &[(0, 3)]);
        check(&[0, 3], &[(0, 4)]);
        check(&[0, 4], &[(0, 1), (4, 5)]);
        check(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &[(0, 8), (8, 10)]);
        check(&[0, 2, 4, 6, 8], &[(0, 7), (8, 9)]);
    }
}
