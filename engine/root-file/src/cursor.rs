//! The one place where bytes become numbers: a bounded reader of big-endian values.

/// Bytes that are not what the format says, and where. Offsets count from the start of the buffer that is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Broken {
    pub(crate) offset: usize,
    pub(crate) reason: String,
}

impl Broken {
    pub(crate) fn new(offset: usize, reason: impl Into<String>) -> Self {
        Self { offset, reason: reason.into() }
    }
}

/// A reader that cannot leave its buffer.
///
/// `origin` is what the format's own positions count from, before the first byte of the buffer: references
/// between objects include the length of the key in front of them.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
    origin: usize,
}

/// Version of a stored object, and where it ends if the file says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ObjectHeader {
    pub(crate) version: u16,
    pub(crate) end: Option<usize>,
}

/// Set in the four bytes before a version when they are a byte count.
const BYTE_COUNT_MASK: u32 = 0x4000_0000;
/// Set in a version when a collection was written member by member.
pub(crate) const MEMBER_WISE: u16 = 0x4000;

macro_rules! big_endian {
    ($($name:ident: $type:ty;)*) => {$(
        pub(crate) fn $name(&mut self) -> Result<$type, Broken> {
            let (bytes, _) = self.rest().split_first_chunk().ok_or_else(|| self.too_short(size_of::<$type>()))?;
            self.position += size_of::<$type>();
            Ok(<$type>::from_be_bytes(*bytes))
        }
    )*};
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, origin: 0 }
    }

    pub(crate) fn with_origin(bytes: &'a [u8], origin: usize) -> Self {
        Self { bytes, position: 0, origin }
    }

    big_endian! {
        u8: u8; u16: u16; i16: i16; u32: u32; i32: i32; u64: u64; i64: i64;
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The position as the format counts it.
    pub(crate) fn counted_position(&self) -> usize {
        self.position.saturating_add(self.origin)
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.position..]
    }

    fn too_short(&self, wanted: usize) -> Broken {
        Broken::new(self.position, format!("{wanted} bytes expected, {} left", self.remaining()))
    }

    pub(crate) fn broken(&self, reason: impl Into<String>) -> Broken {
        Broken::new(self.position, reason)
    }

    pub(crate) fn bytes(&mut self, n_bytes: usize) -> Result<&'a [u8], Broken> {
        let bytes = self.rest().get(..n_bytes).ok_or_else(|| self.too_short(n_bytes))?;
        self.position += n_bytes;
        Ok(bytes)
    }

    pub(crate) fn skip(&mut self, n_bytes: usize) -> Result<(), Broken> {
        self.bytes(n_bytes).map(|_| ())
    }

    /// Moves to a position of the buffer, forward or back.
    pub(crate) fn move_to(&mut self, position: usize) -> Result<(), Broken> {
        if position > self.bytes.len() {
            let reason = format!("position {position} lies beyond the {} bytes", self.bytes.len());
            return Err(self.broken(reason));
        }
        self.position = position;
        Ok(())
    }

    /// A count that claims no more items than the remaining bytes can hold.
    pub(crate) fn count(&mut self, bytes_per_item: usize) -> Result<usize, Broken> {
        let start = self.position;
        let count = self.i32()?;
        let most = self.remaining() / bytes_per_item.max(1);
        match usize::try_from(count) {
            Ok(count) if count <= most => Ok(count),
            _ => Err(Broken::new(start, format!("a count of {count}, where {most} items fit at most"))),
        }
    }

    /// The bytes of a `TString`: a length of one byte, or 255 and a length of four.
    pub(crate) fn string_bytes(&mut self) -> Result<&'a [u8], Broken> {
        let length = match self.u8()? {
            255 => self.u32()? as usize,
            short => usize::from(short),
        };
        self.bytes(length)
    }

    pub(crate) fn string(&mut self) -> Result<String, Broken> {
        self.string_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    pub(crate) fn skip_string(&mut self) -> Result<(), Broken> {
        self.string_bytes().map(|_| ())
    }

    /// A class name that ends with a zero byte.
    pub(crate) fn zero_terminated(&mut self) -> Result<&'a str, Broken> {
        let length = self.rest().iter().take(4096).position(|byte| *byte == 0);
        let length = length.ok_or_else(|| self.broken("a name without end"))?;
        let bytes = self.bytes(length)?;
        self.skip(1)?;
        std::str::from_utf8(bytes).map_err(|_| self.broken("a class name that is no text"))
    }

    /// The byte count and version in front of an object.
    pub(crate) fn header(&mut self) -> Result<ObjectHeader, Broken> {
        let start = self.position;
        let word = self.u32()?;
        if word & BYTE_COUNT_MASK == 0 {
            self.position = start;
            return Ok(ObjectHeader { version: self.u16()?, end: None });
        }
        let end = self.position + (word & !BYTE_COUNT_MASK) as usize;
        if end > self.bytes.len() || end < self.position + 2 {
            let reason = format!("an object that ends at byte {end} of {}", self.bytes.len());
            return Err(Broken::new(start, reason));
        }
        Ok(ObjectHeader { version: self.u16()?, end: Some(end) })
    }

    /// Moves behind an object whose header was read, skipping members that were not.
    pub(crate) fn end_of(&mut self, header: ObjectHeader) -> Result<(), Broken> {
        match header.end {
            Some(end) if end >= self.position => self.move_to(end),
            Some(end) => Err(self.broken(format!("an object that should have ended at byte {end}"))),
            None => Ok(()),
        }
    }

    /// Skips an object that says how long it is.
    pub(crate) fn skip_object(&mut self) -> Result<(), Broken> {
        let header = self.header()?;
        if header.end.is_none() {
            return Err(self.broken("an object without length"));
        }
        self.end_of(header)
    }

    /// The base class `TObject`: a version, an identifier and bits, and a process number where it is referenced.
    pub(crate) fn object_base(&mut self) -> Result<(), Broken> {
        const IS_REFERENCED: u32 = 1 << 4;
        let header = self.header()?;
        self.u32()?;
        if self.u32()? & IS_REFERENCED != 0 {
            self.u16()?;
        }
        self.end_of(header)
    }

    /// The base class `TNamed`: its name and title.
    pub(crate) fn named(&mut self) -> Result<(&'a [u8], &'a [u8]), Broken> {
        let header = self.header()?;
        self.object_base()?;
        let (name, title) = (self.string_bytes()?, self.string_bytes()?);
        self.end_of(header)?;
        Ok((name, title))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian_and_bounded() {
        let mut cursor = Cursor::new(&[0, 1, 255, 255, 255, 254, 7]);
        assert_eq!(cursor.u16(), Ok(1));
        assert_eq!(cursor.i32(), Ok(-2));
        assert_eq!(cursor.u16(), Err(Broken::new(6, "2 bytes expected, 1 left")));
        assert_eq!(cursor.u8(), Ok(7));
    }

    #[test]
    fn counts_cannot_claim_more_than_there_is() {
        assert_eq!(Cursor::new(&[0, 0, 0, 2, 1, 1]).count(1), Ok(2));
        assert!(Cursor::new(&[0, 0, 0, 3, 1, 1]).count(1).is_err());
        assert!(Cursor::new(&[255, 255, 255, 255]).count(1).is_err());
    }

    #[test]
    fn strings_short_and_long() {
        assert_eq!(Cursor::new(b"\x02ab").string().unwrap(), "ab");
        assert_eq!(Cursor::new(b"\xff\0\0\0\x02ab").string().unwrap(), "ab");
        assert!(Cursor::new(b"\xff\x7f\0\0\x02ab").string().is_err());
        assert_eq!(Cursor::new(b"TTree\0").zero_terminated().unwrap(), "TTree");
        assert!(Cursor::new(b"TTree").zero_terminated().is_err());
    }

    #[test]
    fn headers_with_and_without_length() {
        let mut cursor = Cursor::new(&[0x40, 0, 0, 3, 0, 9, 1, 5]);
        let header = cursor.header().unwrap();
        assert_eq!(header, ObjectHeader { version: 9, end: Some(7) });
        cursor.end_of(header).unwrap();
        assert_eq!(cursor.u8(), Ok(5));
        assert_eq!(Cursor::new(&[0, 3, 0, 0]).header(), Ok(ObjectHeader { version: 3, end: None }));
        assert!(Cursor::new(&[0x40, 0, 0, 9, 0, 9]).header().is_err());
    }
}
