//! What this process and its children use, for `usage_request`.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

/// Remembers the last measurement, because processor use is a difference.
#[derive(Default)]
pub(crate) struct Usage {
    last: Option<Last>,
}

struct Last {
    at: Instant,
    /// Processor time of each process, in ticks.
    ticks: BTreeMap<u32, u64>,
    host: HostTicks,
}

#[derive(Clone, Copy, Default)]
struct HostTicks {
    busy: u64,
    all: u64,
}

/// One line of `/proc/*/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    id: u32,
    parent: u32,
    ticks: u64,
    resident_pages: u64,
}

impl Usage {
    /// The content of a `usage_reply`, with the names that front ends know from psutil. Where the system does not
    /// tell a figure, its field is missing.
    pub(crate) fn measure(&mut self) -> Value {
        let all = processes();
        let own = family(&all, std::process::id());
        let now = Last {
            at: Instant::now(),
            ticks: own.iter().map(|process| (process.id, process.ticks)).collect(),
            host: host_ticks().unwrap_or_default(),
        };
        let mut content = Map::new();
        content.insert("hostname".to_string(), json!(host_name()));
        content.insert("pid".to_string(), json!(std::process::id()));
        content.insert(
            "kernel_cpu".to_string(),
            json!(self.last.as_ref().map_or(0.0, |last| percent(last, &now))),
        );
        content
            .insert("kernel_memory".to_string(), json!(own.iter().copied().map(memory_bytes).sum::<u64>()));
        if let Some(percent) = self.last.as_ref().and_then(|last| host_percent(last.host, now.host)) {
            content.insert("host_cpu_percent".to_string(), json!(percent));
        }
        content.insert(
            "cpu_count".to_string(),
            json!(std::thread::available_parallelism().map_or(1, usize::from)),
        );
        if let Some(memory) = host_memory() {
            content.insert("host_virtual_memory".to_string(), memory);
        }
        self.last = Some(now);
        content.insert("status".to_string(), json!("ok"));
        Value::Object(content)
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_string()
}

fn processes() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let stats = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(|c: char| c.is_ascii_digit()));
    stats.filter_map(|entry| process(&std::fs::read_to_string(entry.path().join("stat")).ok()?)).collect()
}

/// Reads `pid (name) state ppid …`; the name may hold spaces and brackets.
fn process(stat: &str) -> Option<Process> {
    let (id, rest) = stat.split_once(" (")?;
    let fields: Vec<&str> = rest.rsplit_once(") ")?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Process {
        id: id.parse().ok()?,
        parent: number(1)? as u32,
        ticks: number(11)? + number(12)?,
        resident_pages: number(21)?,
    })
}

/// A process and all below it.
fn family(all: &[Process], root: u32) -> Vec<&Process> {
    let mut family: Vec<&Process> = all.iter().filter(|process| process.id == root).collect();
    let mut next = 0;
    while let Some(parent) = family.get(next).map(|process| process.id) {
        family.extend(all.iter().filter(|process| process.parent == parent && process.id != parent));
        next += 1;
    }
    family
}

fn percent(last: &Last, now: &Last) -> f64 {
    let spent = now.ticks.iter().map(|(id, ticks)| ticks.saturating_sub(*last.ticks.get(id).unwrap_or(&0)));
    let seconds = now.at.duration_since(last.at).as_secs_f64();
    let ticks_per_second = rustix::param::clock_ticks_per_second() as f64;
    if seconds > 0.0 { 100.0 * spent.sum::<u64>() as f64 / ticks_per_second / seconds } else { 0.0 }
}

/// Memory that is this process's own share; where the system does not tell, all that it holds.
fn memory_bytes(process: &Process) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id)).unwrap_or_default();
    let share = kibibytes(&rollup, "Pss:").filter(|share| *share > 0);
    share.map_or_else(|| process.resident_pages * rustix::param::page_size() as u64, |share| share * 1024)
}

fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse().ok()
}

fn host_ticks() -> Option<HostTicks> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    // The first eight; guest time is within user time. The fourth and fifth are idle and waiting.
    let all: u64 = ticks.iter().take(8).sum();
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(HostTicks { busy: all.saturating_sub(idle), all })
}

fn host_percent(last: HostTicks, now: HostTicks) -> Option<f64> {
    let all = now.all.checked_sub(last.all).filter(|all| *all > 0)?;
    Some(100.0 * now.busy.saturating_sub(last.busy) as f64 / all as f64)
}

fn host_memory() -> Option<Value> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let bytes = |name: &str| kibibytes(&text, name).map(|kibibytes| kibibytes * 1024);
    let (total, available) = (bytes("MemTotal:")?, bytes("MemAvailable:")?);
    let used = total.saturating_sub(available);
    Some(json!({
        "total": total,
        "available": available,
        "percent": (1000.0 * used as f64 / total.max(1) as f64).round() / 10.0,
        "used": used,
        "free": bytes("MemFree:")?,
        "active": bytes("Active:"),
        "inactive": bytes("Inactive:"),
        "buffers": bytes("Buffers:"),
        "cached": bytes("Cached:"),
        "shared": bytes("Shmem:"),
        "slab": bytes("Slab:"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_process_with_an_odd_name() {
        let stat =
            "42 (a) b (c) S 7 1 1 0 -1 4194304 9 0 0 0 150 50 0 0 20 0 3 0 99 1000 25 18446744073709551615";
        assert_eq!(process(stat), Some(Process { id: 42, parent: 7, ticks: 200, resident_pages: 25 }));
        for broken in ["", "42", "42 (a)", "x (a) S 7", "42 (a) S"] {
            assert_eq!(process(broken), None);
        }
    }

    #[test]
    fn children_count() {
        let process = |id, parent| Process { id, parent, ticks: 0, resident_pages: 0 };
        let all = [process(1, 0), process(5, 1), process(6, 5), process(7, 2), process(8, 6), process(0, 0)];
        let ids = |root| family(&all, root).iter().map(|process| process.id).collect::<Vec<u32>>();
        assert_eq!(ids(5), [5, 6, 8]);
        assert_eq!(ids(99), [0_u32; 0]);
    }

    #[test]
    fn this_process_uses_memory_and_time() {
        let mut usage = Usage::default();
        let first = usage.measure();
        assert!(first["kernel_memory"].as_u64() > Some(100_000), "{first}");
        let until = Instant::now() + std::time::Duration::from_millis(200);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        let second = usage.measure();
        assert!(second["kernel_cpu"].as_f64() > Some(5.0), "{second}");
        assert!(second["host_virtual_memory"]["total"].as_u64() > second["kernel_memory"].as_u64());
    }
}
