//! Members that are texts, lists, or arrays of ROOT's own, and whole objects of such types.

use crate::layout::{Described, Describer, Head, Layout, Shape, VECTOR_HEAD_BYTES, width};
use crate::numbers::{Stored, truncated};
use crate::tree_record::{BranchRecord, ElementRecord, LeafRecord};
use crate::type_name::{self, Item, ListType};
use event_columns::{ColumnType, ElementType};

/// ROOT's numbers for the types of such members (`TVirtualStreamerInfo::EReadWrite`).
mod code {
    pub(super) const CHAR_STAR: i32 = 7;
    pub(super) const T_STRING: i32 = 65;
    /// Added where the member is an array.
    pub(super) const ARRAY: i32 = 20;
    /// An array of objects that come one after the other without a head in front of all.
    pub(super) const OBJECTS: i32 = 62 + ARRAY;
    pub(super) const STL_STRING: i32 = 365;
}

/// The type of a member that is a text with a length of 32 bits in front.
const CHAR_STAR: &str = "char*";
/// Bytes in front of the numbers of a `TArrayI`.
const ARRAY_HEAD_BYTES: usize = 4;

impl<'a> Describer<'a> {
    /// A member that is a string or a list, or a whole object of such a type.
    pub(crate) fn container_member(
        &self,
        branch: &BranchRecord,
        element: &ElementRecord,
        leaf: &LeafRecord,
        in_collection: bool,
    ) -> Described {
        let name = self.container_name(branch, element);
        let n_lists = width(leaf);
        let type_name = if n_lists > 1 { format!("{name}[{n_lists}]") } else { name.to_string() };
        // A pointer to a list is stored as the list.
        let pointed = name.strip_suffix('*').filter(|list| list.ends_with('>')).unwrap_or(name);
        let layout = if n_lists > 1 && in_collection {
            Err(format!("{type_name} inside a collection"))
        } else if let Some(number) = type_name::array_class(name) {
            array_of_root(number, n_lists, in_collection)
        } else if let Some(n_bits) = type_name::bitset(name) {
            set_of_bits(branch, n_bits, in_collection || n_lists > 1)
        } else if let Some(list) = text_of_c(name).or_else(|| type_name::parse(pointed)) {
            Ok(listed(element, name, list, n_lists, in_collection))
        } else if name.is_empty() {
            Err("the file does not describe its class".to_string())
        } else {
            Err(format!(
                "{name} is a class that was not split; only numbers, text and lists of them are read"
            ))
        };
        Described { type_name, layout }
    }

    fn container_name(&self, branch: &BranchRecord, element: &ElementRecord) -> &'a str {
        if element.id < 0 {
            return self.text(&element.class_name);
        }
        match element.streamer_type {
            code::T_STRING => "TString",
            code::STL_STRING => "string",
            code::CHAR_STAR => CHAR_STAR,
            _ => self.streamer_element(branch, element).map_or("", |member| member.type_name.as_str()),
        }
    }
}

fn text_of_c(name: &str) -> Option<ListType> {
    (name == CHAR_STAR).then_some(ListType { depth: 0, item: Item::Text })
}

/// `TArrayI` and its kin: a number of items, then the items, and no head.
fn array_of_root(number: ElementType, n_arrays: usize, in_collection: bool) -> Result<Layout, String> {
    if n_arrays > 1 {
        return Err("an array of arrays of ROOT".to_string());
    }
    let depth = if in_collection { 2 } else { 1 };
    let shape = if in_collection {
        Shape::Nested { head: Head::None }
    } else {
        Shape::List { head_bytes: ARRAY_HEAD_BYTES }
    };
    let column_type = ColumnType { element: number, depth, width: 1 };
    Ok(Layout { column_type, stored: Stored::Plain(number), shape, counter: None })
}

/// `bitset<N>`: a head as of a `vector<bool>`, then a byte for each bit. ROOT writes nothing where it does not know
/// the class.
fn set_of_bits(branch: &BranchRecord, n_bits: usize, is_nested: bool) -> Result<Layout, String> {
    if is_nested {
        return Err("a list of bitsets".to_string());
    }
    let stride = n_bits.saturating_add(VECTOR_HEAD_BYTES);
    let n_bytes = i64::try_from(stride).unwrap_or(i64::MAX).saturating_mul(branch.n_entries);
    if branch.n_decoded_bytes < n_bytes {
        return Err("its bits were not written".to_string());
    }
    let column_type = ColumnType::fixed(ElementType::Bool, n_bits);
    let shape = Shape::Fixed { stride, offset: VECTOR_HEAD_BYTES };
    Ok(Layout { column_type, stored: Stored::Plain(ElementType::Bool), shape, counter: None })
}

fn listed(
    element: &ElementRecord,
    name: &str,
    list: ListType,
    n_lists: usize,
    in_collection: bool,
) -> Layout {
    let stored = match list.item {
        Item::Number(number) => Stored::Plain(number),
        Item::Double32 => Stored::FloatAsDouble,
        Item::Float16 => truncated("", false),
        Item::Text => Stored::Plain(ElementType::Text),
    };
    // An array of lists is a list of lists that has the same length in every entry.
    let is_outer = in_collection || n_lists > 1;
    let depth = list.depth + usize::from(is_outer);
    let is_text = list.item == Item::Text;
    let head = match (is_outer, list.depth, name) {
        (_, 0, "TString") => Head::None,
        (_, 0, CHAR_STAR) => Head::LongText,
        // A string that is a branch of its own has no head, one that is a member has.
        (false, 0, _) if element.id < 0 => Head::None,
        (true, ..) if element.streamer_type == code::OBJECTS => Head::None,
        (true, ..) | (false, 0, _) => Head::Versioned,
        (false, ..) => Head::Counted,
    };
    let shape = if depth == 1 && !is_text && !is_outer {
        Shape::List { head_bytes: VECTOR_HEAD_BYTES }
    } else {
        Shape::Nested { head }
    };
    Layout {
        column_type: ColumnType { element: stored.element(), depth, width: 1 },
        stored,
        shape,
        counter: None,
    }
}
