//! Bytes of a file, read ahead by one block.

use std::{fs::File, io, ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use rustix::buffer::spare_capacity;
use tokio::task::JoinHandle;

use super::StoreError;

/// Bytes of a block: two of them are held at a time.
const BLOCK_BYTES: u64 = 1 << 18;

type Block = JoinHandle<Result<Bytes, StoreError>>;

/// The bytes of a range, in blocks; the next one is read while one is sent.
pub(crate) fn of_file(file: Arc<File>, range: Range<u64>) -> BoxStream<'static, Result<Bytes, StoreError>> {
    let first = read_ahead(&file, range);
    let blocks = stream::unfold(first, move |ahead| {
        let file = file.clone();
        async move {
            let (block, rest) = ahead?;
            let bytes = match block.await {
                Ok(bytes) => bytes,
                Err(error) => Err(failed(io::Error::other(error))),
            };
            let next = if bytes.is_ok() { read_ahead(&file, rest) } else { None };
            Some((bytes, next))
        }
    });
    blocks.boxed()
}

/// Starts to read the first block of a range, and says what comes after it.
fn read_ahead(file: &Arc<File>, range: Range<u64>) -> Option<(Block, Range<u64>)> {
    if range.is_empty() {
        return None;
    }
    let (file, start) = (file.clone(), range.start);
    let end = range.end.min(start + BLOCK_BYTES);
    // Its memory is taken here: each of the many threads that read would keep some of its own.
    let memory = Vec::with_capacity((end - start) as usize);
    let block = tokio::task::spawn_blocking(move || {
        read_block(&file, start, (end - start) as usize, memory).map(Bytes::from).map_err(failed)
    });
    Some((block, end..range.end))
}

/// Reads into empty memory that was not set to zero before.
fn read_block(file: &File, start: u64, n_bytes: usize, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    while bytes.len() < n_bytes {
        let place = start + bytes.len() as u64;
        let read = || rustix::io::pread(file, spare_capacity(&mut bytes), place);
        if rustix::io::retry_on_intr(read)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    // There may be room for more than was asked for.
    bytes.truncate(n_bytes);
    Ok(bytes)
}

fn failed(error: io::Error) -> StoreError {
    StoreError::io("reading a blob".to_owned(), error)
}
