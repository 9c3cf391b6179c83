//! Header and directory of a file: written, and read from any bytes without trust.

use std::ops::Range;

use crate::{PrimitiveType, Shape};

pub(super) const MAGIC: &[u8; 8] = b"M4HTABLE";
pub(super) const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: usize = 64;
/// Arrow asks for 64, so that any vector unit may load from the begin of a buffer.
pub(super) const ALIGNMENT: u64 = 64;

const FLAT: u8 = 0;
const JAGGED: u8 = 1;
const TEXT: u8 = 2;
/// Its inner offsets lie behind the outer ones, at the next multiple of [`ALIGNMENT`]; the last outer one counts them.
const DOUBLY_JAGGED: u8 = 3;

/// Where a column lies in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnLayout {
    pub(crate) name: String,
    pub(crate) primitive: PrimitiveType,
    pub(crate) shape: Shape,
    /// Bytes of the values within the file.
    pub(crate) values: Range<usize>,
    /// Bytes of the offsets within the file, for jagged columns and text.
    pub(crate) offsets: Option<Range<usize>>,
    /// Bytes of the inner offsets, for lists of lists.
    pub(crate) inner_offsets: Option<Range<usize>>,
}

/// What header and directory say, checked against the length of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) n_events: usize,
    pub(crate) columns: Vec<ColumnLayout>,
}

impl Layout {
    /// Bytes that header and directory of these columns take.
    pub(super) fn directory_end(columns: &[ColumnLayout]) -> u64 {
        let names: usize = columns.iter().map(|column| column.name.len()).sum();
        (HEADER_BYTES + names + columns.len() * (4 + 1 + 1 + 4 + 8 + 8 + 8)) as u64
    }

    /// Header and directory as bytes.
    pub(super) fn to_bytes(&self, file_length: u64) -> Vec<u8> {
        let mut directory = Vec::new();
        for column in &self.columns {
            let (shape, width) = match column.shape {
                Shape::Flat => (FLAT, 1),
                Shape::Fixed { width } => (FLAT, width),
                Shape::Jagged { width } => (JAGGED, width),
                Shape::DoublyJagged { width } => (DOUBLY_JAGGED, width),
                Shape::Text => (TEXT, 1),
            };
            directory.extend((column.name.len() as u32).to_le_bytes());
            directory.extend(column.name.as_bytes());
            directory.extend([column.primitive.code(), shape]);
            directory.extend((width as u32).to_le_bytes());
            let n_values = column.values.len() / column.primitive.size_bytes();
            directory.extend((n_values as u64).to_le_bytes());
            directory.extend((column.values.start as u64).to_le_bytes());
            let offsets = column.offsets.as_ref().map_or(0, |offsets| offsets.start);
            directory.extend((offsets as u64).to_le_bytes());
        }
        let mut bytes = Vec::with_capacity(HEADER_BYTES + directory.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.columns.len() as u32).to_le_bytes());
        bytes.extend((self.n_events as u64).to_le_bytes());
        bytes.extend((directory.len() as u64).to_le_bytes());
        bytes.extend(file_length.to_le_bytes());
        bytes.resize(HEADER_BYTES, 0);
        bytes.extend(directory);
        bytes
    }

    /// Reads header and directory of a file with these bytes; what is wrong with them otherwise.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut header = Reader { bytes, at: 0 };
        if header.take(8)? != MAGIC {
            return Err("it does not begin with M4HTABLE".to_string());
        }
        let version = header.u32()?;
        if version != VERSION {
            return Err(format!("it has version {version}, this program reads {VERSION}"));
        }
        let n_columns = header.u32()?;
        let n_events = header.size()?;
        let directory_length = header.size()?;
        let file_length = header.size()?;
        if file_length != bytes.len() {
            return Err(format!("it is {} bytes long and should be {file_length}", bytes.len()));
        }
        let end = HEADER_BYTES.checked_add(directory_length).filter(|end| *end <= bytes.len());
        let end = end.ok_or("its directory ends behind the file")?;
        let mut directory = Reader { bytes: &bytes[..end], at: HEADER_BYTES };
        let mut columns: Vec<ColumnLayout> = Vec::new();
        for _ in 0..n_columns {
            let column = read_column(&mut directory, n_events, bytes)?;
            columns.push(column);
        }
        Ok(Self { n_events, columns })
    }
}

fn read_column(directory: &mut Reader<'_>, n_events: usize, file: &[u8]) -> Result<ColumnLayout, String> {
    let file_length = file.len();
    let name_length = directory.u32()? as usize;
    let name = std::str::from_utf8(directory.take(name_length)?)
        .map_err(|_| "the name of a column is not UTF-8")?
        .to_string();
    let wrong = |what: &str| format!("column `{name}`: {what}");
    let primitive = directory.u8()?;
    let primitive = PrimitiveType::from_code(primitive).ok_or_else(|| wrong("unknown type"))?;
    let shape = directory.u8()?;
    let width = directory.u32()? as usize;
    let n_values = directory.size()?;
    let values_at = directory.size()?;
    let offsets_at = directory.size()?;
    let shape = match (shape, width) {
        (_, 0) => return Err(wrong("width 0")),
        (FLAT, 1) => Shape::Flat,
        (FLAT, width) => Shape::Fixed { width },
        (JAGGED, width) => Shape::Jagged { width },
        (DOUBLY_JAGGED, width) => Shape::DoublyJagged { width },
        (TEXT, 1) if primitive == PrimitiveType::U8 => Shape::Text,
        _ => return Err(wrong("unknown shape")),
    };
    let values = range(values_at, n_values, primitive.size_bytes(), file_length)
        .ok_or_else(|| wrong("its values end behind the file"))?;
    let offsets = match shape {
        Shape::Flat | Shape::Fixed { .. } if n_events.checked_mul(width) != Some(n_values) => {
            return Err(wrong("its values do not fit the number of events"));
        }
        Shape::Flat | Shape::Fixed { .. } => None,
        Shape::Jagged { .. } | Shape::DoublyJagged { .. } | Shape::Text => {
            let n_offsets = n_events.checked_add(1);
            let offsets = n_offsets.and_then(|n_offsets| range(offsets_at, n_offsets, 8, file_length));
            Some(offsets.ok_or_else(|| wrong("its offsets end behind the file"))?)
        }
    };
    let inner_offsets = match (shape, &offsets) {
        (Shape::DoublyJagged { .. }, Some(outer)) => {
            Some(inner_range(file, outer).ok_or_else(|| wrong("its inner offsets end behind the file"))?)
        }
        _ => None,
    };
    Ok(ColumnLayout { name, primitive, shape, values, offsets, inner_offsets })
}

/// The bytes of the inner offsets: one more than the last outer one says.
fn inner_range(file: &[u8], outer: &Range<usize>) -> Option<Range<usize>> {
    let last = file.get(outer.end.checked_sub(8)?..outer.end)?;
    let n_lists = usize::try_from(i64::from_le_bytes(last.try_into().ok()?)).ok()?;
    let start = (outer.end as u64).checked_next_multiple_of(ALIGNMENT)?;
    range(usize::try_from(start).ok()?, n_lists.checked_add(1)?, 8, file.len())
}

/// The bytes of `count` values of `size` bytes at `start`, if they lie aligned within the file.
fn range(start: usize, count: usize, size: usize, file_length: usize) -> Option<Range<usize>> {
    let end = start.checked_add(count.checked_mul(size)?)?;
    (end <= file_length && (start as u64).is_multiple_of(ALIGNMENT)).then_some(start..end)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(length).ok_or("a length is beyond memory")?;
        let bytes = self.bytes.get(self.at..end).ok_or("it ends in the middle of its directory")?;
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u8(&mut self) -> Result<u8, String> {
        Ok(self.array::<1>()?[0])
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn size(&mut self) -> Result<usize, String> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| "a size is beyond memory".to_string())
    }
}
