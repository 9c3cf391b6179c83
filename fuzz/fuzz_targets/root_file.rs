//! Opens any bytes as a ROOT file and reads every branch of every tree.
#![no_main]

use byte_source::MemoryBytes;
use event_columns::EventTable;
use libfuzzer_sys::fuzz_target;
use root_file::RootFile;
use std::ops::ControlFlow;
use std::sync::Arc;

const BUDGET_BYTES: u64 = 16 << 20;

fuzz_target!(|bytes: &[u8]| {
    let source = Arc::new(MemoryBytes::new("fuzz", bytes.to_vec()));
    let Ok(file) = RootFile::open_source_with_budget(source, BUDGET_BYTES) else { return };
    for entry in file.entries() {
        let Ok(tree) = file.tree(&entry.key_name()) else { continue };
        for branch in 0..tree.info().branches.len() {
            let _ = tree.visit(&[branch], 0..u64::MAX, &|_| ControlFlow::Continue(()));
        }
    }
});
