//! Events per second of CPU for the stages of reading: `decode_speed FILE TREE [inflate|decode|minmax] [REPEATS]`.
//!
//! `inflate` decompresses every basket and throws it away, the limit that the codec sets; `decode` makes columns;
//! `minmax` also looks for the smallest and largest value and the widest list of every branch.

use event_columns::{EventTable, Piece, Values};
use root_file::RootFile;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file_name, tree_name, rest @ ..] = arguments.as_slice() else {
        return Err("usage: decode_speed FILE TREE [inflate|decode|minmax|open] [REPEATS]".into());
    };
    let mode = rest.first().map_or("minmax", String::as_str);
    let n_repeats: u32 = rest.get(1).map_or(Ok(3), |text| text.parse())?;
    for _ in 0..n_repeats {
        let (wall, cpu) = (std::time::Instant::now(), cpu_seconds()?);
        let tree = RootFile::open(file_name)?.tree(tree_name)?;
        let n_events = tree.n_entries();
        let branches: Vec<usize> = (0..tree.info().branches.len())
            .filter(|branch| tree.info().branches[*branch].column_type.is_ok())
            .collect();
        let checksum = AtomicU64::new(0);
        match mode {
            "open" => {}
            "inflate" => drop(checksum.fetch_add(tree.decompress_only(&branches)?, Ordering::Relaxed)),
            "decode" | "minmax" => tree.visit(&branches, 0..n_events, &|piece| {
                if mode == "minmax" {
                    checksum.fetch_add(measure(&piece.piece), Ordering::Relaxed);
                }
                ControlFlow::Continue(())
            })?,
            other => return Err(format!("no mode `{other}`").into()),
        }
        let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
        let (per_cpu, per_wall) = (n_events as f64 / cpu, n_events as f64 / wall);
        let milliseconds = wall * 1e3;
        #[expect(clippy::print_stdout, reason = "this program is its output")]
        {
            println!(
                "{mode}: {n_events} events, {} branches, {per_cpu:.0} ev/s/core, {per_wall:.0} ev/s wall, \
                 {milliseconds:.2} ms, checksum {}",
                branches.len(),
                checksum.load(Ordering::Relaxed)
            );
        }
    }
    Ok(())
}

fn measure(piece: &Piece) -> u64 {
    let edges = match piece.values() {
        Values::F32(values) => {
            let (low, high) = lanes(values, f32::INFINITY, f32::NEG_INFINITY, f32::min, f32::max);
            u64::from(low.to_bits() ^ high.to_bits())
        }
        Values::I32(values) => {
            let (low, high) = lanes(values, i32::MAX, i32::MIN, i32::min, i32::max);
            u64::from(low.cast_unsigned() ^ high.cast_unsigned())
        }
        other => other.to_f64().iter().fold(0, |sum, value| sum ^ value.to_bits()),
    };
    edges ^ piece.max_values_per_entry() as u64
}

/// Smallest and largest in 16 lanes, which the compiler turns into vector instructions.
fn lanes<T: Copy>(values: &[T], low: T, high: T, min: fn(T, T) -> T, max: fn(T, T) -> T) -> (T, T) {
    let (mut lows, mut highs) = ([low; 16], [high; 16]);
    let (chunks, rest) = values.as_chunks::<16>();
    for chunk in chunks {
        for lane in 0..16 {
            lows[lane] = min(lows[lane], chunk[lane]);
            highs[lane] = max(highs[lane], chunk[lane]);
        }
    }
    for value in rest {
        lows[0] = min(lows[0], *value);
        highs[0] = max(highs[0], *value);
    }
    (lows.into_iter().fold(low, min), highs.into_iter().fold(high, max))
}

/// CPU time of this process, all threads together (Linux).
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split_whitespace().next().unwrap_or("0").parse::<f64>()?;
    }
    Ok(nanoseconds / 1e9)
}
