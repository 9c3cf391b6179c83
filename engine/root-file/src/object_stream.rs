//! Objects inside objects: pointers, references and class names.
//!
//! A pointer is stored as null, as a reference to an object that came before, or as a new object with its class;
//! a class is written out once and referred to later by the position where that happened. Format: ROOT,
//! `TBufferFile::ReadObjectAny` and `ReadClass`.

use crate::cursor::{Broken, Cursor};
use std::collections::HashMap;

const BYTE_COUNT_MASK: u32 = 0x4000_0000;
const CLASS_MASK: u32 = 0x8000_0000;
const NEW_CLASS: u32 = 0xffff_ffff;
/// Positions are counted from 2, because 0 means null and 1 the parent.
const MAP_OFFSET: usize = 2;

/// What a stored pointer points to.
#[derive(Debug, PartialEq)]
pub(crate) enum Pointer<'a> {
    Null,
    /// An object that was read before, by its number.
    Seen(u32),
    /// An object that follows now.
    New(NewObject<'a>),
}

/// An object that starts at the position of the cursor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NewObject<'a> {
    pub(crate) class_name: &'a str,
    /// The number by which later pointers refer to it.
    pub(crate) number: u32,
    /// Where it ends, if the file says so.
    pub(crate) end: Option<usize>,
}

/// The classes met so far, by the number that later objects use.
#[derive(Default)]
pub(crate) struct Classes<'a> {
    names: HashMap<u32, &'a str>,
    n_numbered: u32,
}

impl<'a> Classes<'a> {
    /// Reads a pointer up to the object itself.
    pub(crate) fn pointer(&mut self, cursor: &mut Cursor<'a>) -> Result<Pointer<'a>, Broken> {
        let start = cursor.counted_position();
        let word = cursor.u32()?;
        let counted = word & BYTE_COUNT_MASK != 0 && word != NEW_CLASS;
        let end = cursor.position() + (word & !BYTE_COUNT_MASK) as usize;
        let (tag_position, tag) =
            if counted { (cursor.counted_position(), cursor.u32()?) } else { (start, word) };
        if tag & CLASS_MASK == 0 {
            if counted && tag != 0 {
                cursor.move_to(end)?;
            }
            return Ok(if tag == 0 { Pointer::Null } else { Pointer::Seen(tag) });
        }
        let class_name = if tag == NEW_CLASS {
            let class_name = cursor.zero_terminated()?;
            let number = self.number_for(counted, tag_position);
            self.names.insert(number, class_name);
            class_name
        } else {
            let number = tag & !CLASS_MASK;
            let known = self.names.get(&number).copied();
            known.ok_or_else(|| cursor.broken(format!("class number {number} was never named")))?
        };
        if counted && end < cursor.position() {
            return Err(cursor.broken(format!("a {class_name} that ended at byte {end} already")));
        }
        let number = self.number_for(counted, start);
        Ok(Pointer::New(NewObject { class_name, number, end: counted.then_some(end) }))
    }

    /// Streams without byte counts (ROOT 1 and 2) number objects and classes in their order instead.
    fn number_for(&mut self, counted: bool, position: usize) -> u32 {
        self.n_numbered += 1;
        if counted {
            u32::try_from(position.saturating_add(MAP_OFFSET)).unwrap_or(0)
        } else {
            self.n_numbered
        }
    }
}

/// Moves behind a new object, skipping members that were not read.
pub(crate) fn end_of(cursor: &mut Cursor<'_>, object: &NewObject<'_>) -> Result<(), Broken> {
    match object.end {
        Some(end) if end >= cursor.position() => cursor.move_to(end),
        Some(end) => {
            Err(cursor.broken(format!("a {} that should have ended at byte {end}", object.class_name)))
        }
        None => Ok(()),
    }
}

/// Reads the head of a `TObjArray` and returns the number of pointers that follow.
pub(crate) fn array_head(cursor: &mut Cursor<'_>) -> Result<(crate::cursor::ObjectHeader, usize), Broken> {
    let header = cursor.header()?;
    if header.version > 2 {
        cursor.object_base()?;
    }
    if header.version > 1 {
        cursor.skip_string()?;
    }
    let start = cursor.position();
    let count = cursor.i32()?;
    cursor.i32()?;
    let most = cursor.remaining() / 4;
    match usize::try_from(count) {
        Ok(count) if count <= most => Ok((header, count)),
        _ => Err(Broken::new(start, format!("{count} pointers, where {most} fit at most"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_seen_and_new() {
        let mut bytes = vec![0, 0, 0, 0];
        // A new class at 4: byte count, the mark of a new class, its name, then two bytes of object.
        bytes.extend([0x40, 0, 0, 8, 0xff, 0xff, 0xff, 0xff, b'A', 0, 9, 9]);
        // Another object of the class that was named at 8, counted from 2 on.
        bytes.extend([0x40, 0, 0, 5, 0x80, 0, 0, 10, 7]);
        // A reference to the first object.
        bytes.extend([0, 0, 0, 6]);
        let (mut cursor, mut classes) = (Cursor::new(&bytes), Classes::default());
        assert_eq!(classes.pointer(&mut cursor), Ok(Pointer::Null));
        let first = NewObject { class_name: "A", number: 6, end: Some(16) };
        assert_eq!(classes.pointer(&mut cursor), Ok(Pointer::New(first)));
        end_of(&mut cursor, &first).unwrap();
        let second = NewObject { class_name: "A", number: 18, end: Some(25) };
        assert_eq!(classes.pointer(&mut cursor), Ok(Pointer::New(second)));
        end_of(&mut cursor, &second).unwrap();
        assert_eq!(classes.pointer(&mut cursor), Ok(Pointer::Seen(6)));
    }

    #[test]
    fn a_class_that_was_never_named() {
        let bytes = [0x40, 0, 0, 5, 0x80, 0, 0, 10, 7];
        assert!(Classes::default().pointer(&mut Cursor::new(&bytes)).is_err());
    }
}
