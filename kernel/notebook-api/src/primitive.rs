//! The types of single values that a column may hold.

use std::fmt;

/// The type of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrimitiveType {
    /// True or false, one byte each.
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
    /// IEEE 754, 32 bits.
    F32,
    /// IEEE 754, 64 bits.
    F64,
}

impl PrimitiveType {
    /// All of them, in the order of their codes in a file (the first has code 1).
    pub const ALL: [Self; 11] = [
        Self::Bool,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::F32,
        Self::F64,
    ];

    /// The Rust name.
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
        }
    }

    /// Bytes of one value.
    pub fn size_bytes(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    pub(crate) fn code(self) -> u8 {
        self as u8 + 1
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }
}

impl fmt::Display for PrimitiveType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A type whose values lie in a column as they lie in memory: `bool`, `i8` to `u64`, `f32`, `f64`.
pub trait Primitive: Copy + fmt::Display + PartialEq + Send + Sync + sealed::Sealed + 'static {
    /// The name of the type at run time.
    const TYPE: PrimitiveType;

    /// The value as `f64`; a bool is 0 or 1, and integers beyond 2^53 are rounded.
    fn to_f64(self) -> f64;
}

macro_rules! primitives {
    ($($name:ty => $variant:ident, $value:ident => $convert:expr;)*) => {$(
        impl sealed::Sealed for $name {}

        impl Primitive for $name {
            const TYPE: PrimitiveType = PrimitiveType::$variant;

            fn to_f64(self) -> f64 {
                let $value = self;
                $convert
            }
        }
    )*};
}

primitives! {
    bool => Bool, value => f64::from(u8::from(value));
    i8 => I8, value => f64::from(value);
    i16 => I16, value => f64::from(value);
    i32 => I32, value => f64::from(value);
    i64 => I64, value => value as f64;
    u8 => U8, value => f64::from(value);
    u16 => U16, value => f64::from(value);
    u32 => U32, value => f64::from(value);
    u64 => U64, value => value as f64;
    f32 => F32, value => f64::from(value);
    f64 => F64, value => value;
}

/// The memory of `values`, to be written to a file.
pub(crate) fn bytes_of<T: Primitive>(values: &[T]) -> &[u8] {
    // SAFETY: `Primitive` is sealed to types without padding, any initialised value of which is valid bytes; the
    // length in bytes is that of the slice, and the lifetime is kept.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), std::mem::size_of_val(values)) }
}

/// `bytes` as values of `T`; `None` where their address or length does not suit, or a bool is neither 0 nor 1.
pub(crate) fn values_of<T: Primitive>(bytes: &[u8]) -> Option<&[T]> {
    if !bytes.len().is_multiple_of(size_of::<T>()) || !bytes.as_ptr().cast::<T>().is_aligned() {
        return None;
    }
    if T::TYPE == PrimitiveType::Bool && bytes.iter().any(|byte| *byte > 1) {
        return None;
    }
    // SAFETY: alignment and length were checked; `Primitive` is sealed to numbers, for which every bit pattern is
    // valid, and bool, whose bytes were checked to be 0 or 1; the lifetime is kept.
    Some(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<T>()) })
}

/// Runs `$body` with the type alias `$type` bound to the Rust type of `$primitive`.
macro_rules! with_type {
    ($primitive:expr, $type:ident => $body:expr) => {{
        use $crate::PrimitiveType;
        match $primitive {
            PrimitiveType::Bool => {
                type $type = bool;
                $body
            }
            PrimitiveType::I8 => {
                type $type = i8;
                $body
            }
            PrimitiveType::I16 => {
                type $type = i16;
                $body
            }
            PrimitiveType::I32 => {
                type $type = i32;
                $body
            }
            PrimitiveType::I64 => {
                type $type = i64;
                $body
            }
            PrimitiveType::U8 => {
                type $type = u8;
                $body
            }
            PrimitiveType::U16 => {
                type $type = u16;
                $body
            }
            PrimitiveType::U32 => {
                type $type = u32;
                $body
            }
            PrimitiveType::U64 => {
                type $type = u64;
                $body
            }
            PrimitiveType::F32 => {
                type $type = f32;
                $body
            }
            PrimitiveType::F64 => {
                type $type = f64;
                $body
            }
        }
    }};
}
pub(crate) use with_type;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_and_others_are_refused() {
        for primitive in PrimitiveType::ALL {
            assert_eq!(PrimitiveType::from_code(primitive.code()), Some(primitive));
            with_type!(primitive, T => {
                assert_eq!(size_of::<T>(), primitive.size_bytes());
                assert_eq!(<T as Primitive>::TYPE, primitive);
            });
        }
        assert_eq!(PrimitiveType::from_code(0), None);
        assert_eq!(PrimitiveType::from_code(12), None);
    }

    #[test]
    fn bytes_become_values_only_where_they_suit() {
        let values = [1.5_f64, -2.0];
        let bytes = bytes_of(&values);
        assert_eq!(values_of::<f64>(bytes), Some(&values[..]));
        assert_eq!(values_of::<f64>(&bytes[..9]), None);
        assert_eq!(values_of::<f64>(&bytes[1..9]), None);
        assert_eq!(values_of::<bool>(&[0, 1]), Some(&[false, true][..]));
        assert_eq!(values_of::<bool>(&[0, 2]), None);
    }
}
