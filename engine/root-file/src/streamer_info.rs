//! Descriptions of C++ classes: which members of which types an object holds.
//!
//! Every ROOT file carries a list of `TStreamerInfo`, one for each version of each class in it. Here they answer
//! one question: what is the type of the member behind a branch of a split object.

use crate::cursor::{Broken, Cursor};
use crate::object_stream::{Classes, Pointer, array_head, end_of};
use std::collections::HashMap;

/// All class descriptions of a file, by class name.
#[derive(Debug, Default)]
pub(crate) struct StreamerInfos {
    classes: HashMap<String, Vec<StreamerInfo>>,
}

/// One version of one class.
#[derive(Debug)]
pub(crate) struct StreamerInfo {
    checksum: u32,
    version: i32,
    pub(crate) elements: Vec<StreamerElement>,
}

/// One member or base class.
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamerElement {
    pub(crate) name: String,
    /// The comment beside the member, which holds the range of a truncated number.
    pub(crate) title: String,
    pub(crate) type_name: String,
    /// ROOT's number for the type.
    pub(crate) kind: i32,
    pub(crate) is_base: bool,
}

/// Base classes of base classes are not followed beyond this.
const DEEPEST_BASE: usize = 32;

impl StreamerInfos {
    /// Reads the list from the bytes of its object; `n_head_bytes` is the length of the key in front.
    pub(crate) fn parse(object: &[u8], n_head_bytes: usize) -> Result<Self, Broken> {
        let mut cursor = Cursor::with_origin(object, n_head_bytes);
        let mut classes = Classes::default();
        cursor.header()?;
        cursor.object_base()?;
        cursor.skip_string()?;
        let count = cursor.count(4)?;
        let mut found = Self::default();
        for _ in 0..count {
            if let Pointer::New(object) = classes.pointer(&mut cursor)? {
                // The list also holds rules for schema evolution, as strings.
                if object.class_name == "TStreamerInfo" {
                    let (name, info) = StreamerInfo::parse(&mut cursor, &mut classes)?;
                    found.classes.entry(name).or_default().push(info);
                }
                end_of(&mut cursor, &object)?;
            }
            cursor.skip_string()?;
        }
        Ok(found)
    }

    /// The description of a class that fits a checksum or version, else the newest.
    pub(crate) fn find(&self, class_name: &str, checksum: u32, version: i32) -> Option<&StreamerInfo> {
        let versions = self.classes.get(class_name)?;
        let by_checksum = versions.iter().find(|info| checksum != 0 && info.checksum == checksum);
        by_checksum
            .or_else(|| versions.iter().find(|info| info.version == version))
            .or_else(|| versions.iter().max_by_key(|info| info.version))
    }

    /// The description of exactly this version of a class.
    pub(crate) fn version(&self, class_name: &str, version: u16) -> Option<&StreamerInfo> {
        self.classes.get(class_name)?.iter().find(|info| info.version == i32::from(version))
    }

    /// A member of a class or of its base classes.
    pub(crate) fn member(&self, class_name: &str, member: &str) -> Option<&StreamerElement> {
        self.member_below(class_name, member, 0)
    }

    fn member_below(&self, class_name: &str, member: &str, depth: usize) -> Option<&StreamerElement> {
        if depth > DEEPEST_BASE {
            return None;
        }
        let elements = &self.find(class_name, 0, i32::MIN)?.elements;
        elements.iter().find(|element| !element.is_base && element.name == member).or_else(|| {
            let mut bases = elements.iter().filter(|element| element.is_base);
            bases.find_map(|base| self.member_below(&base.name, member, depth + 1))
        })
    }
}

impl StreamerInfo {
    fn parse<'a>(cursor: &mut Cursor<'a>, classes: &mut Classes<'a>) -> Result<(String, Self), Broken> {
        let header = cursor.header()?;
        let (name, _) = cursor.named()?;
        let name = String::from_utf8_lossy(name).into_owned();
        let (checksum, version) = (cursor.u32()?, cursor.i32()?);
        let mut elements = Vec::new();
        if let Pointer::New(array) = classes.pointer(cursor)? {
            let (_, count) = array_head(cursor)?;
            for _ in 0..count {
                if let Pointer::New(object) = classes.pointer(cursor)? {
                    elements.push(StreamerElement::parse(cursor, object.class_name)?);
                    end_of(cursor, &object)?;
                }
            }
            end_of(cursor, &array)?;
        }
        cursor.end_of(header)?;
        Ok((name, Self { checksum, version, elements }))
    }
}

impl StreamerElement {
    fn parse(cursor: &mut Cursor<'_>, class_name: &str) -> Result<Self, Broken> {
        /// No real name or title is longer, and a type is repeated for each of its branches.
        const MOST_BYTES: usize = 4096;
        cursor.header()?;
        // The only class with a base class between it and `TStreamerElement`.
        if class_name == "TStreamerSTLstring" {
            cursor.header()?;
        }
        let header = cursor.header()?;
        let (name, title) = cursor.named()?;
        let kind = cursor.i32()?;
        // Size, length and dimensions of an array: the branch says all this itself.
        cursor.skip(12)?;
        if header.version == 1 {
            let count = cursor.count(4)?;
            cursor.skip(4 * count)?;
        } else {
            cursor.skip(20)?;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]).into_owned();
        Ok(Self {
            name: text(name),
            title: text(title),
            type_name: text(cursor.string_bytes()?),
            kind,
            is_base: class_name == "TStreamerBase",
        })
    }
}
