//! How a kernel starts and ends.

use crate::{echo, start};
use kernel_testing::FrontEnd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn it_answers_at_once() {
    let fastest = (0..5).map(|_| start().time_to_info).min().expect("five starts");
    assert!(fastest < Duration::from_millis(500), "{fastest:?}");
}

#[test]
fn it_speaks_over_unix_sockets() {
    let mut front_end = FrontEnd::start(echo().over_ipc());
    front_end.expect_cell_that_prints("a", "a\n", 1);
    assert!(front_end.heartbeat("there?"));
    let socket = front_end.connection.shell_url().trim_start_matches("ipc://").to_string();
    assert!(std::path::Path::new(&socket).exists());
    kill("-TERM", front_end.process());
    assert!(front_end.wait().success());
    assert!(!std::path::Path::new(&socket).exists());
}

#[test]
fn a_front_end_that_comes_back_gets_its_replies() {
    let mut front_end = start();
    for count in 1..=100 {
        front_end.reconnect_shell();
        front_end.expect_cell_that_prints("a", "a\n", count);
    }
}

#[test]
fn sigterm_ends_it_well_and_sigint_interrupts_its_cell() {
    let mut front_end = start();
    let cell = front_end.execute("!sleep 60000");
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "!sleep 60000", 1);
    kill("-INT", front_end.process());
    front_end.expect_error(&cell, "Interrupted", "stopped by the user");
    front_end.expect_idle(&cell);
    front_end.expect_failed(&cell, "execute_reply", "Interrupted");
    kill("-INT", front_end.process());
    front_end.expect_cell_that_prints("alive", "alive\n", 2);
    kill("-TERM", front_end.process());
    assert!(front_end.wait().success());
}

#[test]
fn it_ends_with_the_process_that_started_it() {
    let mut parent = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().expect("sleep");
    let variable = parent.id().to_string();
    let mut front_end = FrontEnd::start(echo().with_variable("JPY_PARENT_PID", variable));
    std::thread::sleep(Duration::from_millis(1500));
    front_end.expect_cell_that_prints("alive", "alive\n", 1);
    parent.kill().expect("a child");
    parent.wait().expect("a child");
    let started = Instant::now();
    assert!(front_end.wait().success());
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_connection_file_that_cannot_be_used_is_refused_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("connection.json");
    for (text, cause) in [
        ("", "EOF"),
        ("{\"transport\": \"pigeon\"}", "transport 'pigeon'"),
        ("{\"key\": \"a\", \"signature_scheme\": \"hmac-md5\"}", "signature scheme 'hmac-md5'"),
        ("{\"ip\": \"no such host.invalid\"}", "cannot listen on"),
        ("{\"shell_port\": \"x\"}", "invalid type"),
    ] {
        std::fs::write(&file, text).unwrap();
        let program = env!("CARGO_BIN_EXE_echo-kernel");
        let output = Command::new(program).arg("run").arg(&file).output().expect("the kernel");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(cause), "{cause}: {said}");
    }
}

fn kill(signal: &str, process: u32) {
    let status = Command::new("kill").arg(signal).arg(process.to_string()).status();
    assert!(status.expect("kill").success());
}
