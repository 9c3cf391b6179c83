//! A `TTree` as it is stored: its branches, their leaves, and where their baskets are.
//!
//! Names and lists of baskets stay in the bytes of the object until somebody asks, because opening a file of a
//! thousand branches should cost milliseconds. Format: the `TStreamerInfo` of `TTree` 16 to 20, `TBranch` 10 to
//! 13, `TBranchElement` 8 to 10 (ROOT 5.23 to 6.40). Older versions are read in `old_tree.rs`.

use crate::cursor::{Broken, Cursor, ObjectHeader};
use crate::object_stream::{Classes, NewObject, Pointer, array_head, end_of};
use crate::old_tree::{self, OLDEST_BRANCH, OLDEST_TREE};
use crate::streamer_info::StreamerInfos;
use std::collections::HashMap;
use std::ops::Range;

/// Branches inside branches are not followed beyond this.
const DEEPEST_BRANCH: usize = 64;

/// Positions of a text in the bytes of the tree.
pub(crate) type Span = Range<usize>;

#[derive(Debug, Default)]
pub(crate) struct TreeRecord {
    pub(crate) n_entries: i64,
    /// Entries in a cluster when positive, bytes when negative, not flushed together when 0.
    pub(crate) auto_flush: i64,
    /// Branches of the first level, as positions in `branches`.
    pub(crate) top: Vec<usize>,
    pub(crate) branches: Vec<BranchRecord>,
    pub(crate) leaves: Vec<LeafRecord>,
}

/// What kind of branch this is, by its C++ class.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum BranchClass {
    /// `TBranch`: its leaves say everything.
    #[default]
    Plain,
    /// `TBranchElement`: a member of a split object, or a whole object.
    Element,
    /// Others, by name.
    Other(String),
}

#[derive(Debug, Default)]
pub(crate) struct BranchRecord {
    pub(crate) class: BranchClass,
    pub(crate) name: Span,
    /// The file where the baskets are; empty when it is this one.
    pub(crate) other_file: Span,
    pub(crate) compression: i32,
    /// Baskets written, and the number of the one that was being filled.
    pub(crate) n_written: usize,
    pub(crate) n_places: usize,
    pub(crate) n_entries: i64,
    pub(crate) first_entry: i64,
    pub(crate) n_decoded_bytes: i64,
    pub(crate) n_stored_bytes: i64,
    pub(crate) children: Vec<usize>,
    pub(crate) leaves: Vec<usize>,
    /// Where the lists of basket lengths, first entries and addresses are; each has `n_places` numbers.
    pub(crate) lengths_at: usize,
    pub(crate) entries_at: usize,
    pub(crate) seeks_at: usize,
    /// Whether first entries and addresses have 32 bits, as in old files.
    pub(crate) has_short_entries: bool,
    pub(crate) has_short_seeks: bool,
    /// Baskets that are kept inside the tree, by their number.
    pub(crate) embedded: Vec<(usize, Span)>,
    pub(crate) element: Option<ElementRecord>,
}

/// What a `TBranchElement` adds.
#[derive(Debug, Default)]
pub(crate) struct ElementRecord {
    pub(crate) class_name: Span,
    pub(crate) parent_name: Span,
    pub(crate) checksum: u32,
    pub(crate) class_version: i32,
    /// Position of the member in its class; -1 for a whole object.
    pub(crate) id: i32,
    /// 0 a leaf, 1 a base class, 2 an object, 3 and 4 collections, 31 and 41 their members.
    pub(crate) kind: i32,
    /// ROOT's number for the type of the member.
    pub(crate) streamer_type: i32,
    /// The branch whose values count the items.
    pub(crate) count_branch: Option<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct LeafRecord {
    /// The class without its prefix `TLeaf`: `F`, `I`, `Element`.
    pub(crate) kind: String,
    pub(crate) name: Span,
    pub(crate) title: Span,
    /// Values in one entry, or in one item of a list.
    pub(crate) n_values: i32,
    pub(crate) is_unsigned: bool,
    /// The leaf whose values count the items.
    pub(crate) count_leaf: Option<usize>,
    /// The branch that it was listed in.
    pub(crate) branch: usize,
    /// ROOT's number for the type, of a `TLeafElement`.
    pub(crate) streamer_type: i32,
}

/// The tree's version is not one of those that can be read.
#[derive(Debug, PartialEq)]
pub(crate) enum Refused {
    Broken(Broken),
    Version { class_name: &'static str, version: u16, known: &'static str },
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// Reads a tree from the bytes of its object; `n_head_bytes` is the length of the key in front. Descriptions of
/// classes are asked for only where the tree is old.
pub(crate) fn parse<'infos>(
    object: &[u8],
    n_head_bytes: usize,
    class_name: &str,
    streamer_infos: &'infos dyn Fn() -> &'infos StreamerInfos,
) -> Result<TreeRecord, Refused> {
    let mut cursor = Cursor::with_origin(object, n_head_bytes);
    // An n-tuple is a tree with a number behind it.
    if class_name == "TNtuple" || class_name == "TNtupleD" {
        cursor.header()?;
    }
    let mut parser = Parser {
        cursor,
        classes: Classes::default(),
        known: HashMap::new(),
        tree: TreeRecord::default(),
        streamer_infos,
    };
    parser.tree()?;
    Ok(parser.tree)
}

/// An object that later pointers may refer to.
#[derive(Clone, Copy)]
enum Known {
    Branch(usize),
    Leaf(usize),
}

pub(crate) struct Parser<'a, 'infos> {
    pub(crate) cursor: Cursor<'a>,
    classes: Classes<'a>,
    known: HashMap<u32, Known>,
    pub(crate) tree: TreeRecord,
    pub(crate) streamer_infos: &'infos dyn Fn() -> &'infos StreamerInfos,
}

impl<'a> Parser<'a, '_> {
    fn tree(&mut self) -> Result<(), Refused> {
        let header = self.cursor.header()?;
        let version = header.version;
        match version {
            OLDEST_TREE..16 => return self.old_tree(version),
            16..=40 => {}
            _ => {
                let known = "5 and later (ROOT 3.00)";
                return Err(Refused::Version { class_name: "TTree", version, known });
            }
        }
        self.cursor.named()?;
        for _attributes_of_line_fill_and_marker in 0..3 {
            self.cursor.skip_object()?;
        }
        let cursor = &mut self.cursor;
        self.tree.n_entries = cursor.i64()?;
        // Bytes in all, compressed, saved, and since 18 flushed; then a weight.
        cursor.skip(if version >= 18 { 4 * 8 } else { 3 * 8 } + 8)?;
        // Timer, scan field, update, and since 17 the length of a basket's offsets.
        cursor.skip(if version >= 17 { 4 * 4 } else { 3 * 4 })?;
        let n_cluster_ranges = if version >= 19 { cursor.u32()? as usize } else { 0 };
        // Limits of entries, loops, memory and saving.
        cursor.skip(4 * 8)?;
        self.tree.auto_flush = if version >= 18 { cursor.i64()? } else { 0 };
        cursor.skip(8)?;
        if version >= 19 {
            for _end_and_size in 0..2 {
                cursor.skip(1 + n_cluster_ranges.saturating_mul(8))?;
            }
        }
        if version >= 20 {
            cursor.skip_object()?;
        }
        self.tree.top = self.branches(0)?;
        Ok(())
    }

    pub(crate) fn span(&mut self) -> Result<Span, Broken> {
        let text = self.cursor.string_bytes()?;
        let end = self.cursor.position();
        Ok(end - text.len()..end)
    }

    fn named(&mut self) -> Result<(Span, Span), Broken> {
        let header = self.cursor.header()?;
        self.cursor.object_base()?;
        let spans = (self.span()?, self.span()?);
        self.cursor.end_of(header)?;
        Ok(spans)
    }

    /// A list of pointers to branches.
    pub(crate) fn branches(&mut self, depth: usize) -> Result<Vec<usize>, Refused> {
        let (header, count) = array_head(&mut self.cursor)?;
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            if let Some(branch) = self.branch_pointer(depth)? {
                list.push(branch);
            }
        }
        self.cursor.end_of(header)?;
        Ok(list)
    }

    pub(crate) fn branch_pointer(&mut self, depth: usize) -> Result<Option<usize>, Refused> {
        match self.classes.pointer(&mut self.cursor)? {
            Pointer::Null => Ok(None),
            Pointer::Seen(number) => match self.known.get(&number) {
                Some(Known::Branch(branch)) => Ok(Some(*branch)),
                _ => Ok(None),
            },
            Pointer::New(object) => {
                if depth > DEEPEST_BRANCH {
                    return Err(self.cursor.broken("branches inside branches without end").into());
                }
                let position = self.tree.branches.len();
                self.tree.branches.push(BranchRecord::default());
                self.known.insert(object.number, Known::Branch(position));
                let branch = self.branch(&object, position, depth)?;
                self.tree.branches[position] = branch;
                end_of(&mut self.cursor, &object)?;
                Ok(Some(position))
            }
        }
    }

    fn branch(
        &mut self,
        object: &NewObject<'a>,
        position: usize,
        depth: usize,
    ) -> Result<BranchRecord, Refused> {
        if object.class_name == "TBranch" {
            return self.plain_branch(position, depth);
        }
        let header = self.cursor.header()?;
        // These begin with a whole `TBranch`; the rest of the family keeps at least its name in front.
        if !matches!(object.class_name, "TBranchElement" | "TBranchObject" | "TBranchSTL") {
            let (name, _) = self.named()?;
            let class = BranchClass::Other(object.class_name.to_string());
            return Ok(BranchRecord { class, name, ..BranchRecord::default() });
        }
        let mut branch = self.plain_branch(position, depth)?;
        if object.class_name == "TBranchElement" {
            branch.class = BranchClass::Element;
            branch.element = Some(self.element(header, depth)?);
        } else {
            branch.class = BranchClass::Other(object.class_name.to_string());
        }
        Ok(branch)
    }

    fn plain_branch(&mut self, position: usize, depth: usize) -> Result<BranchRecord, Refused> {
        let header = self.cursor.header()?;
        let version = header.version;
        if !(OLDEST_BRANCH..=30).contains(&version) {
            let known = "6 and later (ROOT 3.00)";
            return Err(Refused::Version { class_name: "TBranch", version, known });
        }
        let (name, _) = self.named()?;
        if version > 7 {
            self.cursor.skip_object()?;
        }
        let mut branch = BranchRecord { name, ..BranchRecord::default() };
        if version < 10 {
            old_tree::branch_numbers(&mut self.cursor, version, &mut branch)?;
        } else {
            self.branch_numbers(version, &mut branch)?;
        }
        branch.children = self.branches(depth + 1)?;
        branch.leaves = self.leaves(position)?;
        self.embedded_baskets(&mut branch)?;
        self.basket_lists(&mut branch)?;
        branch.other_file = self.span()?;
        self.cursor.end_of(header)?;
        Ok(branch)
    }

    fn branch_numbers(&mut self, version: u16, branch: &mut BranchRecord) -> Result<(), Broken> {
        let cursor = &mut self.cursor;
        branch.compression = cursor.i32()?;
        // Bytes of a basket, and bytes of its list of offsets.
        cursor.skip(8)?;
        let n_written = cursor.i32()?;
        branch.n_written =
            usize::try_from(n_written).map_err(|_| cursor.broken("a negative number of baskets"))?;
        let entry_number = cursor.i64()?;
        if version >= 13 {
            cursor.skip_object()?;
        }
        cursor.skip(4)?;
        let n_places = cursor.u32()? as usize;
        branch.n_places = n_places;
        cursor.skip(4)?;
        branch.n_entries = cursor.i64()?;
        // Trees that were filled with their baskets in memory have only the number of the next entry.
        if branch.n_entries == 0 {
            branch.n_entries = entry_number;
        }
        branch.first_entry = if version >= 11 { cursor.i64()? } else { 0 };
        branch.n_decoded_bytes = cursor.i64()?;
        branch.n_stored_bytes = cursor.i64()?;
        Ok(())
    }

    fn basket_lists(&mut self, branch: &mut BranchRecord) -> Result<(), Broken> {
        let cursor = &mut self.cursor;
        let n_places = branch.n_places;
        // In front of each list is one byte: 0 when it is absent, in old files 2 when its addresses have 64 bits.
        let list = |cursor: &mut Cursor<'_>, bytes_each: usize| -> Result<usize, Broken> {
            let start = cursor.position();
            cursor
                .skip(n_places.checked_mul(bytes_each).ok_or_else(|| cursor.broken("a list without end"))?)?;
            Ok(start)
        };
        cursor.skip(1)?;
        branch.lengths_at = list(cursor, 4)?;
        cursor.skip(1)?;
        branch.entries_at = list(cursor, if branch.has_short_entries { 4 } else { 8 })?;
        let mark = cursor.u8()?;
        branch.has_short_seeks = branch.has_short_entries && mark != old_tree::LONG_ADDRESSES;
        branch.seeks_at = list(cursor, if branch.has_short_seeks { 4 } else { 8 })?;
        Ok(())
    }

    fn embedded_baskets(&mut self, branch: &mut BranchRecord) -> Result<(), Broken> {
        let (header, count) = array_head(&mut self.cursor)?;
        for number in 0..count {
            if let Pointer::New(object) = self.classes.pointer(&mut self.cursor)? {
                let start = self.cursor.position();
                let end = object.end.ok_or_else(|| self.cursor.broken("a basket without length"))?;
                self.cursor.move_to(end)?;
                branch.embedded.push((number, start..end));
            }
        }
        self.cursor.end_of(header)
    }

    fn leaves(&mut self, branch: usize) -> Result<Vec<usize>, Refused> {
        let (header, count) = array_head(&mut self.cursor)?;
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            if let Some(leaf) = self.leaf_pointer(0)? {
                self.tree.leaves[leaf].branch = branch;
                list.push(leaf);
            }
        }
        self.cursor.end_of(header)?;
        Ok(list)
    }

    fn leaf_pointer(&mut self, depth: usize) -> Result<Option<usize>, Refused> {
        match self.classes.pointer(&mut self.cursor)? {
            Pointer::Null => Ok(None),
            Pointer::Seen(number) => match self.known.get(&number) {
                Some(Known::Leaf(leaf)) => Ok(Some(*leaf)),
                _ => Ok(None),
            },
            Pointer::New(object) => {
                if depth > DEEPEST_BRANCH {
                    return Err(self.cursor.broken("leaves that count leaves without end").into());
                }
                let position = self.tree.leaves.len();
                self.tree.leaves.push(LeafRecord { branch: usize::MAX, ..LeafRecord::default() });
                self.known.insert(object.number, Known::Leaf(position));
                let leaf = self.leaf(&object, depth)?;
                self.tree.leaves[position] = leaf;
                end_of(&mut self.cursor, &object)?;
                Ok(Some(position))
            }
        }
    }

    fn leaf(&mut self, object: &NewObject<'a>, depth: usize) -> Result<LeafRecord, Refused> {
        let Some(kind) = object.class_name.strip_prefix("TLeaf") else {
            let reason = format!("a {} where a leaf should be", object.class_name);
            return Err(self.cursor.broken(reason).into());
        };
        self.cursor.header()?;
        let header = self.cursor.header()?;
        let (name, title) = self.named()?;
        let n_values = self.cursor.i32()?;
        self.cursor.skip(8)?;
        let _has_range = self.cursor.u8()?;
        let is_unsigned = self.cursor.u8()? != 0;
        let count_leaf = self.leaf_pointer(depth + 1)?;
        self.cursor.end_of(header)?;
        let mut leaf = LeafRecord {
            kind: kind.to_string(),
            name,
            title,
            n_values,
            is_unsigned,
            count_leaf,
            branch: usize::MAX,
            streamer_type: -1,
        };
        if kind == "Element" {
            self.cursor.skip(4)?;
            leaf.streamer_type = self.cursor.i32()?;
        }
        Ok(leaf)
    }

    fn element(&mut self, header: ObjectHeader, depth: usize) -> Result<ElementRecord, Refused> {
        let version = header.version;
        match version {
            1..8 => return self.old_element(version, depth),
            8..=30 => {}
            _ => {
                let known = "1 and later (ROOT 3.01)";
                return Err(Refused::Version { class_name: "TBranchElement", version, known });
            }
        }
        let (class_name, parent_name, _clones_name) = (self.span()?, self.span()?, self.span()?);
        let cursor = &mut self.cursor;
        let checksum = cursor.u32()?;
        let class_version = if version >= 10 { i32::from(cursor.i16()?) } else { cursor.i32()? };
        let (id, kind, streamer_type) = (cursor.i32()?, cursor.i32()?, cursor.i32()?);
        cursor.skip(4)?;
        let count_branch = self.branch_pointer(depth + 1)?;
        let _count_branch_2 = self.branch_pointer(depth + 1)?;
        Ok(ElementRecord {
            class_name,
            parent_name,
            checksum,
            class_version,
            id,
            kind,
            streamer_type,
            count_branch,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_are_too_old_are_named() {
        let infos = StreamerInfos::default();
        let parse = |object: &[u8]| super::parse(object, 0, "TTree", &|| &infos).unwrap_err();
        let object = |version| [0x40, 0, 0, 4, 0, version, 0, 0];
        assert!(matches!(parse(&object(4)), Refused::Version { class_name: "TTree", version: 4, .. }));
        // A version that only the file itself can describe.
        assert!(matches!(parse(&object(5)), Refused::Version { class_name: "TTree", version: 5, .. }));
        assert!(matches!(parse(&[]), Refused::Broken(_)));
    }
}
