//! Any bytes as a selection, in both of its forms: read, printed, read again, checked. Nothing may panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| event_selection::parse_any_bytes(bytes));
