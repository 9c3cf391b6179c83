//! Entries that are read one after the other, because only their bytes say how long they are.

use crate::basket::Contents;
use crate::cursor::{Broken, Cursor, MEMBER_WISE};
use crate::layout::{Head, Layout};
use crate::numbers::Stored;
use event_columns::{ElementType, Slice, Values};

/// The offsets of each level, and the values.
type Decoded = (Vec<Slice<i64>>, Values);

/// Where an entry ends, if the basket says so; a position before the first entry is the end of none.
fn end_of_entry(basket: &Contents<'_>, entry: usize) -> Option<usize> {
    let positions = basket.positions.as_ref()?.as_chunks::<4>().0;
    let Some(next) = positions.get(entry + 1) else { return Some(basket.data.len()) };
    usize::try_from(i32::from_be_bytes(*next)).ok()?.checked_sub(basket.n_head_bytes)
}

/// The bits of `TObject`s. Those that other objects refer to have the number of a process behind them. Format: ROOT,
/// `TStreamerInfo::WriteBufferAux`, type `kBits`.
pub(crate) fn object_bits(
    layout: &Layout,
    basket: &Contents<'_>,
    counts: Option<&[i64]>,
) -> Result<Decoded, Broken> {
    const IS_REFERENCED: u32 = 1 << 4;
    let mut cursor = Cursor::new(basket.data);
    let (mut offsets, mut bits) = (vec![0], Vec::new());
    let is_list = layout.column_type.depth > 0;
    for entry in 0..basket.n_entries {
        let end = end_of_entry(basket, entry);
        let count = if is_list { counts.and_then(|counts| counts.get(entry)) } else { Some(&1) };
        if end.is_none() && count.is_none() {
            return Err(cursor.broken("the basket does not say where its entries end"));
        }
        let mut n_items = 0;
        while end.map_or_else(|| Some(&n_items) != count, |end| cursor.position() < end) {
            let value = cursor.u32()?;
            if value & IS_REFERENCED != 0 {
                cursor.skip(2)?;
            }
            bits.push(value);
            n_items += 1;
        }
        if end.is_some_and(|end| end != cursor.position()) || !is_list && n_items != 1 {
            return Err(cursor.broken(format!("entry {entry} of the basket does not end where it should")));
        }
        offsets.push(bits.len() as i64);
    }
    if cursor.remaining() > 0 {
        return Err(cursor.broken(format!("{} bytes behind the last entry", cursor.remaining())));
    }
    let offsets = if is_list { vec![Slice::from(offsets)] } else { vec![] };
    Ok((offsets, bits.into()))
}

/// Reads entries one after the other: strings, lists of lists, lists of strings.
pub(crate) struct Nested {
    stored: Stored,
    depth: usize,
    is_text: bool,
    /// Whether the length of a text always has 32 bits.
    is_long_text: bool,
    /// One array for each level, each beginning with 0.
    offsets: Vec<Vec<i64>>,
    payload: Vec<u8>,
}

impl Nested {
    pub(crate) fn new(layout: &Layout) -> Self {
        let levels = layout.column_type.offset_levels();
        Self {
            stored: layout.stored,
            depth: layout.column_type.depth,
            is_text: layout.column_type.element == ElementType::Text,
            is_long_text: false,
            offsets: vec![vec![0]; levels],
            payload: Vec::new(),
        }
    }

    pub(crate) fn read(mut self, basket: &Contents<'_>, head: Head) -> Result<Decoded, Broken> {
        let mut cursor = Cursor::new(basket.data);
        self.is_long_text = head == Head::LongText;
        for entry in 0..basket.n_entries {
            let end = end_of_entry(basket, entry);
            self.entry(&mut cursor, head, end)?;
            if end.is_some_and(|end| end != cursor.position()) {
                return Err(
                    cursor.broken(format!("entry {entry} of the basket does not end where it should"))
                );
            }
        }
        if cursor.remaining() > 0 {
            return Err(cursor.broken(format!("{} bytes behind the last entry", cursor.remaining())));
        }
        let values = if self.is_text { self.payload.into() } else { self.stored.decode(&self.payload) };
        Ok((self.offsets.into_iter().map(Slice::from).collect(), values))
    }

    fn entry(&mut self, cursor: &mut Cursor<'_>, head: Head, end: Option<usize>) -> Result<(), Broken> {
        let header = match head {
            Head::None | Head::LongText => None,
            Head::Versioned | Head::Counted => Some(cursor.header()?),
        };
        if header.is_some_and(|header| header.version & MEMBER_WISE != 0) {
            return Err(cursor.broken("a list that was written member by member"));
        }
        if self.depth == 0 && self.is_text && end == Some(cursor.position()) {
            // ROOT writes no byte at all for an empty string of a leaf.
            self.close(0);
        } else if self.depth == 0 {
            self.item(cursor, 0)?;
        } else if head == Head::Counted {
            self.list(cursor, 0)?;
        } else {
            let end = header.and_then(|header| header.end).or(end);
            let end = end.ok_or_else(|| cursor.broken("the basket does not say where its entries end"))?;
            while cursor.position() < end {
                self.item(cursor, 1)?;
            }
            self.close(0);
        }
        match header {
            Some(header) if header.end.is_some_and(|end| end != cursor.position()) => {
                Err(cursor.broken("an entry that does not end where it should"))
            }
            _ => Ok(()),
        }
    }

    /// A list at a level: its number of items, then the items.
    fn list(&mut self, cursor: &mut Cursor<'_>, level: usize) -> Result<(), Broken> {
        let is_last = level + 1 == self.depth;
        let count = cursor.count(if is_last && !self.is_text { self.stored.n_bytes() } else { 1 })?;
        if is_last && !self.is_text {
            self.payload.extend_from_slice(cursor.bytes(count * self.stored.n_bytes())?);
        } else {
            for _ in 0..count {
                self.item(cursor, level + 1)?;
            }
        }
        self.close(level);
        Ok(())
    }

    /// What stands at a level: a list, or below the lists a text or a number.
    fn item(&mut self, cursor: &mut Cursor<'_>, level: usize) -> Result<(), Broken> {
        if level < self.depth {
            return self.list(cursor, level);
        }
        if self.is_text {
            let text = if self.is_long_text {
                let length = cursor.count(1)?;
                cursor.bytes(length)?
            } else {
                cursor.string_bytes()?
            };
            self.payload.extend_from_slice(text);
            self.close(level);
        } else {
            self.payload.extend_from_slice(cursor.bytes(self.stored.n_bytes())?);
        }
        Ok(())
    }

    /// Ends a list or text at a level where the level below stands now.
    fn close(&mut self, level: usize) {
        let n_bytes = if self.is_text { 1 } else { self.stored.n_bytes() };
        let below = self.offsets.get(level + 1).map_or(self.payload.len() / n_bytes, |below| below.len() - 1);
        if let Some(offsets) = self.offsets.get_mut(level) {
            offsets.push(below as i64);
        }
    }
}
