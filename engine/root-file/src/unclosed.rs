//! Objects of a file that was never closed, as after a crash or while it is written: there is no list of them, but
//! every record says what it is and how long, so that the file is walked from record to record. ROOT does the same
//! (`TFile::Recover`).

use crate::cursor::{Broken, Cursor};
use crate::key::Key;
use byte_source::{ByteSource, ByteSourceError};

/// More objects than this are not looked for.
const MOST_OBJECTS: usize = 100_000;
/// Bytes that are read of each record; the head of a key is mostly shorter.
const FIRST_BYTES: u64 = 512;
/// The longest head that a key can have.
const MOST_HEAD_BYTES: u64 = 1 << 15;

/// The keys of the first directory, which begins at byte `begin`, in the order of the file. What cannot be read ends
/// the walk.
pub(crate) fn keys(source: &dyn ByteSource, begin: u64) -> Result<Vec<Key>, ByteSourceError> {
    let (mut keys, mut seek) = (Vec::new(), begin);
    while seek < source.len() && keys.len() < MOST_OBJECTS {
        let read = |n_bytes: u64| source.read_at(seek..seek.saturating_add(n_bytes).min(source.len()));
        let mut record = record_at(&read(FIRST_BYTES)?);
        if record.is_err() {
            record = record_at(&read(MOST_HEAD_BYTES)?);
        }
        let n_bytes = match record {
            Ok(Record::Gap(n_bytes)) => n_bytes,
            Ok(Record::Object(key)) => {
                let n_bytes = key.n_bytes as u64;
                let is_whole = seek.saturating_add(n_bytes) <= source.len();
                if is_whole && key.seek == seek && key.seek_directory == begin && is_listed(&key) {
                    keys.push(key);
                }
                n_bytes
            }
            Err(_) => 0,
        };
        if n_bytes == 0 {
            break;
        }
        seek = seek.saturating_add(n_bytes);
    }
    Ok(keys)
}

enum Record {
    /// Bytes that were freed.
    Gap(u64),
    Object(Key),
}

fn record_at(bytes: &[u8]) -> Result<Record, Broken> {
    let mut cursor = Cursor::new(bytes);
    let n_bytes = cursor.i32()?;
    if n_bytes < 0 {
        return Ok(Record::Gap(u64::from(n_bytes.unsigned_abs())));
    }
    cursor.move_to(0)?;
    Key::parse(&mut cursor).map(Record::Object)
}

/// Whether a directory would list the object: not the file itself, a basket, or what only the file refers to.
fn is_listed(key: &Key) -> bool {
    !matches!(key.class_name.as_str(), "TFile" | "TBasket" | "") && key.name != "StreamerInfo"
}
