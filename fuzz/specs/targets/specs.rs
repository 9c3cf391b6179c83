//! Any text as specs, ours and the original's.
#![no_main]

#[path = "../../../engine/branch-specs/tests/integration/any_text.rs"]
mod any_text;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    any_text::read_any_text(bytes);
});
