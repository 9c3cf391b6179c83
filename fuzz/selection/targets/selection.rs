//! Any bytes as a selection, in all of its forms.
#![no_main]

#[path = "../../../engine/event-selection/tests/integration/any_bytes.rs"]
mod any_bytes;

libfuzzer_sys::fuzz_target!(
    init: {
        // Everything in this very thread: the same input takes the same way every time.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    },
    |bytes: &[u8]| {
        any_bytes::run_any_bytes(bytes);
    }
);
