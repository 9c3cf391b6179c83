//! The allocator of our programs: mimalloc, in large pages.
//!
//! A program names it with `#[global_allocator]` and calls [`use_large_pages`] first in `main`; libraries never do. The
//! reader makes a column piece for each basket: this allocator hands the pages of a dropped piece to the next basket
//! instead of giving them back, and asks the system for pages of 2 MiB, which are found and cleared in one go. Figures
//! are in docs/performance.md.

pub use mimalloc::MiMalloc;

/// Asks the system for large pages from now on. Where it has none, small ones are used.
pub fn use_large_pages() {
    // SAFETY: sets one number in a table of the allocator, which reads it atomically at each request for memory. With
    // the default a job that keeps its columns took 1.15 times the processor time (half a gigabyte cleared page by page).
    unsafe {
        libmimalloc_sys::mi_option_set_enabled(libmimalloc_sys::mi_option_large_os_pages, true);
    }
}
