//! A file as memory, read-only, without a copy.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr::NonNull;

// The two calls of the C library that every Rust program on Unix is linked with; a crate for them would be the only
// dependency (the reason for having none stands at the top of the crate).
unsafe extern "C" {
    fn mmap(
        address: *mut c_void,
        length: usize,
        protection: c_int,
        flags: c_int,
        file: c_int,
        at: i64,
    ) -> *mut c_void;
    fn munmap(address: *mut c_void, length: usize) -> c_int;
}

const PROT_READ: c_int = 1;
const MAP_SHARED: c_int = 1;

/// The bytes of a file of the store.
#[derive(Debug)]
pub(crate) struct MappedFile {
    address: NonNull<u8>,
    length: usize,
}

impl MappedFile {
    /// Maps the whole of the file at `path`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        if length == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is empty"));
        }
        // SAFETY: the kernel chooses the address, the length is not 0, the descriptor is open during the call and
        // need not be afterwards; failure is looked for below.
        let address =
            unsafe { mmap(std::ptr::null_mut(), length, PROT_READ, MAP_SHARED, file.as_raw_fd(), 0) };
        if address.addr() == usize::MAX {
            return Err(io::Error::last_os_error());
        }
        match NonNull::new(address.cast()) {
            Some(address) => Ok(Self { address, length }),
            None => Err(io::Error::other("the file was mapped at address 0")),
        }
    }

    /// The bytes; the first lies at the begin of a page.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: `address` and `length` are those of a map that lives until `drop`. Files of the store are written
        // beside, renamed, and never changed in place, so nothing writes to these bytes.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.length) }
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        // SAFETY: the map was made by `open`, and no slice of it outlives `self`. A failure leaves it mapped.
        unsafe { munmap(self.address.as_ptr().cast(), self.length) };
    }
}

// SAFETY: the bytes are only read, by whatever thread.
unsafe impl Send for MappedFile {}
// SAFETY: as above.
unsafe impl Sync for MappedFile {}
