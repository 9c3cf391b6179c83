//! The ring: slots of shared memory, each as large as the largest chunk, mapped once on each side.
//!
//! One memory file holds all slots one after the other. A slot holds five arrays, each starting at a multiple of
//! 64 bytes: values (`f32`, row by row, NaN where missing), mask (`u8`, 1 where padded), labels, weights (`f32`, one
//! for each row), scores (`f32`, written by the worker, row by row). The file's size is sealed: a side that maps
//! it cannot be hurt (SIGBUS) by the other shrinking it or dying.

use std::{
    fs::File,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use memmap2::{MmapMut, MmapOptions};
use rustix::fs::{MemfdFlags, SealFlags};
use serde::{Deserialize, Serialize};

const ALIGNMENT: usize = 64;
/// No address space has room for more, and all sums below it fit.
const MAX_BYTES: usize = 1 << 46;

/// How large a ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingShape {
    /// At least 2, so that one is filled while another is used.
    pub n_slots: usize,
    /// Rows that a slot has room for, at least 1.
    pub max_rows: usize,
    /// Features of a row, at least 1.
    pub n_columns: usize,
    /// Scores of a row, at least 1.
    pub n_outputs: usize,
}

/// Offsets of the arrays in a slot, in bytes.
#[derive(Clone, Copy, Debug)]
struct SlotLayout {
    mask: usize,
    labels: usize,
    weights: usize,
    scores: usize,
    slot_bytes: usize,
    ring_bytes: usize,
}

impl RingShape {
    fn layout(self) -> Result<SlotLayout, RingError> {
        let too_large = RingError::Shape { shape: self };
        if self.n_slots < 2 || self.max_rows == 0 || self.n_columns == 0 || self.n_outputs == 0 {
            return Err(too_large);
        }
        self.checked_layout().ok_or(too_large)
    }

    fn checked_layout(self) -> Option<SlotLayout> {
        let n_values = self.max_rows.checked_mul(self.n_columns)?;
        let n_scores = self.max_rows.checked_mul(self.n_outputs)?;
        let after = |start: usize, count: usize, size: usize| {
            start.checked_add(count.checked_mul(size)?)?.checked_next_multiple_of(ALIGNMENT)
        };
        let mask = after(0, n_values, 4)?;
        let labels = after(mask, n_values, 1)?;
        let weights = after(labels, self.max_rows, 4)?;
        let scores = after(weights, self.max_rows, 4)?;
        let slot_bytes = after(scores, n_scores, 4)?;
        let ring_bytes = slot_bytes.checked_mul(self.n_slots).filter(|bytes| *bytes <= MAX_BYTES)?;
        Some(SlotLayout { mask, labels, weights, scores, slot_bytes, ring_bytes })
    }
}

/// One side's view of a ring.
#[derive(Debug)]
pub struct Ring {
    file: File,
    memory: MmapMut,
    shape: RingShape,
    layout: SlotLayout,
}

/// The arrays of one slot, whole: rows beyond a chunk's own hold anything.
#[derive(Debug)]
pub struct ChunkSlot<'a> {
    /// Features, row by row: `values[row * n_columns + column]`. NaN where missing.
    pub values: &'a mut [f32],
    /// 1 where a value is padded, else 0; laid out as `values`.
    pub mask: &'a mut [u8],
    /// Class number (0 or 1 for the binary task) or target, one for each row.
    pub labels: &'a mut [f32],
    /// Event weight, one for each row; negative ones are allowed.
    pub weights: &'a mut [f32],
    /// Written by the worker: `scores[row * n_outputs + output]`.
    pub scores: &'a mut [f32],
    /// Features of a row.
    pub n_columns: usize,
    /// Scores of a row.
    pub n_outputs: usize,
}

impl Ring {
    /// Makes the memory file and maps it. Memory is taken as slots are filled.
    ///
    /// # Errors
    /// [`RingError`] where the shape is absurd or the system refuses the memory.
    pub fn create(shape: RingShape) -> Result<Self, RingError> {
        let layout = shape.layout()?;
        let system = |source| RingError::System { attempt: "make", bytes: layout.ring_bytes, source };
        let file = rustix::fs::memfd_create(
            "training-ring",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL,
        )
        // Kernels before 6.3 do not know the seal against execution.
        .or_else(|_| {
            rustix::fs::memfd_create("training-ring", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
        })
        .map_err(|error| system(error.into()))?;
        rustix::fs::ftruncate(&file, layout.ring_bytes as u64).map_err(|error| system(error.into()))?;
        rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)
            .map_err(|error| system(error.into()))?;
        Self::map(file, shape, layout)
    }

    /// Maps the ring that the other side made.
    ///
    /// # Errors
    /// [`RingError`] where the file is smaller than its shape says, or could shrink later.
    pub fn attach(file: OwnedFd, shape: RingShape) -> Result<Self, RingError> {
        let layout = shape.layout()?;
        let system = |source| RingError::System { attempt: "look at", bytes: layout.ring_bytes, source };
        let seals = rustix::fs::fcntl_get_seals(&file).map_err(|error| system(error.into()))?;
        if !seals.contains(SealFlags::SHRINK) {
            return Err(RingError::Unsealed);
        }
        let found_bytes = rustix::fs::fstat(&file).map_err(|error| system(error.into()))?.st_size;
        if u64::try_from(found_bytes).is_ok_and(|found| found >= layout.ring_bytes as u64) {
            Self::map(file, shape, layout)
        } else {
            Err(RingError::TooSmall { found_bytes, needed_bytes: layout.ring_bytes })
        }
    }

    fn map(file: OwnedFd, shape: RingShape, layout: SlotLayout) -> Result<Self, RingError> {
        let file = File::from(file);
        // SAFETY: the file is a memory file that cannot shrink (sealed above, or checked to be), so every mapped
        // page stays valid. The other process writes to the same memory, but by the protocol a slot belongs to one
        // side at a time, handed over by a message through a socket, which orders the accesses. Should a broken
        // worker write out of turn, the bytes are plain floats and small integers for which every pattern is a
        // value, and no length or address is ever read from the ring.
        let memory = unsafe { MmapOptions::new().len(layout.ring_bytes).map_mut(&file) }
            .map_err(|source| RingError::System { attempt: "map", bytes: layout.ring_bytes, source })?;
        Ok(Self { file, memory, shape, layout })
    }

    /// The shape.
    pub fn shape(&self) -> RingShape {
        self.shape
    }

    /// The memory file, to be sent to the other side.
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The arrays of a slot, or `None` where there is no such slot.
    pub fn slot(&mut self, slot: usize) -> Option<ChunkSlot<'_>> {
        let RingShape { max_rows, n_columns, n_outputs, .. } = self.shape;
        let layout = self.layout;
        let start = slot.checked_mul(layout.slot_bytes)?;
        let bytes = self.memory.get_mut(start..start.checked_add(layout.slot_bytes)?)?;
        let (values, bytes) = bytes.split_at_mut(layout.mask);
        let (mask, bytes) = bytes.split_at_mut(layout.labels - layout.mask);
        let (labels, bytes) = bytes.split_at_mut(layout.weights - layout.labels);
        let (weights, scores) = bytes.split_at_mut(layout.scores - layout.weights);
        Some(ChunkSlot {
            values: floats(values, max_rows * n_columns)?,
            mask: mask.get_mut(..max_rows * n_columns)?,
            labels: floats(labels, max_rows)?,
            weights: floats(weights, max_rows)?,
            scores: floats(scores, max_rows * n_outputs)?,
            n_columns,
            n_outputs,
        })
    }
}

fn floats(bytes: &mut [u8], count: usize) -> Option<&mut [f32]> {
    bytemuck::try_cast_slice_mut(bytes.get_mut(..count.checked_mul(4)?)?).ok()
}

/// Why there is no ring.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// Nothing can be that large, or something is zero.
    #[error(
        "no memory can hold a ring of {} slots for {} rows of {} columns and {} outputs; choose smaller chunks",
        shape.n_slots, shape.max_rows, shape.n_columns, shape.n_outputs
    )]
    Shape {
        /// What was asked for.
        shape: RingShape,
    },
    /// The system refused.
    #[error(
        "cannot {attempt} {bytes} bytes of memory shared with the training worker; smaller chunks need less"
    )]
    System {
        /// What was attempted.
        attempt: &'static str,
        /// How much.
        bytes: usize,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The other side could cut the memory off.
    #[error("the shared memory is not sealed against shrinking")]
    Unsealed,
    /// The file does not hold what was announced.
    #[error("the shared memory has {found_bytes} bytes, its shape needs {needed_bytes}")]
    TooSmall {
        /// Size of the file.
        found_bytes: i64,
        /// Size by the shape.
        needed_bytes: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: RingShape = RingShape { n_slots: 2, max_rows: 5, n_columns: 3, n_outputs: 1 };

    fn check_refused(shape: RingShape, expected: &str) {
        let found = Ring::create(shape).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn both_sides_see_the_same_memory() {
        let mut ours = Ring::create(SHAPE).unwrap();
        let mut theirs = Ring::attach(ours.file().try_clone_to_owned().unwrap(), SHAPE).unwrap();
        for slot in 0..2 {
            let filled = ours.slot(slot).unwrap();
            filled.values.fill(1.5 + slot as f32);
            filled.mask.fill(1);
            filled.labels.fill(2.5);
            filled.weights.fill(-3.5);
        }
        for slot in 0..2 {
            let seen = theirs.slot(slot).unwrap();
            assert_eq!(seen.values, [1.5 + slot as f32; 15]);
            assert_eq!(seen.mask, [1; 15]);
            assert_eq!((&*seen.labels, &*seen.weights), (&[2.5; 5][..], &[-3.5; 5][..]));
            seen.scores.fill(0.25);
        }
        assert_eq!(ours.slot(1).unwrap().scores, [0.25; 5]);
        assert!(ours.slot(2).is_none());
        assert!(ours.slot(usize::MAX).is_none());
    }

    #[test]
    fn arrays_start_at_multiples_of_64_bytes() {
        let mut ring = Ring::create(SHAPE).unwrap();
        for slot in 0..2 {
            let arrays = ring.slot(slot).unwrap();
            let addresses = [
                arrays.values.as_ptr().addr(),
                arrays.mask.as_ptr().addr(),
                arrays.labels.as_ptr().addr(),
                arrays.weights.as_ptr().addr(),
                arrays.scores.as_ptr().addr(),
            ];
            assert!(addresses.iter().all(|address| address % ALIGNMENT == 0), "{addresses:?}");
        }
    }

    #[test]
    fn absurd_shapes_are_refused() {
        check_refused(RingShape { n_slots: 1, ..SHAPE }, "1 slots");
        check_refused(RingShape { max_rows: 0, ..SHAPE }, "0 rows");
        check_refused(RingShape { n_columns: 0, ..SHAPE }, "0 columns");
        check_refused(RingShape { max_rows: usize::MAX, ..SHAPE }, "smaller chunks");
        check_refused(RingShape { max_rows: 1 << 40, n_columns: 1 << 10, ..SHAPE }, "smaller chunks");
    }

    #[test]
    fn a_file_that_is_too_small_or_could_shrink_is_refused() {
        let small = Ring::create(SHAPE).unwrap();
        let larger = RingShape { max_rows: 500, ..SHAPE };
        let error = Ring::attach(small.file().try_clone_to_owned().unwrap(), larger).unwrap_err();
        assert!(error.to_string().contains("its shape needs"), "{error}");
        let unsealed = rustix::fs::memfd_create("test", MemfdFlags::ALLOW_SEALING).unwrap();
        rustix::fs::ftruncate(&unsealed, 1 << 20).unwrap();
        assert!(matches!(Ring::attach(unsealed, SHAPE), Err(RingError::Unsealed)));
    }
}
