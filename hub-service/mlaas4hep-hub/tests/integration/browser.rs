//! The pages in a real browser.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{rig::Rig, root_preview::signal};

/// Bytes of the file whose upload is interrupted: more than one piece of it.
const LARGE_BYTES: usize = 40_000_000;

fn skipped(reason: &str) {
    #[allow(clippy::print_stderr)]
    {
        eprintln!("SKIPPED: a_person_at_the_pages: {reason}");
    }
}

fn browser_modules() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("MLAAS4HEP_TEST_NODE_MODULES")?);
    (folder.join("playwright-core").is_dir() && folder.join("axe-core").is_dir()).then_some(folder)
}

fn chromium() -> Option<PathBuf> {
    let programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    programs.iter().map(PathBuf::from).find(|program| program.is_file())
}

/// Pictures of the browser are kept with the build, where one can look at them.
fn screenshot_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_at_the_pages() {
    let (Some(node_modules), Some(chromium)) = (browser_modules(), chromium()) else {
        skipped("no browser: MLAAS4HEP_TEST_NODE_MODULES has no playwright-core and axe-core, or chromium is not installed");
        return;
    };
    let rig = Rig::new().await;
    rig.put("signal.root", &signal(20_000)).await;
    rig.put("data/notes.txt", b"the first notes").await;
    rig.put("data/notes.txt", b"the second notes").await;
    let address = rig.serve().await;
    let work = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0..LARGE_BYTES).map(|at| (at * 31 % 251) as u8).collect();
    std::fs::write(work.path().join("large.bin"), large).unwrap();
    std::fs::write(work.path().join("note.txt"), "a note\n").unwrap();
    let script = work.path().join("hub.mjs");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/browser/hub.mjs"), &script).unwrap();
    std::os::unix::fs::symlink(node_modules, work.path().join("node_modules")).unwrap();
    let mut program = std::process::Command::new("node");
    program
        .arg(&script)
        .arg(format!("http://{address}/"))
        .arg(work.path())
        .arg(screenshot_folder())
        .arg(chromium)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || program.output()).await.unwrap().expect("node");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore]
async fn hold() {
    let rig = Rig::new().await;
    rig.put("signal.root", &signal(20_000)).await;
    rig.put("data/notes.txt", b"the first notes").await;
    rig.put("data/notes.txt", b"the second notes").await;
    let address = rig.serve().await;
    std::fs::write("/tmp/pages-dump/address", address.to_string()).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
}
