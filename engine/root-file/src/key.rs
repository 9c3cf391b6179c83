//! Keys: the record in front of every object, and the list of them in a directory.

use crate::cursor::{Broken, Cursor};

/// Versions above this have addresses of 64 bits.
const LONG_ADDRESSES: i16 = 1000;

/// The head of a stored object (ROOT's `TKey`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    /// Bytes of the whole record, with this head.
    pub(crate) n_bytes: usize,
    /// Bytes of the object after decompression.
    pub(crate) n_object_bytes: usize,
    /// Bytes of this head.
    pub(crate) n_head_bytes: usize,
    pub(crate) cycle: i16,
    /// Where the record starts in the file.
    pub(crate) seek: u64,
    /// Where the record of the directory that lists it starts.
    pub(crate) seek_directory: u64,
    pub(crate) class_name: String,
    pub(crate) name: String,
    pub(crate) title: String,
}

impl Key {
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Broken> {
        let head = KeyHead::parse(cursor)?;
        let long = head.version > LONG_ADDRESSES;
        let mut address = || if long { cursor.u64() } else { cursor.u32().map(u64::from) };
        let (seek, seek_directory) = (address()?, address()?);
        Ok(Self {
            n_bytes: head.n_bytes,
            n_object_bytes: head.n_object_bytes,
            n_head_bytes: head.n_head_bytes,
            cycle: head.cycle,
            seek,
            seek_directory,
            class_name: cursor.string()?,
            name: cursor.string()?,
            title: cursor.string()?,
        })
    }
}

/// The fixed part of a key, which is all that a basket needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyHead {
    pub(crate) n_bytes: usize,
    pub(crate) version: i16,
    pub(crate) n_object_bytes: usize,
    pub(crate) n_head_bytes: usize,
    pub(crate) cycle: i16,
}

impl KeyHead {
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Broken> {
        let start = cursor.position();
        let n_bytes = cursor.i32()?;
        let version = cursor.i16()?;
        let n_object_bytes = cursor.i32()?;
        let _date = cursor.u32()?;
        let n_head_bytes = cursor.i16()?;
        let cycle = cursor.i16()?;
        let whole = |number: i32| {
            usize::try_from(number)
                .map_err(|_| Broken::new(start, format!("a key with a length of {number}")))
        };
        let (n_bytes, n_object_bytes) = (whole(n_bytes)?, whole(n_object_bytes)?);
        let n_head_bytes = whole(i32::from(n_head_bytes))?;
        Ok(Self { n_bytes, version, n_object_bytes, n_head_bytes, cycle })
    }
}

/// The fixed part of a directory record that says where its keys are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DirectoryHead {
    pub(crate) n_key_bytes: u64,
    pub(crate) seek_keys: u64,
}

impl DirectoryHead {
    /// Longest form of the record's fixed part.
    pub(crate) const MOST_BYTES: u64 = 2 + 4 + 4 + 4 + 4 + 3 * 8;

    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Broken> {
        let version = cursor.i16()?;
        cursor.skip(8)?;
        let start = cursor.position();
        let n_key_bytes = cursor.i32()?;
        cursor.skip(4)?;
        let seek_keys = if version > LONG_ADDRESSES {
            cursor.skip(16)?;
            cursor.u64()?
        } else {
            cursor.skip(8)?;
            u64::from(cursor.u32()?)
        };
        let n_key_bytes = u64::try_from(n_key_bytes)
            .map_err(|_| Broken::new(start, format!("a list of keys of {n_key_bytes} bytes")))?;
        Ok(Self { n_key_bytes, seek_keys })
    }
}

/// The list of keys of a directory: a key of its own, a count, and the keys.
pub(crate) fn parse_key_list(bytes: &[u8]) -> Result<Vec<Key>, Broken> {
    const LEAST_BYTES_PER_KEY: usize = 26 + 3;
    let mut cursor = Cursor::new(bytes);
    let n_head_bytes = KeyHead::parse(&mut cursor)?.n_head_bytes;
    cursor.move_to(n_head_bytes)?;
    let count = cursor.count(LEAST_BYTES_PER_KEY)?;
    (0..count).map(|_| Key::parse(&mut cursor)).collect()
}
