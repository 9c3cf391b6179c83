//! Numbers as a basket holds them: big-endian, sometimes truncated.

use event_columns::{ElementType, Values};
use multiversion::multiversion;

/// How one number is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stored {
    /// As it is.
    Plain(ElementType),
    /// `Double32_t` without range: 32 bits in the file, 64 in memory.
    FloatAsDouble,
    /// `Double32_t` or `Float16_t` with a range: an integer of 32 bits, divided by a factor, added to the minimum.
    Scaled { factor: f64, minimum: f64, double: bool },
    /// The same without range: one byte of exponent, two of sign and mantissa.
    Mantissa { n_bits: u32, double: bool },
}

impl Stored {
    /// Bytes of one number in the file.
    pub(crate) fn n_bytes(self) -> usize {
        match self {
            Self::Plain(element) => match element {
                ElementType::Bool | ElementType::I8 | ElementType::U8 | ElementType::Text => 1,
                ElementType::I16 | ElementType::U16 => 2,
                ElementType::I32 | ElementType::U32 | ElementType::F32 => 4,
                ElementType::I64 | ElementType::U64 | ElementType::F64 => 8,
            },
            Self::FloatAsDouble | Self::Scaled { .. } => 4,
            Self::Mantissa { .. } => 3,
        }
    }

    /// The type in memory.
    pub(crate) fn element(self) -> ElementType {
        match self {
            Self::Plain(element) => element,
            Self::FloatAsDouble => ElementType::F64,
            Self::Scaled { double, .. } | Self::Mantissa { double, .. } => {
                if double {
                    ElementType::F64
                } else {
                    ElementType::F32
                }
            }
        }
    }

    /// All numbers in a run of bytes; a rest too short for one is left out.
    pub(crate) fn decode(self, bytes: &[u8]) -> Values {
        match self {
            Self::Plain(element) => decode_plain(element, bytes),
            Self::FloatAsDouble => {
                let double = |item: &[u8; 4]| f64::from(f32::from_be_bytes(*item));
                bytes.as_chunks().0.iter().map(double).collect::<Vec<f64>>().into()
            }
            Self::Scaled { factor, minimum, double } => {
                let value = |item: &[u8; 4]| f64::from(u32::from_be_bytes(*item)) / factor + minimum;
                let items = bytes.as_chunks().0.iter();
                if double {
                    items.map(value).collect::<Vec<f64>>().into()
                } else {
                    items.map(|item| value(item) as f32).collect::<Vec<f32>>().into()
                }
            }
            Self::Mantissa { n_bits, double } => {
                let items = bytes.as_chunks().0.iter().map(|item: &[u8; 3]| from_mantissa(*item, n_bits));
                if double {
                    items.map(f64::from).collect::<Vec<f64>>().into()
                } else {
                    items.collect::<Vec<f32>>().into()
                }
            }
        }
    }
}

/// A float whose mantissa was cut to `n_bits`, with the sign in the bit above. Source: ROOT,
/// `TBufferFile::ReadWithNbits`.
fn from_mantissa([exponent, high, low]: [u8; 3], n_bits: u32) -> f32 {
    let mantissa = u32::from(u16::from_be_bytes([high, low]));
    let sign = 1_u32 << (n_bits + 1);
    let shift = 23_u32.saturating_sub(n_bits);
    let bits = (u32::from(exponent) << 23) | ((mantissa & (sign - 1)) << shift);
    let value = f32::from_bits(bits);
    if mantissa & sign == 0 { value } else { -value }
}

/// How the range of a truncated number is written beside it: `[min,max]` or `[min,max,bits]`, with `pi` and its
/// simple multiples. Brackets without a comma are dimensions of an array. Source: ROOT, `GetRange` of
/// `TStreamerElement.cxx`.
pub(crate) fn truncated(title: &str, double: bool) -> Stored {
    const DEFAULT_FLOAT16_BITS: u32 = 12;
    /// Below this number of bits, a missing range means a truncated mantissa.
    const MOST_MANTISSA_BITS: u32 = 15;
    let plain = if double {
        Stored::FloatAsDouble
    } else {
        Stored::Mantissa { n_bits: DEFAULT_FLOAT16_BITS, double }
    };
    let Some((minimum, maximum, n_bits)) = range_in(title) else { return plain };
    if minimum < maximum {
        let steps = if n_bits < 32 { f64::from(1_u32 << n_bits) } else { f64::from(u32::MAX) };
        return Stored::Scaled { factor: steps / (maximum - minimum), minimum, double };
    }
    if n_bits < MOST_MANTISSA_BITS { Stored::Mantissa { n_bits, double } } else { plain }
}

fn range_in(title: &str) -> Option<(f64, f64, u32)> {
    let inside = title.split('[').skip(1).filter_map(|part| part.split_once(']')).map(|(inside, _)| inside);
    let range = inside.into_iter().find(|inside| inside.contains(','))?;
    let mut parts = range.split(',').map(str::trim);
    let (minimum, maximum) = (bound(parts.next()?)?, bound(parts.next()?)?);
    let n_bits = match parts.next() {
        None => 32,
        Some(text) => text.parse().ok().filter(|bits| (2..=32).contains(bits)).unwrap_or(32),
    };
    Some((minimum, maximum, n_bits))
}

fn bound(text: &str) -> Option<f64> {
    use std::f64::consts::PI;
    let (sign, word) = text.strip_prefix('-').map_or((1.0, text), |word| (-1.0, word));
    let value = match word.trim().to_lowercase().as_str() {
        "pi" => PI,
        "2pi" | "2*pi" | "twopi" => 2.0 * PI,
        "pi/2" => PI / 2.0,
        "pi/4" => PI / 4.0,
        number => number.parse().ok()?,
    };
    Some(sign * value)
}

/// An unsigned integer with the width of a number; the kernels know only these four.
pub(crate) trait Word: Copy + Default + Send + Sync + 'static {
    const N_BYTES: usize;
    /// From exactly [`Word::N_BYTES`] bytes, highest first.
    fn from_big_endian(bytes: &[u8]) -> Self;
}

macro_rules! words {
    ($($type:ty),*) => {$(
        impl Word for $type {
            const N_BYTES: usize = size_of::<$type>();
            #[inline]
            fn from_big_endian(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$type>()];
                own.copy_from_slice(bytes);
                <$type>::from_be_bytes(own)
            }
        }
    )*};
}

words!(u8, u16, u32, u64);

/// Runs a generic expression that makes words of the width of an element, and gives the words their type. The
/// conversions change no bit and are done in place.
macro_rules! by_width {
    ($element:expr, $word:ident => $words:expr) => {{
        macro_rules! words_of {
            ($width:ty) => {{
                type $word = $width;
                $words
            }};
        }
        macro_rules! typed {
            ($width:ty, $convert:expr) => {
                Values::from(words_of!($width).into_iter().map($convert).collect::<Vec<_>>())
            };
        }
        match $element {
            ElementType::Bool => typed!(u8, |word| word != 0),
            ElementType::I8 => typed!(u8, u8::cast_signed),
            ElementType::U8 | ElementType::Text => Values::from(words_of!(u8)),
            ElementType::I16 => typed!(u16, u16::cast_signed),
            ElementType::U16 => Values::from(words_of!(u16)),
            ElementType::I32 => typed!(u32, u32::cast_signed),
            ElementType::U32 => Values::from(words_of!(u32)),
            ElementType::F32 => typed!(u32, f32::from_bits),
            ElementType::I64 => typed!(u64, u64::cast_signed),
            ElementType::U64 => Values::from(words_of!(u64)),
            ElementType::F64 => typed!(u64, f64::from_bits),
        }
    }};
}
pub(crate) use by_width;

fn decode_plain(element: ElementType, bytes: &[u8]) -> Values {
    by_width!(element, W => swapped::<W>(bytes))
}

/// The words of a contiguous run of bytes.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn swapped<W: Word>(bytes: &[u8]) -> Vec<W> {
    bytes.chunks_exact(W::N_BYTES).map(|item| W::from_big_endian(item)).collect()
}

/// The numbers of one member of equally long entries: `n` numbers at `offset` of every `stride` bytes.
pub(crate) fn strided(bytes: &[u8], stride: usize, offset: usize, n_bytes: usize) -> Vec<u8> {
    let entries = bytes.chunks_exact(stride);
    entries.filter_map(|entry| entry.get(offset..offset + n_bytes)).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers() {
        let check = |element, bytes: &[u8], expected: Values| {
            assert_eq!(Stored::Plain(element).decode(bytes), expected);
        };
        check(ElementType::Bool, &[0, 1, 2], vec![false, true, true].into());
        check(ElementType::I8, &[255], vec![-1_i8].into());
        check(ElementType::U16, &[1, 0, 0, 1, 9], vec![256_u16, 1].into());
        check(ElementType::I32, &[255, 255, 255, 254], vec![-2_i32].into());
        check(ElementType::F32, &1.5_f32.to_be_bytes(), vec![1.5_f32].into());
        check(ElementType::F64, &(-0.1_f64).to_be_bytes(), vec![-0.1_f64].into());
        let many: Vec<u64> = (0..100).collect();
        let bytes: Vec<u8> = many.iter().flat_map(|value| value.to_be_bytes()).collect();
        check(ElementType::U64, &bytes, many.into());
    }

    #[test]
    fn ranges_in_titles() {
        let check = |title: &str, expected: Stored| assert_eq!(truncated(title, true), expected, "{title}");
        check("no range", Stored::FloatAsDouble);
        check("x[3]", Stored::FloatAsDouble);
        check("x[3][0,4,8]", Stored::Scaled { factor: 64.0, minimum: 0.0, double: true });
        check("[-1, 1]", Stored::Scaled { factor: f64::from(u32::MAX) / 2.0, minimum: -1.0, double: true });
        check("[0,0,10] text", Stored::Mantissa { n_bits: 10, double: true });
        check("[0,0,20]", Stored::FloatAsDouble);
        check("[a,b]", Stored::FloatAsDouble);
        assert_eq!(range_in("[-pi,twopi,4]"), Some((-std::f64::consts::PI, 2.0 * std::f64::consts::PI, 4)));
        assert_eq!(truncated("", false), Stored::Mantissa { n_bits: 12, double: false });
    }

    #[test]
    fn mantissas() {
        // 1.5 has exponent 127 and the highest bit of the mantissa; -1.5 also the sign above 12 bits.
        assert_eq!(from_mantissa([127, 0x08, 0x00], 12), 1.5);
        assert_eq!(from_mantissa([127, 0x28, 0x00], 12), -1.5);
        assert_eq!(from_mantissa([0, 0, 0], 12), 0.0);
    }

    #[test]
    fn members_of_entries() {
        assert_eq!(strided(&[1, 2, 3, 4, 5, 6, 7], 3, 1, 2), [2, 3, 5, 6]);
    }
}
