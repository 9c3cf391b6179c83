//! A ROOT file: its header, its directories and the objects in them.

use crate::codec;
use crate::cursor::{Broken, Cursor};
use crate::error::{Place, RootFileError};
use crate::key::{DirectoryHead, Key, parse_key_list};
use crate::streamer_info::StreamerInfos;
use crate::tree::RootTree;
use crate::unclosed;
use byte_source::{ByteSource, ByteSourceError, LocalFile};
use event_columns::nearest_names;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Directories deeper than this are not followed: no real file has them, a damaged one may.
const DEEPEST_DIRECTORY: usize = 64;
/// What one object or basket may claim in memory unless another budget is given.
pub const DEFAULT_BUDGET_BYTES: u64 = 1 << 30;

/// An open ROOT file. Cloning is cheap.
#[derive(Clone)]
pub struct RootFile {
    inner: Arc<Opened>,
}

pub(crate) struct Opened {
    pub(crate) source: Arc<dyn ByteSource>,
    pub(crate) budget_bytes: u64,
    entries: Vec<FileEntry>,
    /// Where the first record starts, and where the first directory's own numbers are.
    begin: u64,
    seek_directory: u64,
    seek_info: u64,
    streamer_infos: OnceLock<StreamerInfos>,
}

/// The state of listing directories: those of a damaged file can list each other, and each many objects.
#[derive(Default)]
struct Listing {
    /// Directories, by their place in the file.
    visited: HashSet<u64>,
    /// Memory that the list takes so far.
    n_bytes: u64,
}

/// An object in a file, as its directory lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileEntry {
    /// Names of the directories and of the object, joined by `/`.
    pub path: String,
    /// Number of this version of the object; the highest is the newest.
    pub cycle: i16,
    /// C++ class.
    pub class_name: String,
    /// Title, often empty.
    pub title: String,
    /// Bytes in the file.
    pub stored_bytes: u64,
    pub(crate) key: Key,
}

impl FileEntry {
    /// Path and cycle in the way ROOT writes them: `one/two/tree;1`.
    pub fn key_name(&self) -> String {
        format!("{};{}", self.path, self.cycle)
    }

    /// Whether the object is a tree of events that can be opened.
    pub fn is_tree(&self) -> bool {
        matches!(self.class_name.as_str(), "TTree" | "TNtuple" | "TNtupleD")
    }

    /// Whether the object is an `RNTuple`, which cannot be opened yet.
    pub fn is_rntuple(&self) -> bool {
        matches!(self.class_name.as_str(), "ROOT::RNTuple" | "ROOT::Experimental::RNTuple")
    }

    fn is_directory(&self) -> bool {
        matches!(self.class_name.as_str(), "TDirectory" | "TDirectoryFile")
    }
}

impl RootFile {
    /// Opens a file of this machine and reads the list of its objects.
    ///
    /// # Errors
    /// [`RootFileError::Source`] when the file cannot be opened, [`RootFileError::NotRoot`] or
    /// [`RootFileError::Broken`] when it is another kind of file or damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RootFileError> {
        let name = path.as_ref().display().to_string();
        let source = LocalFile::open(path).map_err(|cause| Place::file(&name).source(cause))?;
        Self::open_source(Arc::new(source))
    }

    /// Opens a file from any source of bytes, with [`DEFAULT_BUDGET_BYTES`].
    ///
    /// # Errors
    /// As [`RootFile::open`].
    pub fn open_source(source: Arc<dyn ByteSource>) -> Result<Self, RootFileError> {
        Self::open_source_with_budget(source, DEFAULT_BUDGET_BYTES)
    }

    /// Opens a file of which no single object or basket may claim more than `budget_bytes` in memory.
    ///
    /// # Errors
    /// As [`RootFile::open`].
    pub fn open_source_with_budget(
        source: Arc<dyn ByteSource>,
        budget_bytes: u64,
    ) -> Result<Self, RootFileError> {
        let header = FileHeader::read(&*source)?;
        let mut opened = Opened {
            source,
            budget_bytes,
            entries: Vec::new(),
            begin: header.begin,
            seek_directory: header.seek_directory,
            seek_info: header.seek_info,
            streamer_infos: OnceLock::new(),
        };
        let mut listing = Listing::default();
        opened.list_directory("", header.seek_directory, 0, &mut listing)?;
        Ok(Self { inner: Arc::new(opened) })
    }

    /// Path or address of the file.
    pub fn name(&self) -> &str {
        self.inner.source.name()
    }

    /// All objects of all directories, in the order of the file.
    pub fn entries(&self) -> &[FileEntry] {
        &self.inner.entries
    }

    /// The trees that can be opened, in the order of the file; all cycles.
    pub fn trees(&self) -> impl Iterator<Item = &FileEntry> {
        self.entries().iter().filter(|entry| entry.is_tree())
    }

    /// Opens a tree by its path, with or without a cycle: `one/two/tree`, `events;3`. Without a cycle it is
    /// the newest.
    ///
    /// # Errors
    /// [`RootFileError::NoSuchTree`] with the trees that there are, [`RootFileError::RNTuple`],
    /// [`RootFileError::NotATree`], or what is broken.
    pub fn tree(&self, name: &str) -> Result<RootTree, RootFileError> {
        let entry = self.find(name)?;
        if entry.is_rntuple() {
            return Err(RootFileError::RNTuple { file: self.name().to_string(), key: entry.key_name() });
        }
        if !entry.is_tree() {
            return Err(RootFileError::NotATree {
                file: self.name().to_string(),
                key: entry.key_name(),
                class_name: entry.class_name.clone(),
                choices: self.trees().map(FileEntry::key_name).collect(),
            });
        }
        RootTree::read(Arc::clone(&self.inner), entry)
    }

    fn find(&self, name: &str) -> Result<&FileEntry, RootFileError> {
        let (path, cycle) = split_cycle(name);
        let fits = |entry: &&FileEntry| entry.path == path && cycle.is_none_or(|cycle| cycle == entry.cycle);
        if let Some(entry) = self.entries().iter().filter(fits).max_by_key(|entry| entry.cycle) {
            return Ok(entry);
        }
        let mut paths: Vec<&str> = self
            .entries()
            .iter()
            .filter(|entry| !entry.is_directory())
            .map(|entry| entry.path.as_str())
            .collect();
        paths.sort_unstable();
        paths.dedup();
        Err(RootFileError::NoSuchTree {
            file: self.name().to_string(),
            name: name.to_string(),
            choices: self.trees().map(FileEntry::key_name).collect(),
            nearest: nearest_names(path, paths, 3),
        })
    }
}

impl Opened {
    pub(crate) fn place(&self) -> Place {
        Place::file(self.source.name())
    }

    pub(crate) fn read(&self, place: &Place, range: Range<u64>) -> Result<Cow<'_, [u8]>, RootFileError> {
        self.source.read_at(range).map_err(|cause| place.source(cause))
    }

    fn list_directory(
        &mut self,
        path: &str,
        seek: u64,
        depth: usize,
        listing: &mut Listing,
    ) -> Result<(), RootFileError> {
        if depth > DEEPEST_DIRECTORY || !listing.visited.insert(seek) {
            return Ok(());
        }
        for key in self.directory_keys(seek)? {
            let path = if path.is_empty() { key.name.clone() } else { format!("{path}/{}", key.name) };
            listing.n_bytes += (size_of::<FileEntry>() + path.len() + key.title.len()) as u64;
            if listing.n_bytes > self.budget_bytes {
                return Err(RootFileError::Budget {
                    place: Box::new(self.place()),
                    attempted: "the list of objects",
                    claimed_bytes: listing.n_bytes,
                    budget_bytes: self.budget_bytes,
                });
            }
            let entry = FileEntry {
                path,
                cycle: key.cycle,
                class_name: key.class_name.clone(),
                title: key.title.clone(),
                stored_bytes: key.n_bytes as u64,
                key,
            };
            let inner = entry
                .is_directory()
                .then(|| (entry.path.clone(), entry.key.seek.saturating_add(entry.key.n_head_bytes as u64)));
            self.entries.push(entry);
            if let Some((path, seek)) = inner {
                self.list_directory(&path, seek, depth + 1, listing)?;
            }
        }
        Ok(())
    }

    fn directory_keys(&self, seek: u64) -> Result<Vec<Key>, RootFileError> {
        let place = self.place();
        let end = seek.saturating_add(DirectoryHead::MOST_BYTES).min(self.source.len());
        let bytes = self.read(&place, seek..end)?;
        let head = DirectoryHead::parse(&mut Cursor::new(&bytes))
            .map_err(|broken| place.broken("a directory", seek, broken))?;
        if head.seek_keys == 0 || head.n_key_bytes == 0 {
            let is_first = seek == self.seek_directory;
            return if is_first { self.unlisted_keys(&place) } else { Ok(Vec::new()) };
        }
        let bytes = self.read(&place, head.seek_keys..head.seek_keys.saturating_add(head.n_key_bytes))?;
        parse_key_list(&bytes).map_err(|broken| place.broken("a list of keys", head.seek_keys, broken))
    }

    fn unlisted_keys(&self, place: &Place) -> Result<Vec<Key>, RootFileError> {
        unclosed::keys(&*self.source, self.begin).map_err(|cause| place.source(cause))
    }

    /// The bytes of an object, decompressed where needed.
    pub(crate) fn read_object(&self, place: &Place, key: &Key) -> Result<Cow<'_, [u8]>, RootFileError> {
        const ATTEMPTED: &str = "an object";
        let record = self.read(place, key.seek..key.seek.saturating_add(key.n_bytes as u64))?;
        let broken = |reason: &str| {
            place.broken(ATTEMPTED, key.seek, Broken::new(key.n_head_bytes, reason.to_string()))
        };
        let body = match record {
            Cow::Borrowed(record) => record.get(key.n_head_bytes..).map(Cow::Borrowed),
            Cow::Owned(record) => record.get(key.n_head_bytes..).map(|body| Cow::Owned(body.to_vec())),
        };
        let body = body.ok_or_else(|| broken("the head is longer than the record"))?;
        if body.len() == key.n_object_bytes {
            return Ok(body);
        }
        let n_bytes = key.n_object_bytes;
        if n_bytes as u64 > self.budget_bytes {
            return Err(RootFileError::Budget {
                place: Box::new(place.clone()),
                attempted: ATTEMPTED,
                claimed_bytes: n_bytes as u64,
                budget_bytes: self.budget_bytes,
            });
        }
        let start = key.seek.saturating_add(key.n_head_bytes as u64);
        codec::lengths_agree(&body, n_bytes).map_err(|broken| place.broken(ATTEMPTED, start, broken))?;
        let mut object = vec![0; n_bytes];
        codec::decompress(&body, &mut object).map_err(|broken| place.broken(ATTEMPTED, start, broken))?;
        Ok(Cow::Owned(object))
    }

    /// The descriptions of the classes in this file, read at first use. A file without them, or with broken
    /// ones, has none: branches that need them are then named unreadable one by one.
    pub(crate) fn streamer_infos(&self) -> &StreamerInfos {
        self.streamer_infos.get_or_init(|| self.read_streamer_infos().unwrap_or_default())
    }

    fn read_streamer_infos(&self) -> Result<StreamerInfos, RootFileError> {
        const MOST_HEAD_BYTES: u64 = 1024;
        if self.seek_info == 0 {
            return Ok(StreamerInfos::default());
        }
        let place = self.place();
        let end = self.seek_info.saturating_add(MOST_HEAD_BYTES).min(self.source.len());
        let head = self.read(&place, self.seek_info..end)?;
        let broken = |broken| place.broken("descriptions of classes", self.seek_info, broken);
        let mut key = Key::parse(&mut Cursor::new(&head)).map_err(broken)?;
        key.seek = self.seek_info;
        let object = self.read_object(&place, &key)?;
        StreamerInfos::parse(&object, key.n_head_bytes).map_err(broken)
    }
}

/// What the first bytes of a file say.
struct FileHeader {
    begin: u64,
    seek_directory: u64,
    seek_info: u64,
}

impl FileHeader {
    /// Files above 2 GB add this to their version and have addresses of 64 bits.
    const LONG_ADDRESSES: u32 = 1_000_000;
    const MOST_BYTES: u64 = 64 + 18;

    fn read(source: &dyn ByteSource) -> Result<Self, RootFileError> {
        let place = Place::file(source.name());
        let read = |range: Range<u64>| -> Result<Cow<'_, [u8]>, ByteSourceError> { source.read_at(range) };
        let bytes = read(0..Self::MOST_BYTES.min(source.len())).map_err(|cause| place.source(cause))?;
        if !bytes.starts_with(b"root") {
            let found = String::from_utf8_lossy(&bytes[..bytes.len().min(4)]).into_owned();
            return Err(RootFileError::NotRoot { file: source.name().to_string(), found });
        }
        Self::parse(&bytes).map_err(|broken| place.broken("the file header", 0, broken))
    }

    fn parse(bytes: &[u8]) -> Result<Self, Broken> {
        let mut cursor = Cursor::new(bytes);
        cursor.skip(4)?;
        let version = cursor.u32()?;
        let begin = u64::from(cursor.u32()?);
        let long = version >= Self::LONG_ADDRESSES;
        // End of the file and of the list of free places, which a reader does not need.
        cursor.skip(if long { 16 } else { 8 })?;
        cursor.skip(8)?;
        let n_name_bytes = u64::from(cursor.u32()?);
        cursor.skip(5)?;
        let seek_info = if long { cursor.u64()? } else { u64::from(cursor.u32()?) };
        Ok(Self { begin, seek_directory: begin + n_name_bytes, seek_info })
    }
}

/// `name;3` as name and cycle; a part behind a semicolon that is no number belongs to the name.
fn split_cycle(name: &str) -> (&str, Option<i16>) {
    let name = name.trim_start_matches('/');
    match name.rsplit_once(';').map(|(path, cycle)| (path, cycle.parse())) {
        Some((path, Ok(cycle))) => (path, Some(cycle)),
        _ => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use byte_source::MemoryBytes;

    #[test]
    fn cycles() {
        assert_eq!(split_cycle("a/b;3"), ("a/b", Some(3)));
        assert_eq!(split_cycle("/a/b"), ("a/b", None));
        assert_eq!(split_cycle("a;b"), ("a;b", None));
    }

    #[test]
    fn other_files_are_refused() {
        let open =
            |bytes: &[u8]| RootFile::open_source(Arc::new(MemoryBytes::new("f", bytes.to_vec()))).err();
        assert!(matches!(open(b""), Some(RootFileError::NotRoot { .. })));
        assert!(matches!(open(b"PAR1...."), Some(RootFileError::NotRoot { .. })));
        assert!(matches!(open(b"root\0\0"), Some(RootFileError::Broken { .. })));
        assert!(matches!(open(&[b"root".as_slice(), &[9; 90]].concat()), Some(RootFileError::Source { .. })));
    }
}
