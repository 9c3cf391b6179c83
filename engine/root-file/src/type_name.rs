//! C++ type names: which of them are lists of numbers or strings.

use event_columns::ElementType;

/// What a type name stands for, as far as it can be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ListType {
    /// Levels of `vector`, `set` and the like.
    pub(crate) depth: usize,
    pub(crate) item: Item,
}

/// The innermost type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item {
    Number(ElementType),
    Double32,
    Float16,
    /// `std::string` or `TString`.
    Text,
}

/// More levels than this are refused.
const DEEPEST_LIST: usize = 8;

/// The list that a type name stands for; nothing where it is another class.
pub(crate) fn parse(type_name: &str) -> Option<ListType> {
    let mut rest = clean(type_name);
    for depth in 0..=DEEPEST_LIST {
        let Some((container, inner)) = rest.split_once('<') else {
            return item(rest).map(|item| ListType { depth, item });
        };
        let container = container.trim();
        let container = container.strip_prefix("ROOT::VecOps::").unwrap_or(container);
        // In a list, a set of bits is stored as a list of them.
        if depth > 0 && bitset(rest).is_some() {
            return Some(ListType { depth: depth + 1, item: Item::Number(ElementType::Bool) });
        }
        let is_list = matches!(
            container,
            "vector"
                | "list"
                | "forward_list"
                | "deque"
                | "set"
                | "multiset"
                | "unordered_set"
                | "unordered_multiset"
                | "RVec"
        );
        if !is_list {
            return None;
        }
        rest = clean(first_argument(inner.trim_end().strip_suffix('>')?));
    }
    None
}

/// The number of bits of a `bitset<16>`; nothing where it is another class.
pub(crate) fn bitset(type_name: &str) -> Option<usize> {
    let size = clean(type_name).strip_prefix("bitset<")?.strip_suffix('>')?;
    size.trim().trim_end_matches(['u', 'U', 'l', 'L']).parse().ok().filter(|n_bits| *n_bits > 0)
}

/// The numbers in a `TArrayI` or one of its kin; nothing where it is another class.
pub(crate) fn array_class(type_name: &str) -> Option<ElementType> {
    use ElementType::{F32, F64, I8, I16, I32, I64};
    Some(match type_name.strip_prefix("TArray")? {
        "C" => I8,
        "S" => I16,
        "I" => I32,
        "L" | "L64" => I64,
        "F" => F32,
        "D" => F64,
        _ => return None,
    })
}

/// The first of the arguments of a template, without the allocator and comparison behind it.
fn first_argument(arguments: &str) -> &str {
    let mut depth = 0_usize;
    for (position, letter) in arguments.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return &arguments[..position],
            _ => {}
        }
    }
    arguments
}

fn clean(type_name: &str) -> &str {
    let mut name = type_name.trim();
    for prefix in ["const ", "std::", "::"] {
        name = name.strip_prefix(prefix).unwrap_or(name).trim_start();
    }
    // `std::__cxx11::basic_string` and its kin.
    name.strip_prefix("__cxx11::").unwrap_or(name)
}

fn item(name: &str) -> Option<Item> {
    use ElementType::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    Some(match name {
        "string" | "TString" | "basic_string" => Item::Text,
        "Double32_t" => Item::Double32,
        "Float16_t" => Item::Float16,
        "bool" | "Bool_t" => Item::Number(Bool),
        "char" | "signed char" | "Char_t" | "int8_t" | "Int8_t" => Item::Number(I8),
        "unsigned char" | "UChar_t" | "Byte_t" | "uint8_t" | "UInt8_t" => Item::Number(U8),
        "short" | "Short_t" | "int16_t" | "short int" | "Version_t" => Item::Number(I16),
        "unsigned short" | "UShort_t" | "uint16_t" | "unsigned short int" => Item::Number(U16),
        "int" | "Int_t" | "int32_t" => Item::Number(I32),
        "unsigned int" | "unsigned" | "UInt_t" | "uint32_t" => Item::Number(U32),
        "long" | "Long_t" | "long long" | "Long64_t" | "int64_t" | "long int" => Item::Number(I64),
        "unsigned long" | "ULong_t" | "unsigned long long" | "ULong64_t" | "uint64_t" | "size_t" => {
            Item::Number(U64)
        }
        "float" | "Float_t" => Item::Number(F32),
        "double" | "Double_t" => Item::Number(F64),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers_and_text() {
        let check = |name: &str, depth: usize, item: Item| {
            assert_eq!(parse(name), Some(ListType { depth, item }), "{name}");
        };
        check("vector<float>", 1, Item::Number(ElementType::F32));
        check("std::vector<unsigned long>", 1, Item::Number(ElementType::U64));
        check("vector<vector<int> >", 2, Item::Number(ElementType::I32));
        check("vector<int,allocator<int> >", 1, Item::Number(ElementType::I32));
        check(
            "vector<vector<float,allocator<float> >,allocator<vector<float> > >",
            2,
            Item::Number(ElementType::F32),
        );
        check("set<int,less<int>,allocator<int> >", 1, Item::Number(ElementType::I32));
        check("ROOT::VecOps::RVec<double>", 1, Item::Number(ElementType::F64));
        check("vector<string>", 1, Item::Text);
        check("vector<vector<std::string>>", 2, Item::Text);
        check("Double32_t", 0, Item::Double32);
        check("const vector<bool>", 1, Item::Number(ElementType::Bool));
        check("vector<bitset<16> >", 2, Item::Number(ElementType::Bool));
    }

    #[test]
    fn sets_of_bits() {
        assert_eq!(bitset("bitset<16>"), Some(16));
        assert_eq!(bitset("std::bitset<8ul>"), Some(8));
        assert_eq!(bitset("bitset<0>"), None);
        assert_eq!(bitset("vector<bitset<8> >"), None);
    }

    #[test]
    fn arrays_of_root() {
        assert_eq!(array_class("TArrayL64"), Some(ElementType::I64));
        assert_eq!(array_class("TArray"), None);
        assert_eq!(array_class("vector<TArrayI>"), None);
    }

    #[test]
    fn other_classes_are_not_lists() {
        for name in [
            "TLorentzVector",
            "map<int,float>",
            "vector<TLorentzVector>",
            "pair<int,int>",
            "vector<",
            "",
            "vector<int*>",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
