//! The pages of a real `mlaas4hep-hub dev` in a real browser.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::root_preview::signal;

/// Bytes of the file whose upload is interrupted: more than one piece of it.
const LARGE_BYTES: usize = 40_000_000;
const TOKEN: &str = "the-token-of-the-browser-test";

/// A service that ends with the test.
struct Service {
    program: Child,
    /// `http://127.0.0.1:PORT`.
    address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Service {
    fn start(folder: &Path) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_mlaas4hep-hub"))
            .args(["dev", "--listen", "127.0.0.1:0", "--user", "alice", "--group", "higgs", "--group", "higgs/admins"])
            .args(["--token", TOKEN, "--folder"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.starts_with("open"))).expect("an address");
        let address = line.trim_start_matches("open").trim().split("/login").next().unwrap().to_owned();
        Self { program, address }
    }

    async fn put(&self, path: &str, bytes: Vec<u8>) {
        let request = reqwest::Client::new()
            .put(format!("{}/files/higgs/{path}", self.address))
            .header("authorization", format!("token {TOKEN}"))
            .body(bytes);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
}

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

#[tokio::test]
async fn a_person_at_the_pages() {
    let (Some(node_modules), Some(chromium)) = (browser_modules(), chromium()) else {
        skipped("MLAAS4HEP_TEST_NODE_MODULES has no playwright-core and axe-core, or chromium is not installed");
        return;
    };
    // Its error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let work = tempfile::tempdir().unwrap();
    let service = Service::start(&work.path().join("service"));
    service.put("signal.root", signal(20_000)).await;
    service.put("data/notes.txt", b"the first notes".to_vec()).await;
    service.put("data/notes.txt", b"the second notes".to_vec()).await;
    let large: Vec<u8> = (0..LARGE_BYTES).map(|at| (at * 31 % 251) as u8).collect();
    std::fs::write(work.path().join("large.bin"), large).unwrap();
    std::fs::write(work.path().join("note.txt"), "a note\n").unwrap();
    let script = work.path().join("hub.mjs");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/browser/hub.mjs"), &script).unwrap();
    std::os::unix::fs::symlink(node_modules, work.path().join("node_modules")).unwrap();
    let output = Command::new("node")
        .arg(&script)
        .arg(format!("{}/login?token={TOKEN}", service.address))
        .arg(work.path())
        .arg(screenshot_folder())
        .arg(chromium)
        .stdin(Stdio::null())
        .output()
        .expect("node");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
