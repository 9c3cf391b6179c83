//! SHA-256 and Adler-32 of bytes that pass by.

use std::io::Read;

use sha2::{Digest, Sha256};
use simd_adler32::Adler32;

/// The sums so far.
#[derive(Clone)]
pub(crate) struct Checksums {
    sha256: Sha256,
    adler32: Adler32,
    n_bytes: u64,
}

/// The sums of all bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    /// In hexadecimal digits.
    pub(crate) sha256: String,
    pub(crate) adler32: u32,
    pub(crate) n_bytes: u64,
}

impl Checksums {
    pub(crate) fn new() -> Self {
        Self { sha256: Sha256::new(), adler32: Adler32::new(), n_bytes: 0 }
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.adler32.write(bytes);
        self.n_bytes += bytes.len() as u64;
    }

    pub(crate) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    pub(crate) fn finish(self) -> Sums {
        Sums {
            sha256: hex::encode(self.sha256.finalize()),
            adler32: self.adler32.finish(),
            n_bytes: self.n_bytes,
        }
    }

    /// Of all that can be read.
    pub(crate) fn of(mut source: impl Read) -> std::io::Result<Self> {
        let (mut sums, mut buffer) = (Self::new(), vec![0; 1 << 18]);
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return Ok(sums),
                Ok(n) => sums.add(&buffer[..n]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// SHA-256 of a text in hexadecimal digits.
pub(crate) fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        let check = |bytes: &[u8], sha256: &str, adler32: u32| {
            let sums = Checksums::of(bytes).unwrap().finish();
            assert_eq!(sums, Sums { sha256: sha256.to_owned(), adler32, n_bytes: bytes.len() as u64 });
        };
        check(b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 1);
        check(b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 0x024d_0127);
        // zlib.adler32(b'\xff' * 100000), hashlib.sha256 of the same
        check(
            &vec![255; 100_000],
            "be87f6dbe42cdf682276fbecab3636fbfcaa008cf454d635dd77872b50d940aa",
            0x149a_302c,
        );
    }
}
