//! The memory budget is kept, and is worth having.

use crate::program::Workplace;
use std::process::Stdio;
use std::time::Duration;

/// Largest anonymous memory of a workflow in MiB, as Linux counts it.
fn peak_mib(place: &Workplace, memory_budget: &str) -> u64 {
    let parameters = format!(
        r#"{{"memory_budget": "{memory_budget}", "chunk_size": 5000, "epochs": 1, "batch_size": 500, "importance": false,
            "training": "standard", "width_cap": 4}}"#
    );
    place.write("params.json", parameters);
    for name in place.names().iter().filter(|name| name.contains("specs")) {
        std::fs::remove_file(place.path(name)).unwrap();
    }
    let arguments =
        ["workflow", "--files=files.txt", "--labels=labels.txt", "--model=model.json", "--threads=2"];
    let mut child = place
        .command(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
        peak = peak.max(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return peak;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn columns_that_are_kept_stay_within_the_budget() {
    let Some(place) = Workplace::new("columns_that_are_kept_stay_within_the_budget") else { return };
    place.example(300_000);
    let (small, large) = (peak_mib(&place, "10 MB"), peak_mib(&place, "1 GB"));
    // The two files hold 180 MiB; what is left is one block of events for each, the rows, and the report's scores.
    assert!(small < 300, "{small} MiB");
    assert!(small + 30 < large, "{small} MiB with a budget of 10 MB, {large} MiB with 1 GB");
}
