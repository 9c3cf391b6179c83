//! How much memory a worker may take.

use std::path::Path;

/// Three quarters: the rest is for the kernel, which holds the compiler's data base, and for the tables.
const NUMERATOR: u64 = 3;
const DENOMINATOR: u64 = 4;

/// Bytes of private memory for a worker: three quarters of the least of the hub's `MEM_LIMIT`, the limit of the
/// container, and the memory of the machine; `None` where none of them is known.
pub(crate) fn default_limit_bytes() -> Option<u64> {
    let hub = std::env::var("MEM_LIMIT").ok().and_then(|text| parse_bytes(&text));
    let container = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let container = container.into_iter().filter_map(|path| read_bytes(Path::new(path)));
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_bytes(&text));
    hub.into_iter().chain(container).chain(machine).min().map(|bytes| bytes / DENOMINATOR * NUMERATOR)
}

fn read_bytes(path: &Path) -> Option<u64> {
    parse_bytes(&std::fs::read_to_string(path).ok()?)
}

/// A number of bytes, as the hub and cgroups write it; `max` is none.
fn parse_bytes(text: &str) -> Option<u64> {
    text.trim().parse::<f64>().ok().filter(|bytes| *bytes >= 1.0).map(|bytes| bytes as u64)
}

fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_they_are_written() {
        assert_eq!(parse_bytes("2147483648\n"), Some(2_147_483_648));
        assert_eq!(parse_bytes("2147483648.0"), Some(2_147_483_648));
        assert_eq!(parse_bytes("max\n"), None);
        assert_eq!(parse_bytes("0"), None);
        assert_eq!(total_bytes("MemTotal:       16000 kB\nMemFree: 1 kB"), Some(16_384_000));
        assert_eq!(total_bytes("MemFree: 1 kB"), None);
        assert!(default_limit_bytes().is_none_or(|bytes| bytes > 1 << 20));
    }
}
