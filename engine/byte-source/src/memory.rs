//! Bytes that are in memory already.

use crate::{ByteSource, ByteSourceError, check_range};
use std::borrow::Cow;
use std::ops::Range;

/// A buffer in memory with a name.
#[derive(Clone, Debug)]
pub struct MemoryBytes {
    name: String,
    bytes: Vec<u8>,
}

impl MemoryBytes {
    /// Takes the buffer; `name` is what messages call it.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes }
    }
}

impl ByteSource for MemoryBytes {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, ByteSourceError> {
        check_range(&self.name, &range, self.len())?;
        Ok(Cow::Borrowed(&self.bytes[range.start as usize..range.end as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        let source = MemoryBytes::new("m", vec![1, 2, 3]);
        assert_eq!(*source.read_at(1..3).unwrap(), [2, 3]);
        assert!(source.read_at(3..3).unwrap().is_empty());
        for (start, end) in [(0, 4), (4, 4), (u64::MAX, u64::MAX), (2, 1)] {
            assert!(matches!(source.read_at(start..end), Err(ByteSourceError::OutOfRange { .. })));
        }
        assert_eq!(source.read_many(&[0..1, 2..3]).unwrap().len(), 2);
    }
}
