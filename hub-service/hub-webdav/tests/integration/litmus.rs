//! litmus, the test suite of the protocol (Debian: litmus): all of it passes.

use super::support::{is_installed, run, server, skipped};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litmus_passes() {
    if !is_installed("litmus") {
        return skipped("litmus_passes", "litmus is not installed (Debian: litmus)");
    }
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let ran = run("litmus", &["-k", &server.url("higgs/")], folder.path()).await;
    let said = String::from_utf8_lossy(&ran.stdout);
    for suite in ["basic", "copymove", "props", "locks", "http"] {
        let summary = said.lines().find(|line| line.contains(&format!("summary for `{suite}'")));
        let summary = summary.unwrap_or_else(|| panic!("{suite} did not run: {said}"));
        assert!(summary.contains(" 0 failed"), "{said}");
    }
    assert!(ran.status.success(), "{said}");
    server.assert_sound().await;
}
