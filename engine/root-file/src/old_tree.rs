//! Trees of ROOT 3.00 to 5.22, and of programs that write such trees today, as Geant4 does.
//!
//! `TTree` of version 5 to 15 and `TBranchElement` of version 1 to 7 have changed often, so their members are found
//! by the file's own description of them. `TBranch` of version 6 to 9 is as ROOT's `TBranch::Streamer` reads it.

use crate::cursor::{Broken, Cursor};
use crate::streamer_info::StreamerElement;
use crate::tree_record::{BranchRecord, ElementRecord, Parser, Refused};

pub(crate) const OLDEST_TREE: u16 = 5;
pub(crate) const OLDEST_BRANCH: u16 = 6;
/// Mark in front of a list of addresses of 64 bits.
pub(crate) const LONG_ADDRESSES: u8 = 2;

/// ROOT's numbers for member types (`TVirtualStreamerInfo::EReadWrite`).
mod code {
    pub(super) const OBJECT_POINTER: i32 = 64;
    pub(super) const T_STRING: i32 = 65;
    pub(super) const T_NAMED: i32 = 67;
}

/// The numbers of a branch of version 6 to 9 behind its name, up to its branches.
pub(crate) fn branch_numbers(
    cursor: &mut Cursor<'_>,
    version: u16,
    branch: &mut BranchRecord,
) -> Result<(), Broken> {
    branch.has_short_entries = true;
    branch.compression = cursor.i32()?;
    // Bytes of a basket, and bytes of its list of offsets.
    cursor.skip(8)?;
    let n_written = cursor.i32()?;
    branch.n_written =
        usize::try_from(n_written).map_err(|_| cursor.broken("a negative number of baskets"))?;
    let entry_number = cursor.i32()?;
    cursor.skip(4)?;
    branch.n_places = cursor.u32()? as usize;
    if version > 6 {
        cursor.skip(4)?;
    }
    branch.n_entries = float(cursor)? as i64;
    if branch.n_entries == 0 {
        branch.n_entries = i64::from(entry_number);
    }
    branch.n_decoded_bytes = float(cursor)? as i64;
    branch.n_stored_bytes = float(cursor)? as i64;
    Ok(())
}

fn float(cursor: &mut Cursor<'_>) -> Result<f64, Broken> {
    cursor.u64().map(f64::from_bits)
}

/// A whole number of any width.
fn whole_number(cursor: &mut Cursor<'_>, member: &StreamerElement) -> Result<i64, Broken> {
    Ok(match member.kind {
        2 => i64::from(cursor.i16()?),
        3 | 6 => i64::from(cursor.i32()?),
        13 => i64::from(cursor.u32()?),
        4 | 14 | 16 | 17 => cursor.i64()?,
        8 => float(cursor)? as i64,
        _ => return Err(cursor.broken(format!("{} of type {}", member.name, member.type_name))),
    })
}

impl<'infos> Parser<'_, 'infos> {
    fn members(&self, class_name: &'static str, version: u16) -> Result<&'infos [StreamerElement], Refused> {
        let known = "later ones, or those that the file describes";
        let info = (self.streamer_infos)().version(class_name, version);
        info.map(|info| info.elements.as_slice()).ok_or(Refused::Version { class_name, version, known })
    }

    /// A tree of version 5 to 15, behind its header.
    pub(crate) fn old_tree(&mut self, version: u16) -> Result<(), Refused> {
        for member in self.members("TTree", version)? {
            match member.name.as_str() {
                "fEntries" => self.tree.n_entries = whole_number(&mut self.cursor, member)?,
                "fBranches" => {
                    self.tree.top = self.branches(0)?;
                    return Ok(());
                }
                _ => self.skip_member(member)?,
            }
        }
        Err(self.cursor.broken("a tree without a list of branches").into())
    }

    /// What a `TBranchElement` of version 1 to 7 has behind its `TBranch`.
    pub(crate) fn old_element(&mut self, version: u16, depth: usize) -> Result<ElementRecord, Refused> {
        let mut element = ElementRecord::default();
        for member in self.members("TBranchElement", version)? {
            let cursor = &mut self.cursor;
            let mut number = || whole_number(cursor, member).map(|number| number as i32);
            match member.name.as_str() {
                "TBranch" => {}
                "fClassName" => element.class_name = self.span()?,
                "fParentName" => element.parent_name = self.span()?,
                "fCheckSum" => element.checksum = number()?.cast_unsigned(),
                "fClassVersion" => element.class_version = number()?,
                "fID" => element.id = number()?,
                "fType" => element.kind = number()?,
                "fStreamerType" => element.streamer_type = number()?,
                "fBranchCount" => element.count_branch = self.branch_pointer(depth + 1)?,
                _ if member.kind == code::OBJECT_POINTER => drop(self.branch_pointer(depth + 1)?),
                _ => self.skip_member(member)?,
            }
        }
        Ok(element)
    }

    /// Moves behind a base class, a number or a text.
    fn skip_member(&mut self, member: &StreamerElement) -> Result<(), Refused> {
        let cursor = &mut self.cursor;
        match member.kind {
            code::T_NAMED => drop(cursor.named()?),
            code::T_STRING => cursor.skip_string()?,
            _ if member.is_base => cursor.skip_object()?,
            1 | 11 | 18 => cursor.skip(1)?,
            5 => cursor.skip(4)?,
            12 => cursor.skip(2)?,
            _ => drop(whole_number(cursor, member)?),
        }
        Ok(())
    }
}
