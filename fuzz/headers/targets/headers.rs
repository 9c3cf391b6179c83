//! Any bytes as what strangers send to the hub service: headers, and names in addresses.
//!
//! The readers are files of the service that need nothing of it: with the whole of it a build would take half an hour.
#![no_main]

#[path = "../../../hub-service/mlaas4hep-hub/src/any_header.rs"]
mod any_header;
#[path = "../../../hub-service/mlaas4hep-hub/src/ranges.rs"]
mod ranges;
#[path = "../../../hub-service/mlaas4hep-hub/src/upload_headers.rs"]
mod upload_headers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    any_header::read_any_header(bytes);
});
