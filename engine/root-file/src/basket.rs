//! Baskets: the compressed runs of entries of one branch.
//!
//! A basket is a key with a few more numbers, then the entries one after the other, then, where entries differ
//! in length, the position of each. Format: ROOT, `TBasket::Streamer` and `TBasket::ReadBasketBuffers`.

use crate::codec;
use crate::cursor::{Broken, Cursor};
use crate::key::KeyHead;
use std::borrow::Cow;
use std::cell::RefCell;

/// The entries of a basket, decompressed.
#[derive(Clone, Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) data: &'a [u8],
    /// Positions of the entries, as stored: 32 bits each, big-endian, counted from the start of the key.
    pub(crate) positions: Option<Cow<'a, [u8]>>,
    pub(crate) n_entries: usize,
    /// What the positions count too much.
    pub(crate) n_head_bytes: usize,
}

/// Why a basket could not be opened.
#[derive(Debug, PartialEq)]
pub(crate) enum NotOpened {
    Broken(Broken),
    Budget(u64),
}

impl From<Broken> for NotOpened {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// The numbers in front of a basket.
struct Head {
    key: KeyHead,
    n_entries: usize,
    /// End of the entries, counted from the start of the key.
    last: usize,
    /// Whether lengths of entries are stored in the place of positions (ROOT's `kGenerateOffsetMap`).
    has_lengths: bool,
    flag: u8,
}

impl Head {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Broken> {
        let key = KeyHead::parse(cursor)?;
        cursor.skip(if key.version > 1000 { 16 } else { 8 })?;
        for _class_name_and_title in 0..3 {
            cursor.skip_string()?;
        }
        cursor.skip(2 + 4)?;
        let entry_size = cursor.i32()?;
        // The sign says that one byte of features follows.
        let has_lengths = entry_size < 0 && cursor.u8()? & 1 != 0;
        let start = cursor.position();
        let (n_entries, last) = (cursor.i32()?, cursor.i32()?);
        let flag = cursor.u8()?;
        match (usize::try_from(n_entries), usize::try_from(last)) {
            (Ok(n_entries), Ok(last)) => Ok(Self { key, n_entries, last, has_lengths, flag }),
            _ => Err(Broken::new(start, format!("{n_entries} entries that end at byte {last}"))),
        }
    }

    fn n_data_bytes(&self) -> Result<usize, Broken> {
        let length = self.last.checked_sub(self.key.n_head_bytes);
        length.ok_or_else(|| Broken::new(0, "entries that end before they begin"))
    }
}

thread_local! {
    /// Where baskets of this thread are decompressed; taken while in use.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Opens a basket that lies in the file and hands its contents to `read`. Entries that are not compressed are
/// used where they lie.
///
/// # Errors
/// [`NotOpened`], or what `read` says.
pub(crate) fn with_stored<R>(
    record: &[u8],
    budget_bytes: u64,
    read: impl FnOnce(Contents<'_>) -> Result<R, Broken>,
) -> Result<R, NotOpened> {
    let head = Head::parse(&mut Cursor::new(record))?;
    let n_head_bytes = head.key.n_head_bytes;
    let body = record.get(n_head_bytes..head.key.n_bytes.min(record.len()));
    let body = body.ok_or_else(|| Broken::new(0, format!("a head of {n_head_bytes} bytes")))?;
    let n_object_bytes = head.key.n_object_bytes;
    if body.len() == n_object_bytes {
        return Ok(read(contents(&head, body)?)?);
    }
    if n_object_bytes as u64 > budget_bytes {
        return Err(NotOpened::Budget(n_object_bytes as u64));
    }
    let shift = |broken: Broken| Broken::new(n_head_bytes + broken.offset, broken.reason);
    codec::lengths_agree(body, n_object_bytes).map_err(shift)?;
    let mut scratch = SCRATCH.take();
    if scratch.len() < n_object_bytes {
        scratch.resize(n_object_bytes, 0);
    }
    let object = &mut scratch[..n_object_bytes];
    let result =
        codec::decompress(body, object).map_err(shift).and_then(|()| contents(&head, object)).and_then(read);
    SCRATCH.set(scratch);
    Ok(result?)
}

fn contents<'a>(head: &Head, object: &'a [u8]) -> Result<Contents<'a>, Broken> {
    let n_data_bytes = head.n_data_bytes()?;
    let Some((data, behind)) = object.split_at_checked(n_data_bytes) else {
        return Err(Broken::new(
            0,
            format!("entries of {n_data_bytes} bytes in a basket of {}", object.len()),
        ));
    };
    // A count, one position for each entry, and one more that means nothing.
    let numbers = behind.get(4..).and_then(|numbers| numbers.get(..4 * head.n_entries));
    let positions = numbers.filter(|_| head.n_entries > 0).map(|numbers| {
        if head.has_lengths {
            Cow::Owned(positions_from_lengths(numbers, head.key.n_head_bytes))
        } else {
            Cow::Borrowed(numbers)
        }
    });
    Ok(Contents { data, positions, n_entries: head.n_entries, n_head_bytes: head.key.n_head_bytes })
}

/// Adds up the lengths of entries; the first number stands for the head and means nothing.
fn positions_from_lengths(lengths: &[u8], n_head_bytes: usize) -> Vec<u8> {
    let mut position = n_head_bytes as i32;
    let lengths = lengths.as_chunks::<4>().0.iter().map(|length| i32::from_be_bytes(*length));
    let positions = lengths.enumerate().map(|(entry, length)| {
        position = position.wrapping_add(if entry == 0 { 0 } else { length });
        position.to_be_bytes()
    });
    positions.flatten().collect()
}

/// Opens a basket that is kept inside the tree.
pub(crate) fn open_embedded(object: &[u8]) -> Result<Contents<'_>, Broken> {
    /// Set when the positions of the entries were left out.
    const WITHOUT_POSITIONS: u8 = 80;
    let mut cursor = Cursor::new(object);
    let head = Head::parse(&mut cursor)?;
    let without_positions = head.flag >= WITHOUT_POSITIONS;
    let flag = if without_positions { head.flag - WITHOUT_POSITIONS } else { head.flag };
    let mut positions = None;
    if !without_positions && flag != 0 && flag % 10 != 2 && head.n_entries > 0 {
        let count = cursor.count(4)?;
        positions = cursor.bytes(4 * count)?.get(..4 * head.n_entries).map(Cow::Borrowed);
        if flag > 40 {
            let count = cursor.count(4)?;
            cursor.skip(4 * count)?;
        }
    }
    let mut data: &[u8] = &[];
    if flag == 1 || flag > 10 {
        cursor.skip(head.key.n_head_bytes)?;
        data = cursor.bytes(head.n_data_bytes()?)?;
    }
    Ok(Contents { data, positions, n_entries: head.n_entries, n_head_bytes: head.key.n_head_bytes })
}
