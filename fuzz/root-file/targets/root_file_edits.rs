//! Real ROOT files with a few bytes changed: gets behind headers, checksums and codecs that noise never passes.
#![no_main]

#[path = "../../../engine/root-file/tests/integration/any_bytes.rs"]
mod any_bytes;

use std::path::Path;
use std::sync::LazyLock;

static FIXTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    any_bytes::fixtures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../engine/root-file/tests/fixtures"))
});

libfuzzer_sys::fuzz_target!(
    init: {
        // Decoding in this very thread: the same input takes the same way every time.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    },
    |input: &[u8]| {
        any_bytes::read_edited_fixture(&FIXTURES, input);
    }
);
