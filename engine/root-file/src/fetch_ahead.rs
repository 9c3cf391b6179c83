//! Baskets of a file far away: fetched many at once, while those before them are decoded.

use crate::error::RootFileError;
use crate::tree::{BasketTask, RootTree};
use byte_source::{ByteSource, ByteSourceError};
use event_columns::{Piece, ReadError};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::mpsc::sync_channel;

/// Bytes of the first batch: small, so that decoding begins soon; each further batch has twice as many, up to the last
/// number.
const FIRST_BATCH_BYTES: u64 = 1 << 20;
const MOST_BATCH_BYTES: u64 = 8 << 20;

/// Tasks whose baskets are fetched together.
struct Batch {
    tasks: Vec<BasketTask>,
    /// Of each task; nothing for a basket that is kept inside the tree.
    ranges: Vec<Option<Range<u64>>>,
}

/// Fetches, decodes and hands out: one thread fetches the next batch while the threads of the caller decode this one. At
/// most three batches are in memory.
pub(crate) fn visit(
    tree: &RootTree,
    source: &dyn ByteSource,
    tasks: Vec<BasketTask>,
    format: &(dyn Fn(RootFileError) -> ReadError + Sync),
    hand_out: &(dyn Fn(BasketTask, Piece) -> Result<(), ReadError> + Sync),
) -> Result<(), ReadError> {
    let batches = batches(tree, tasks).map_err(format)?;
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(1);
        scope.spawn(move || {
            for batch in batches {
                let records = fetch(source, &batch.ranges);
                let is_last = records.is_err();
                // Nobody listens any more when a batch could not be decoded.
                if sender.send((batch.tasks, records)).is_err() || is_last {
                    return;
                }
            }
        });
        for (tasks, records) in receiver {
            let place = || tasks.first().map(|task| tree.place(task.branch, None)).unwrap_or_default();
            let records = records.map_err(|cause| format(place().source(cause)))?;
            tasks.into_par_iter().zip(records).try_for_each(|(task, record)| {
                let piece =
                    tree.decode_record(task.branch, task.number, 0, record.as_deref()).map_err(format)?;
                hand_out(task, piece)
            })?;
        }
        Ok(())
    })
}

fn batches(tree: &RootTree, tasks: Vec<BasketTask>) -> Result<Vec<Batch>, RootFileError> {
    let mut batches: Vec<Batch> = Vec::new();
    let (mut n_bytes, mut most_bytes) = (0, FIRST_BATCH_BYTES);
    for task in tasks {
        let range = tree.stored_range(task.branch, task.number)?;
        let n_more = range.as_ref().map_or(0, |range| range.end - range.start);
        match batches.last_mut() {
            Some(batch) if n_more <= most_bytes - n_bytes.min(most_bytes) => {
                n_bytes += n_more;
                batch.tasks.push(task);
                batch.ranges.push(range);
            }
            _ => {
                most_bytes =
                    if batches.is_empty() { most_bytes } else { (2 * most_bytes).min(MOST_BATCH_BYTES) };
                n_bytes = n_more;
                batches.push(Batch { tasks: vec![task], ranges: vec![range] });
            }
        }
    }
    Ok(batches)
}

fn fetch<'a>(
    source: &'a dyn ByteSource,
    ranges: &[Option<Range<u64>>],
) -> Result<Vec<Option<Cow<'a, [u8]>>>, ByteSourceError> {
    let stored: Vec<Range<u64>> = ranges.iter().flatten().cloned().collect();
    let mut records = source.read_many(&stored)?.into_iter();
    Ok(ranges.iter().map(|range| range.as_ref().and_then(|_| records.next())).collect())
}
