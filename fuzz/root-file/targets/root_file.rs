//! Any bytes as a ROOT file.
#![no_main]

#[path = "../../../engine/root-file/tests/integration/any_bytes.rs"]
#[allow(dead_code, reason = "the other target and the suite use the rest")]
mod any_bytes;

libfuzzer_sys::fuzz_target!(
    init: {
        // Decoding in this very thread: the same input takes the same way every time.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    },
    |bytes: &[u8]| {
        any_bytes::read_any_bytes(bytes);
    }
);
