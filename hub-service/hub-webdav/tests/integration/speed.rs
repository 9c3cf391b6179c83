//! How fast, by curl. Not run by default: `cargo test --release -p hub-webdav -- --ignored --show-output speed`.

use std::{io::Write, time::Instant};

use super::support::{is_installed, run, server, skipped};

const MIB: u64 = 1 << 20;

fn said(text: &str) {
    let _said = writeln!(std::io::stderr(), "{text}");
}

/// Memory of this process in MB: now, and the most so far.
fn memory_mb() -> [u64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    ["VmRSS", "VmHWM"].map(|name| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1000
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes and 5 GiB of disk"]
async fn speed_of_uploads_and_downloads() {
    if !is_installed("curl") {
        return skipped("speed_of_uploads_and_downloads", "curl is not installed (Debian: curl)");
    }
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let files = folder.path();
    let make = "for i in 0 1 2 3 4 5 6 7; do head -c 134217728 /dev/urandom >part$i; done; cat part? >whole; cat whole whole >twice";
    run("sh", &["-c", make], files).await;
    said(&format!("at the beginning {:?} MB", memory_mb()));
    for (what, n_bytes, command) in [
        ("PUT of 1 GiB", 1024 * MIB, "curl -sfT whole $URL/whole"),
        (
            "PUT of 8 x 128 MiB at once",
            1024 * MIB,
            "for i in 0 1 2 3 4 5 6 7; do curl -sfT part$i $URL/part$i & done; wait",
        ),
        ("PUT of 2 GiB", 2048 * MIB, "curl -sfT twice $URL/twice"),
        ("GET of 2 GiB", 2048 * MIB, "curl -sf $URL/twice -o /dev/null"),
        (
            "GET of 8 x 128 MiB at once",
            1024 * MIB,
            "for i in 0 1 2 3 4 5 6 7; do curl -sf $URL/part$i -o /dev/null & done; wait",
        ),
    ] {
        let script = format!("URL={}; {command}", server.url("higgs"));
        let started = Instant::now();
        let ran = run("sh", &["-c", &script], files).await;
        assert!(ran.status.success(), "{what}");
        let rate = n_bytes as f64 / 1e6 / started.elapsed().as_secs_f64();
        said(&format!("{what}: {rate:.0} MB/s, memory {:?} MB", memory_mb()));
    }
}
