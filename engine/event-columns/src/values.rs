//! The innermost values of a column, typed.

use crate::{ElementType, Slice};
use std::ops::Range;

/// A contiguous run of values of one type.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant is the type that it names")]
pub enum Values {
    Bool(Slice<bool>),
    I8(Slice<i8>),
    I16(Slice<i16>),
    I32(Slice<i32>),
    I64(Slice<i64>),
    U8(Slice<u8>),
    U16(Slice<u16>),
    U32(Slice<u32>),
    U64(Slice<u64>),
    F32(Slice<f32>),
    F64(Slice<f64>),
}

/// Runs one generic expression over the slice inside a [`Values`], whatever its type.
///
/// `for_each_type!(values, slice => slice.len())`
#[macro_export]
macro_rules! for_each_type {
    ($values:expr, $slice:ident => $body:expr) => {
        match $values {
            $crate::Values::Bool($slice) => $body,
            $crate::Values::I8($slice) => $body,
            $crate::Values::I16($slice) => $body,
            $crate::Values::I32($slice) => $body,
            $crate::Values::I64($slice) => $body,
            $crate::Values::U8($slice) => $body,
            $crate::Values::U16($slice) => $body,
            $crate::Values::U32($slice) => $body,
            $crate::Values::U64($slice) => $body,
            $crate::Values::F32($slice) => $body,
            $crate::Values::F64($slice) => $body,
        }
    };
}

impl Values {
    /// Number of values.
    pub fn len(&self) -> usize {
        for_each_type!(self, slice => slice.len())
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the values. Bytes of text are [`ElementType::U8`] here; the column knows that they are text.
    pub fn element_type(&self) -> ElementType {
        match self {
            Self::Bool(_) => ElementType::Bool,
            Self::I8(_) => ElementType::I8,
            Self::I16(_) => ElementType::I16,
            Self::I32(_) => ElementType::I32,
            Self::I64(_) => ElementType::I64,
            Self::U8(_) => ElementType::U8,
            Self::U16(_) => ElementType::U16,
            Self::U32(_) => ElementType::U32,
            Self::U64(_) => ElementType::U64,
            Self::F32(_) => ElementType::F32,
            Self::F64(_) => ElementType::F64,
        }
    }

    /// The values between two positions, half-open, sharing the buffer.
    ///
    /// # Panics
    /// When the range leaves the values.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        match self {
            Self::Bool(slice) => Self::Bool(slice.slice(range)),
            Self::I8(slice) => Self::I8(slice.slice(range)),
            Self::I16(slice) => Self::I16(slice.slice(range)),
            Self::I32(slice) => Self::I32(slice.slice(range)),
            Self::I64(slice) => Self::I64(slice.slice(range)),
            Self::U8(slice) => Self::U8(slice.slice(range)),
            Self::U16(slice) => Self::U16(slice.slice(range)),
            Self::U32(slice) => Self::U32(slice.slice(range)),
            Self::U64(slice) => Self::U64(slice.slice(range)),
            Self::F32(slice) => Self::F32(slice.slice(range)),
            Self::F64(slice) => Self::F64(slice.slice(range)),
        }
    }

    /// Every value as a 64-bit float (exact but for 64-bit integers beyond 2^53).
    pub fn to_f64(&self) -> Vec<f64> {
        for_each_type!(self, slice => slice.iter().map(|value| value.to_f64()).collect())
    }

    /// Bytes that these values keep alive.
    pub fn buffer_bytes(&self) -> usize {
        for_each_type!(self, slice => slice.buffer_bytes())
    }

    /// No value, of the given type. Text gives bytes.
    pub fn empty(element: ElementType) -> Self {
        match element {
            ElementType::Bool => Vec::<bool>::new().into(),
            ElementType::I8 => Vec::<i8>::new().into(),
            ElementType::I16 => Vec::<i16>::new().into(),
            ElementType::I32 => Vec::<i32>::new().into(),
            ElementType::I64 => Vec::<i64>::new().into(),
            ElementType::U8 | ElementType::Text => Vec::<u8>::new().into(),
            ElementType::U16 => Vec::<u16>::new().into(),
            ElementType::U32 => Vec::<u32>::new().into(),
            ElementType::U64 => Vec::<u64>::new().into(),
            ElementType::F32 => Vec::<f32>::new().into(),
            ElementType::F64 => Vec::<f64>::new().into(),
        }
    }
}

/// A type that the innermost values of a column can have.
pub trait Number: Copy + Send + Sync + PartialEq + 'static {
    /// The name of this type.
    const ELEMENT: ElementType;
    /// The value as a 64-bit float; false and true are 0 and 1.
    fn to_f64(self) -> f64;
    /// The values of this type inside `values`, or nothing where the type differs.
    fn of(values: &Values) -> Option<&Slice<Self>>;
}

macro_rules! number {
    ($($type:ty => $variant:ident, $to_f64:expr;)*) => {$(
        impl Number for $type {
            const ELEMENT: ElementType = ElementType::$variant;
            #[inline]
            fn to_f64(self) -> f64 {
                let convert: fn($type) -> f64 = $to_f64;
                convert(self)
            }
            fn of(values: &Values) -> Option<&Slice<Self>> {
                match values {
                    Values::$variant(slice) => Some(slice),
                    _ => None,
                }
            }
        }
        impl From<Vec<$type>> for Values {
            fn from(values: Vec<$type>) -> Self {
                Values::$variant(Slice::from(values))
            }
        }
        impl From<Slice<$type>> for Values {
            fn from(values: Slice<$type>) -> Self {
                Values::$variant(values)
            }
        }
    )*};
}

number! {
    bool => Bool, |value| f64::from(u8::from(value));
    i8 => I8, f64::from;
    i16 => I16, f64::from;
    i32 => I32, f64::from;
    i64 => I64, |value| value as f64;
    u8 => U8, f64::from;
    u16 => U16, f64::from;
    u32 => U32, f64::from;
    u64 => U64, |value| value as f64;
    f32 => F32, f64::from;
    f64 => F64, |value| value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_converts() {
        assert_eq!(Values::from(vec![true, false]).to_f64(), [1.0, 0.0]);
        assert_eq!(Values::from(vec![-1_i8]).to_f64(), [-1.0]);
        assert_eq!(Values::from(vec![u64::MAX]).to_f64(), [18_446_744_073_709_551_615.0]);
        assert_eq!(Values::empty(ElementType::Text).element_type(), ElementType::U8);
        assert_eq!(Values::from(vec![1_u16, 2, 3]).slice(1..3), Values::from(vec![2_u16, 3]));
    }
}
