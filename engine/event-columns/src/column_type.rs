//! What a branch holds for one entry.

use std::fmt;

/// The type of the innermost values of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// True or false.
    Bool,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// IEEE 754, 32 bits. ROOT's `Float16_t` is read as this.
    F32,
    /// IEEE 754, 64 bits. ROOT's `Double32_t` is read as this.
    F64,
    /// A string: its bytes are the innermost level of nesting.
    Text,
}

impl ElementType {
    /// The short name used in tables and JSON: `bool`, `i8` .. `u64`, `f32`, `f64`, `text`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Text => "text",
        }
    }
}

/// The shape of a branch for one entry: `depth` levels of lists around elements of `width` values each.
///
/// | C++ | depth | width |
/// | --- | --- | --- |
/// | `float x` | 0 | 1 |
/// | `float x[3]` or `x[2][3]` | 0 | 3 or 6 |
/// | `float x[n]`, `std::vector<float>` | 1 | 1 |
/// | `float x[n][3]` | 1 | 3 |
/// | `std::vector<std::vector<float>>` | 2 | 1 |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColumnType {
    /// The innermost type.
    pub element: ElementType,
    /// Levels of variable-length lists. A text adds none.
    pub depth: usize,
    /// Values in one element; more than 1 for fixed arrays. Never 0.
    pub width: usize,
}

impl ColumnType {
    /// One value for each entry.
    pub fn flat(element: ElementType) -> Self {
        Self { element, depth: 0, width: 1 }
    }

    /// A list of values for each entry.
    pub fn jagged(element: ElementType) -> Self {
        Self { element, depth: 1, width: 1 }
    }

    /// The same number of values for each entry.
    pub fn fixed(element: ElementType, width: usize) -> Self {
        Self { element, depth: 0, width }
    }

    /// Whether entries differ in their number of values.
    pub fn is_jagged(&self) -> bool {
        self.depth > 0
    }

    /// Whether the innermost values are numbers (a bool counts as 0 and 1).
    pub fn is_numeric(&self) -> bool {
        self.element != ElementType::Text
    }

    /// Number of offset arrays of a [`crate::Piece`] of this type: the depth, and one more for text.
    pub fn offset_levels(&self) -> usize {
        self.depth + usize::from(self.element == ElementType::Text)
    }

    /// The kind in one word: `flat`, `fixed`, `jagged`, `doubly jagged`, or `text` for any text.
    pub fn kind(&self) -> &'static str {
        match (self.element, self.depth, self.width) {
            (ElementType::Text, ..) => "text",
            (_, 0, 1) => "flat",
            (_, 0, _) => "fixed",
            (_, 1, _) => "jagged",
            _ => "doubly jagged",
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for _ in 0..self.depth {
            formatter.write_str("list of ")?;
        }
        formatter.write_str(self.element.name())?;
        if self.width > 1 {
            write!(formatter, "[{}]", self.width)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_words() {
        let check = |column_type: ColumnType, kind: &str, text: &str| {
            assert_eq!(column_type.kind(), kind);
            assert_eq!(column_type.to_string(), text);
        };
        check(ColumnType::flat(ElementType::F32), "flat", "f32");
        check(ColumnType::fixed(ElementType::U8, 3), "fixed", "u8[3]");
        check(ColumnType::jagged(ElementType::I64), "jagged", "list of i64");
        check(
            ColumnType { element: ElementType::F64, depth: 2, width: 1 },
            "doubly jagged",
            "list of list of f64",
        );
        check(ColumnType::flat(ElementType::Text), "text", "text");
    }
}
