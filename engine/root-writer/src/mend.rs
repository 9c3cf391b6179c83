//! Checks the finished file and respells the class names that oxyroot 0.1.25 gets wrong.
//!
//! - It names lists of integers `vector<int32_t>`. uproot knows no `int32_t` inside a class name and refuses the
//!   branch, so the ROOT spelling `vector<Int_t  >` takes its place.
//! - It cannot write `vector<bool>`; the branch was written as bytes and becomes `vector<bool   >` here.
//! - It names the one element of the streamer info of a vector after the class. ROOT prints `illegal uid=-2`
//!   unless that element is named `This`.
//!
//! Every replacement has the length of what it replaces (spaces inside the brackets mean nothing to ROOT,
//! uproot and this project's reader), so that no length, offset or byte count of the file changes. Layout:
//! ROOT, `io/doc/TFile/README.md` (file header, directory, keys).

use crate::WriteError;
use crate::branches::PlannedBranch;
use event_columns::ElementType;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Metadata of a file that is smaller than 2 GB fits in this; anything larger is no record of ours.
const MAX_RECORD_BYTES: usize = 256 << 20;

/// Checks that the file is closed and whole, and respells the classes of the jagged branches.
pub(crate) fn mend_file(
    file: &mut File,
    path: &Path,
    tree: &str,
    branches: &[PlannedBranch],
) -> Result<(), WriteError> {
    let io = |action| move |source| WriteError::Io { path: path.to_path_buf(), action, source };
    let layout = |reason| WriteError::Layout { path: path.to_path_buf(), reason };
    let n_bytes = file.metadata().map_err(io("ask for the size of the finished file"))?.len();
    let header = read(file, 0, 100).map_err(io("read the finished file"))?;
    let header = FileHeader::parse(&header, n_bytes).map_err(layout)?;
    let info = read(file, header.info_start, header.info_bytes).map_err(io("read the finished file"))?;
    let directory = read(file, header.directory, 30).map_err(io("read the finished file"))?;
    let keys_start = directory_keys(&directory).ok_or_else(|| layout("the directory"))?;
    let keys = read(file, keys_start, (n_bytes - keys_start.min(n_bytes)).min(4096) as usize)
        .map_err(io("read the finished file"))?;
    let (tree_start, tree_bytes) = tree_key(&keys, tree).ok_or_else(|| layout("the key of the tree"))?;
    let record = read(file, tree_start, tree_bytes).map_err(io("read the finished file"))?;

    let record = respell_branches(record, branches).ok_or_else(|| layout("a branch of the tree"))?;
    let info = respell_streamer_info(info, branches).ok_or_else(|| layout("the streamer info"))?;
    write(file, tree_start, &record).map_err(io("write the class names"))?;
    write(file, header.info_start, &info).map_err(io("write the class names"))
}

/// The ROOT spelling, of the same length, for the class of a jagged branch.
fn root_class(element: ElementType) -> &'static str {
    match element {
        ElementType::Bool => "vector<bool   >",
        ElementType::I8 => "vector<Char_t>",
        ElementType::U8 | ElementType::Text => "vector<UChar_t>",
        ElementType::I16 => "vector<Short_t>",
        ElementType::U16 => "vector<UShort_t>",
        ElementType::I32 => "vector<Int_t  >",
        ElementType::U32 => "vector<UInt_t  >",
        // 64 bits in ROOT's files, whatever the machine.
        ElementType::I64 => "vector<Long_t >",
        ElementType::U64 => "vector<ULong_t >",
        ElementType::F32 => "vector<float>",
        ElementType::F64 => "vector<double>",
    }
}

/// Branches stand in the tree in their order, and the class of each once; no name can contain a `<`.
fn respell_branches(mut record: Vec<u8>, branches: &[PlannedBranch]) -> Option<Vec<u8>> {
    let mut position = 0;
    for branch in branches {
        if let Some(written) = branch.written_class() {
            position += find(record.get(position..)?, &counted(written))? + 1;
            respell(&mut record, position, written, root_class(branch.column_type.element))?;
        }
    }
    Some(record)
}

/// The class stands three times in its streamer info: its name, the name of its element (with an empty
/// title), the type of its element. A `vector<bool>` has the info of the bytes as which it was written.
fn respell_streamer_info(mut record: Vec<u8>, branches: &[PlannedBranch]) -> Option<Vec<u8>> {
    let mut done = Vec::new();
    for branch in branches {
        let Some(written) = branch.written_class().filter(|class| !done.contains(class)) else { continue };
        done.push(written);
        let element = match branch.column_type.element {
            ElementType::Bool => ElementType::U8,
            other => other,
        };
        let mut position = 0;
        for occurrence in 0..3 {
            position += find(record.get(position..)?, &counted(written))? + 1;
            if occurrence == 1 {
                name_element_this(&mut record, position - 1, written.len())?;
            } else {
                respell(&mut record, position, written, root_class(element))?;
            }
        }
    }
    Some(record)
}

/// Replaces a name of `n_bytes` bytes and its empty title by `This` and a title that fills the place.
fn name_element_this(record: &mut [u8], position: usize, n_bytes: usize) -> Option<()> {
    let place = record.get_mut(position..position + n_bytes + 2)?;
    let title = &b"Used to call the proper streamer"[..n_bytes - 4];
    if place.last() != Some(&0) {
        return None;
    }
    let replacement = [&[4], b"This".as_slice(), &[title.len() as u8], title].concat();
    place.copy_from_slice(&replacement);
    Some(())
}

fn respell(record: &mut [u8], position: usize, old: &str, new: &str) -> Option<()> {
    let place = record.get_mut(position..position + old.len())?;
    (old.len() == new.len()).then(|| place.copy_from_slice(new.as_bytes()))
}

/// A short string as ROOT stores it: one byte of length, then the bytes.
fn counted(text: &str) -> Vec<u8> {
    [&[text.len() as u8], text.as_bytes()].concat()
}

fn find(record: &[u8], needle: &[u8]) -> Option<usize> {
    record.windows(needle.len()).position(|window| window == needle)
}

/// Where the two records are that the header names.
struct FileHeader {
    directory: u64,
    info_start: u64,
    info_bytes: usize,
}

impl FileHeader {
    /// `n_bytes` is the size of the file. oxyroot's last bytes leave its buffer in a destructor, which cannot
    /// report a full disk; a header that is complete and names the true end proves that they arrived.
    fn parse(bytes: &[u8], n_bytes: u64) -> Result<Self, &'static str> {
        if !bytes.starts_with(b"root") {
            return Err("the header is missing");
        }
        if u64::from(u32_at(bytes, 12).unwrap_or(0)) != n_bytes {
            return Err("the file does not end where its header says");
        }
        let parts = (|| {
            let directory = u64::from(u32_at(bytes, 8)?) + u64::from(u32_at(bytes, 28)?);
            Some(Self {
                directory,
                info_start: u64::from(u32_at(bytes, 37)?),
                info_bytes: u32_at(bytes, 41)? as usize,
            })
        })();
        parts.filter(|header| header.info_bytes <= MAX_RECORD_BYTES).ok_or("the header is not complete")
    }
}

/// Version, two dates, two lengths, own place, parent's place, place of the keys.
fn directory_keys(directory: &[u8]) -> Option<u64> {
    u32_at(directory, 26).map(u64::from)
}

/// The place and the size of the record of the only key, which must be our tree.
fn tree_key(keys: &[u8], tree: &str) -> Option<(u64, usize)> {
    let header_bytes = usize::from(u16_at(keys, 14)?);
    if u32_at(keys, header_bytes)? != 1 {
        return None;
    }
    let key = keys.get(header_bytes + 4..)?;
    let n_bytes = u32_at(key, 0)? as usize;
    let (class, name) = (counted("TTree"), counted(tree));
    (key.get(26..)?.starts_with(&[class, name].concat()) && n_bytes <= MAX_RECORD_BYTES)
        .then_some((u64::from(u32_at(key, 18)?), n_bytes))
}

fn u32_at(bytes: &[u8], position: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(position..position.checked_add(4)?)?.try_into().ok()?))
}

fn u16_at(bytes: &[u8], position: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(position..position.checked_add(2)?)?.try_into().ok()?))
}

fn read(file: &mut File, start: u64, n_bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(n_bytes as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write(file: &mut File, start: u64, bytes: &[u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_columns::ColumnType;

    #[test]
    fn a_spelling_never_changes_a_length() {
        use ElementType::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
        for element in [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64] {
            let branch = PlannedBranch { name: "x".into(), column_type: ColumnType::jagged(element) };
            let written = branch.written_class().unwrap();
            assert_eq!(written.len(), root_class(element).len(), "{written}");
            let record = [b"??".to_vec(), counted(written), b"\0\0".to_vec()].concat();
            let mended = respell_branches(record.clone(), &[branch]).unwrap();
            assert_eq!(mended.len(), record.len());
            assert_eq!(&mended[3..3 + written.len()], root_class(element).as_bytes());
        }
    }

    #[test]
    fn a_header_that_lies_about_the_end_is_refused() {
        let mut header = vec![0; 100];
        assert_eq!(FileHeader::parse(&header, 100).err(), Some("the header is missing"));
        header[..4].copy_from_slice(b"root");
        header[12..16].copy_from_slice(&100_u32.to_be_bytes());
        assert!(FileHeader::parse(&header, 100).is_ok());
        assert!(FileHeader::parse(&header, 101).is_err());
    }
}
