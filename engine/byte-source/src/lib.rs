//! The bytes of a file wherever it lies: ranges in, buffers out.
//!
//! Readers of formats ask a [`ByteSource`] for ranges and never know whether the bytes come from a mapped
//! file, a read, a buffer in memory, or a server. Which of these a name stands for is decided in one place, the
//! [`FileOpener`].

mod local_file;
mod memory;
mod opener;

pub use local_file::LocalFile;
pub use memory::MemoryBytes;
pub use opener::{FileFacts, FileOpener, FilesAfar, NameAfar, OutputFile};

use std::borrow::Cow;
use std::ops::Range;

/// Something that holds a fixed number of bytes and gives out ranges of them, from several threads at once.
pub trait ByteSource: Send + Sync {
    /// Path or address, for messages.
    fn name(&self) -> &str;

    /// Number of bytes when the source was opened.
    fn len(&self) -> u64;

    /// Whether there is no byte at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether each request is a journey: then it pays to ask for many ranges at once, ahead of their use.
    fn is_far(&self) -> bool {
        false
    }

    /// The bytes of a half-open range, without a copy where the source has them in memory.
    ///
    /// # Errors
    /// [`ByteSourceError`] when the range leaves the source, or the bytes cannot be fetched (any more).
    fn read_at(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, ByteSourceError>;

    /// Several ranges at once, in the order asked for; a source far away can fetch them together.
    ///
    /// # Errors
    /// As [`ByteSource::read_at`], for the first range that fails.
    fn read_many(&self, ranges: &[Range<u64>]) -> Result<Vec<Cow<'_, [u8]>>, ByteSourceError> {
        ranges.iter().map(|range| self.read_at(range.clone())).collect()
    }
}

/// Why bytes could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ByteSourceError {
    /// The file cannot be opened.
    #[error("cannot open {name}: {cause}; check the path and that you may read it")]
    Open {
        /// Path or address.
        name: String,
        /// The system's answer.
        #[source]
        cause: std::io::Error,
    },
    /// The bytes cannot be read.
    #[error("cannot read bytes {start} to {end} of {name}: {cause}")]
    Read {
        /// Path or address.
        name: String,
        /// First byte asked for.
        start: u64,
        /// End of the range, exclusive.
        end: u64,
        /// The system's answer.
        #[source]
        cause: std::io::Error,
    },
    /// The range is not inside the source.
    #[error(
        "bytes {start} to {end} were asked of {name}, which has {len}; the file is truncated or its \
         addresses are broken"
    )]
    OutOfRange {
        /// Path or address.
        name: String,
        /// First byte asked for.
        start: u64,
        /// End of the range, exclusive.
        end: u64,
        /// Bytes in the source.
        len: u64,
    },
    /// The file became shorter while it was open.
    #[error(
        "{name} was replaced since it was opened: it had {len_at_open} bytes and has {len_now} now; \
         open it again when it is complete"
    )]
    Shrunk {
        /// Path or address.
        name: String,
        /// Bytes when it was opened.
        len_at_open: u64,
        /// Bytes now.
        len_now: u64,
    },
    /// The file was written to while it was open.
    #[error("{name} was replaced since it was opened; open it again")]
    Changed {
        /// Path or address.
        name: String,
    },
    /// The file has more bytes than can be taken.
    #[error("{name} has {len} bytes, more than the {most_bytes} that can be taken")]
    TooLarge {
        /// Path or address.
        name: String,
        /// Bytes in the file, or so many that it is too many.
        len: u64,
        /// Most bytes.
        most_bytes: u64,
    },
    /// A source of another crate says no, in its own words.
    #[error("{cause}")]
    Afar {
        /// What it says: what was tried on which file, and what to do.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Refuses a range that leaves a source of `len` bytes or runs backwards; for sources of other crates.
///
/// # Errors
/// [`ByteSourceError::OutOfRange`].
pub fn check_range(name: &str, range: &Range<u64>, len: u64) -> Result<(), ByteSourceError> {
    if range.start <= range.end && range.end <= len {
        return Ok(());
    }
    Err(ByteSourceError::OutOfRange { name: name.to_string(), start: range.start, end: range.end, len })
}
