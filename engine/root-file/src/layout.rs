//! From what a tree says about a branch to how its entries are read, or why they cannot be.

use crate::numbers::{Stored, truncated};
use crate::streamer_info::StreamerInfos;
use crate::tree_record::{BranchClass, BranchRecord, ElementRecord, LeafRecord, Span, TreeRecord};
use event_columns::{ColumnType, ElementType};
use std::borrow::Cow;

/// How the entries of a branch, or of one leaf of it, are stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) column_type: ColumnType,
    pub(crate) stored: Stored,
    pub(crate) shape: Shape,
    /// The branch whose numbers say how many items each entry has, for baskets without offsets.
    pub(crate) counter: Option<Counter>,
}

/// A leaf whose values count the items of others: its branch, and its place among the leaves of that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counter {
    pub(crate) branch: usize,
    pub(crate) leaf: usize,
}

impl Layout {
    /// The branch of a split collection holds how many items each entry has; their members are branches below.
    pub(crate) fn number_of_items() -> Self {
        let stored = Stored::Plain(ElementType::I32);
        let shape = Shape::Fixed { stride: stored.n_bytes(), offset: 0 };
        Self { column_type: ColumnType::flat(stored.element()), stored, shape, counter: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// Entries of `stride` bytes with the values at `offset`.
    Fixed { stride: usize, offset: usize },
    /// A list of numbers behind a head: none for `x[n]`, 1 byte for a member that is an array, 4 bytes for a
    /// `TArrayI` (number of items), 10 bytes for `vector<T>` (length in bytes, version, number of items).
    List { head_bytes: usize },
    /// The bits of a `TObject`, one number or a list, each with two bytes more where others refer to the object.
    ObjectBits,
    /// Strings, lists of lists and lists of strings, read one after the other.
    Nested { head: Head },
}

/// What stands in front of a nested entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Head {
    /// Nothing; a list goes on to the end of the entry.
    None,
    /// Nothing; a text has a length of 32 bits in front.
    LongText,
    /// Length and version; a list goes on to the end of that length.
    Versioned,
    /// Length and version, then the number of items.
    Counted,
}

/// Bytes in front of the numbers of a `vector<T>`.
pub(crate) const VECTOR_HEAD_BYTES: usize = 10;

/// The kind of a branch that is a split `TClonesArray`.
const CLONES: i32 = 3;
/// The kind of a branch that is another split collection.
const COLLECTION: i32 = 4;

/// What can be said about one column: its type in C++ words, and how it is read or why not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Described {
    pub(crate) type_name: String,
    pub(crate) layout: Result<Layout, String>,
}

/// Reads texts of the tree and class descriptions for [`describe`].
pub(crate) struct Describer<'a> {
    pub(crate) object: &'a [u8],
    pub(crate) tree: &'a TreeRecord,
    /// Fetched only when a member's type is asked for.
    pub(crate) streamer_infos: &'a dyn Fn() -> &'a StreamerInfos,
}

/// ROOT's numbers for member types (`TVirtualStreamerInfo::EReadWrite`).
mod code {
    pub(super) const ARRAY: i32 = 20;
    pub(super) const POINTER: i32 = 40;
    pub(super) const DOUBLE32: i32 = 9;
    pub(super) const FLOAT16: i32 = 19;
    /// The bits of a `TObject`.
    pub(super) const BITS: i32 = 15;
}

impl<'a> Describer<'a> {
    /// A text of the tree; a very long one is cut, because a damaged tree can repeat it for every branch.
    pub(crate) fn text(&self, span: &Span) -> &'a str {
        const MOST_BYTES: usize = 4096;
        let bytes = self.object.get(span.clone()).unwrap_or_default();
        let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
        std::str::from_utf8(bytes).unwrap_or("?")
    }

    /// A name as text, whatever its bytes.
    pub(crate) fn name(&self, span: &Span) -> Cow<'a, str> {
        String::from_utf8_lossy(self.object.get(span.clone()).unwrap_or_default())
    }

    /// Whether a branch holds the number of items of a collection whose members are branches below.
    pub(crate) fn counts_items(branch: &BranchRecord) -> bool {
        branch.element.as_ref().is_some_and(|element| matches!(element.kind, CLONES | COLLECTION))
    }

    /// The columns of a branch: one, or one for each leaf with the leaf's name.
    pub(crate) fn columns(&self, branch: &BranchRecord) -> Vec<(Option<&'a str>, Described)> {
        if branch.class == BranchClass::Plain && branch.leaves.len() > 1 {
            return self.leaf_list(branch);
        }
        vec![(None, self.column(branch))]
    }

    fn column(&self, branch: &BranchRecord) -> Described {
        let refused = |type_name: &str, reason: &str| Described {
            type_name: type_name.to_string(),
            layout: Err(reason.to_string()),
        };
        if !self.text(&branch.other_file).is_empty() {
            let file = self.text(&branch.other_file);
            return refused("", &format!("its baskets are in another file, {file}: open that one"));
        }
        if let BranchClass::Other(class_name) = &branch.class {
            return refused(
                class_name,
                &format!("a {class_name} holds whole objects; only numbers and text are read"),
            );
        }
        if branch.element.as_ref().is_some_and(|element| element.kind == CLONES) {
            let layout = Ok(Layout::number_of_items());
            return Described { type_name: "TClonesArray".to_string(), layout };
        }
        if !branch.children.is_empty() {
            let type_name = branch.element.as_ref().map_or("", |element| self.text(&element.class_name));
            return refused(type_name, "a group of branches: read its members one by one");
        }
        match (&branch.element, branch.leaves.as_slice()) {
            (_, []) => refused("", "it has no leaf"),
            (Some(element), [leaf, ..]) => self.member(branch, element, &self.tree.leaves[*leaf]),
            (None, [leaf, ..]) => self.single_leaf(branch, &self.tree.leaves[*leaf]),
        }
    }

    /// Leaves that share the entries of one branch, such as `x/D:y/I`.
    fn leaf_list(&self, branch: &BranchRecord) -> Vec<(Option<&'a str>, Described)> {
        let leaves: Vec<&LeafRecord> = branch.leaves.iter().map(|leaf| &self.tree.leaves[*leaf]).collect();
        let sizes: Option<Vec<usize>> = leaves
            .iter()
            .map(|leaf| {
                let (stored, _) = self.number(leaf)?;
                leaf.count_leaf.is_none().then(|| stored.n_bytes() * width(leaf))
            })
            .collect();
        let mut offset = 0;
        let mut columns = Vec::with_capacity(leaves.len());
        for (position, leaf) in leaves.iter().enumerate() {
            let name = self.text(&leaf.name);
            let described = match (&sizes, self.number(leaf)) {
                (Some(sizes), Some((stored, word))) => {
                    let shape = Shape::Fixed { stride: sizes.iter().sum(), offset };
                    offset += sizes[position];
                    let column_type = ColumnType::fixed(stored.element(), width(leaf));
                    let layout = Layout { column_type, stored, shape, counter: None };
                    Described {
                        type_name: with_dimensions(word, leaf, self.text(&leaf.title), None),
                        layout: Ok(layout),
                    }
                }
                (_, number) => Described {
                    type_name: number
                        .map_or_else(|| format!("TLeaf{}", leaf.kind), |(_, word)| word.to_string()),
                    layout: Err(
                        "it shares its branch with text or with a list of variable length".to_string()
                    ),
                },
            };
            columns.push((Some(name), described));
        }
        columns
    }

    fn single_leaf(&self, branch: &BranchRecord, leaf: &LeafRecord) -> Described {
        if leaf.kind == "C" {
            let column_type = ColumnType::flat(ElementType::Text);
            let shape = Shape::Nested { head: Head::None };
            let stored = Stored::Plain(ElementType::Text);
            let layout = Layout { column_type, stored, shape, counter: None };
            return Described { type_name: "char*".to_string(), layout: Ok(layout) };
        }
        let Some((stored, word)) = self.number(leaf) else {
            let type_name = format!("TLeaf{}", leaf.kind);
            let reason = format!("a leaf of class {type_name} is not known");
            return Described { type_name, layout: Err(reason) };
        };
        let _ = branch;
        self.numbers(leaf, stored, word, 0)
    }

    /// One number, a fixed array or a list, by the leaf's length and counter.
    fn numbers(&self, leaf: &LeafRecord, stored: Stored, word: &str, head_bytes: usize) -> Described {
        let width = width(leaf);
        let counter = leaf.count_leaf.and_then(|count| self.tree.leaves.get(count));
        let type_name =
            with_dimensions(word, leaf, self.text(&leaf.title), counter.map(|count| self.text(&count.name)));
        let layout = match counter {
            None => Layout {
                column_type: ColumnType::fixed(stored.element(), width),
                stored,
                shape: Shape::Fixed { stride: stored.n_bytes() * width, offset: 0 },
                counter: None,
            },
            Some(_) => Layout {
                column_type: ColumnType { element: stored.element(), depth: 1, width },
                stored,
                shape: Shape::List { head_bytes },
                counter: self.counter(leaf),
            },
        };
        Described { type_name, layout: Ok(layout) }
    }

    /// Where the numbers of items of a leaf are.
    fn counter(&self, leaf: &LeafRecord) -> Option<Counter> {
        let count = leaf.count_leaf?;
        let branch = self.tree.leaves.get(count)?.branch;
        let leaf = self.tree.branches.get(branch)?.leaves.iter().position(|own| *own == count)?;
        Some(Counter { branch, leaf })
    }

    /// How the numbers of a leaf are stored, and their type in words.
    fn number(&self, leaf: &LeafRecord) -> Option<(Stored, &'static str)> {
        use ElementType::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
        let plain = |element, word| Some((Stored::Plain(element), word));
        match (leaf.kind.as_str(), leaf.is_unsigned) {
            ("O", _) => plain(Bool, "bool"),
            ("B", false) => plain(I8, "char"),
            ("B", true) => plain(U8, "unsigned char"),
            ("S", false) => plain(I16, "short"),
            ("S", true) => plain(U16, "unsigned short"),
            ("I", false) => plain(I32, "int"),
            ("I", true) => plain(U32, "unsigned int"),
            ("L" | "G", false) => plain(I64, "Long64_t"),
            ("L" | "G", true) => plain(U64, "ULong64_t"),
            ("F", _) => plain(F32, "float"),
            ("D", _) => plain(F64, "double"),
            ("F16", _) => Some((truncated(self.text(&leaf.title), false), "Float16_t")),
            ("D32", _) => Some((truncated(self.text(&leaf.title), true), "Double32_t")),
            _ => None,
        }
    }

    /// A member of a split object, or a whole object.
    fn member(&self, branch: &BranchRecord, element: &ElementRecord, leaf: &LeafRecord) -> Described {
        let in_collection = matches!(element.kind, 31 | 41);
        let member_type = element.streamer_type;
        let basic = if member_type > code::ARRAY && member_type < code::POINTER {
            member_type - code::ARRAY
        } else if member_type > code::POINTER && member_type < code::POINTER + code::ARRAY {
            member_type - code::POINTER
        } else {
            member_type
        };
        if matches!(basic, code::DOUBLE32 | code::FLOAT16) && self.streamer_element(branch, element).is_none()
        {
            let reason = "the file does not describe its class, and so not the range of its numbers";
            return Described { type_name: "Double32_t".to_string(), layout: Err(reason.to_string()) };
        }
        if let Some((stored, word)) = self.basic_member(branch, element, basic) {
            let is_pointer = member_type > code::POINTER;
            if is_pointer && in_collection {
                let reason = "a list of variable length inside a collection".to_string();
                return Described { type_name: format!("{word}*"), layout: Err(reason) };
            }
            let mut described = self.basic_numbers(element, leaf, stored, word, is_pointer);
            if let (Ok(layout), code::BITS) = (&mut described.layout, basic) {
                layout.shape = Shape::ObjectBits;
            }
            return described;
        }
        self.container_member(branch, element, leaf, in_collection)
    }

    fn basic_numbers(
        &self,
        element: &ElementRecord,
        leaf: &LeafRecord,
        stored: Stored,
        word: &str,
        is_pointer: bool,
    ) -> Described {
        let mut described = self.numbers(leaf, stored, word, usize::from(is_pointer));
        if let (Ok(layout), Some(count)) = (&mut described.layout, element.count_branch)
            && layout.shape == (Shape::List { head_bytes: 0 })
        {
            layout.counter = Some(Counter { branch: count, leaf: 0 });
        }
        described
    }

    fn basic_member(
        &self,
        branch: &BranchRecord,
        element: &ElementRecord,
        basic: i32,
    ) -> Option<(Stored, &'static str)> {
        use ElementType::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
        let (plain, word) = match basic {
            1 | 10 => (I8, "char"),
            2 => (I16, "short"),
            3 | 6 => (I32, "int"),
            4 | 16 => (I64, "Long64_t"),
            5 => (F32, "float"),
            8 => (F64, "double"),
            code::DOUBLE32 => {
                return Some((truncated(self.member_title(branch, element), true), "Double32_t"));
            }
            11 => (U8, "unsigned char"),
            12 => (U16, "unsigned short"),
            13 | 15 => (U32, "unsigned int"),
            14 | 17 => (U64, "ULong64_t"),
            18 => (Bool, "bool"),
            code::FLOAT16 => {
                return Some((truncated(self.member_title(branch, element), false), "Float16_t"));
            }
            _ => return None,
        };
        Some((Stored::Plain(plain), word))
    }

    fn member_title(&self, branch: &BranchRecord, element: &ElementRecord) -> &'a str {
        self.streamer_element(branch, element).map_or("", |member| member.title.as_str())
    }

    /// The description of the member behind a branch.
    pub(crate) fn streamer_element(
        &self,
        branch: &BranchRecord,
        element: &ElementRecord,
    ) -> Option<&'a crate::streamer_info::StreamerElement> {
        let infos = (self.streamer_infos)();
        let class_name = self.text(&element.class_name);
        let member = member_name(self.text(&branch.name));
        let fits = |found: &&crate::streamer_info::StreamerElement| found.name == member;
        let by_number = infos
            .find(class_name, element.checksum, element.class_version)
            .and_then(|info| info.elements.get(usize::try_from(element.id).ok()?))
            .filter(fits);
        by_number
            .or_else(|| infos.member(class_name, member))
            .or_else(|| infos.member(self.text(&element.parent_name), member))
    }
}

/// Values in one entry or item of a leaf; a length that makes no sense counts as 1.
pub(crate) fn width(leaf: &LeafRecord) -> usize {
    usize::try_from(leaf.n_values).unwrap_or(1).max(1)
}

/// `float[n][2][3]`: the counter, and the fixed dimensions as the title of the leaf, `x[n][2][3]`, has them.
fn with_dimensions(word: &str, leaf: &LeafRecord, title: &str, counter: Option<&str>) -> String {
    let list = counter.map_or_else(String::new, |name| format!("[{name}]"));
    format!("{word}{list}{}", fixed_dimensions(title, width(leaf)))
}

/// `[2][3]`; `[6]` where the title says something else than the number of values does.
fn fixed_dimensions(title: &str, width: usize) -> String {
    if width < 2 {
        return String::new();
    }
    let of_title = title.split('[').skip(1).filter_map(|rest| rest.split(']').next()?.parse::<usize>().ok());
    let dimensions: Vec<usize> = of_title.collect();
    let product = dimensions.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
    let dimensions = if product == Some(width) { dimensions } else { vec![width] };
    dimensions.iter().fold(String::new(), |text, length| text + "[" + &length.to_string() + "]")
}

/// `evt.P3.Px[3]` is the member `Px`.
fn member_name(branch_name: &str) -> &str {
    let name = branch_name.split('[').next().unwrap_or(branch_name).trim_end_matches('.');
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions() {
        assert_eq!(fixed_dimensions("x[n][2][3]", 6), "[2][3]");
        assert_eq!(fixed_dimensions("x[4]", 4), "[4]");
        assert_eq!(fixed_dimensions("x", 1), "");
        assert_eq!(fixed_dimensions("x[2][", 6), "[6]");
        assert_eq!(fixed_dimensions("x[18446744073709551615][2]", 6), "[6]");
    }

    #[test]
    fn members() {
        assert_eq!(member_name("evt.P3.Px[3]"), "Px");
        assert_eq!(member_name("Px"), "Px");
        assert_eq!(member_name("event."), "event");
    }
}
