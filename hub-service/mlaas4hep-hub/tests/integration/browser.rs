//! The pages in a real browser: of a real `mlaas4hep-hub dev`, and behind the login of a real `JupyterHub`.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    hub_rig::{PASSWORD, RealHub, installed},
    root_preview::signal,
};

/// Bytes of the file whose upload is interrupted: more than one piece of it.
const LARGE_BYTES: usize = 40_000_000;
/// A picture of one grey dot.
const DOT: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
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
            .args([
                "dev",
                "--listen",
                "127.0.0.1:0",
                "--user",
                "alice",
                "--group",
                "higgs",
                "--group",
                "higgs/admins",
            ])
            .args(["--token", TOKEN, "--folder"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let line =
            lines.find_map(|line| line.ok().filter(|line| line.starts_with("open"))).expect("an address");
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

/// Where its modules and the browser lie; otherwise the reason is told.
fn browser(test: &str) -> Option<(PathBuf, PathBuf)> {
    let found = browser_modules().zip(chromium());
    if found.is_none() {
        #[allow(clippy::print_stderr)]
        {
            eprintln!(
                "SKIPPED: {test}: MLAAS4HEP_TEST_NODE_MODULES has no playwright-core and axe-core, or MLAAS4HEP_TEST_CHROMIUM names no browser"
            );
        }
    }
    found
}

/// Runs a script of `tests/browser` in a folder with the modules, the files to upload among its arguments.
fn walk(script: &str, work: &Path, node_modules: &Path, arguments: &[&std::ffi::OsStr]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser").join(script);
    std::fs::copy(source, work.join(script)).unwrap();
    std::os::unix::fs::symlink(node_modules, work.join("node_modules")).unwrap();
    let mut command = Command::new("node");
    let output = command.arg(work.join(script)).args(arguments).stdin(Stdio::null()).output().expect("node");
    let said = String::from_utf8_lossy(&output.stdout);
    // What it prints is not seen where it succeeds, and so nobody would count what it leaves out.
    let is_whole = output.status.success() && !said.contains("SKIPPED");
    assert!(is_whole, "{said}{}", String::from_utf8_lossy(&output.stderr));
}

fn browser_modules() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("MLAAS4HEP_TEST_NODE_MODULES")?);
    (folder.join("playwright-core").is_dir() && folder.join("axe-core").is_dir()).then_some(folder)
}

fn chromium() -> Option<PathBuf> {
    std::env::var_os("MLAAS4HEP_TEST_CHROMIUM").map(PathBuf::from).filter(|program| program.is_file())
}

/// Pictures of the browser are kept with the build, where one can look at them.
fn screenshot_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn strangers_are_told_how_to_come_in() {
    // Its error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = |path: &str| browser.get(format!("{}{path}", service.address)).header("accept", "text/html");
    let answer = page("/w/higgs/browse/").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    let text = answer.text().await.unwrap();
    assert!(text.contains("Please log in") && text.contains("mlaas4hep-hub dev printed"), "{text}");
    let answer = page(&format!("/login?token={TOKEN}")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/"));
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let text = page("/").header("cookie", &cookie).send().await.unwrap().text().await.unwrap();
    let xsrf = text.split("data-xsrf=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(xsrf.len() > 20 && text.contains("~alice"), "{text}");
    let post = |xsrf: &str| {
        let request = browser.post(format!("{}/w/higgs/new-folder/", service.address));
        request.form(&[("xsrf", xsrf), ("name", "made")])
    };
    assert_eq!(post(&xsrf).send().await.unwrap().status(), 401);
    assert_eq!(post("").header("cookie", &cookie).send().await.unwrap().status(), 403);
    // Who shows a token has no session, and forms are for those who have one.
    let with_token = post("").header("authorization", format!("token {TOKEN}"));
    assert_eq!(with_token.send().await.unwrap().status(), 403);
    assert_eq!(post(&xsrf).header("cookie", &cookie).send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn a_person_at_the_pages() {
    let Some((node_modules, chromium)) = browser("a_person_at_the_pages") else { return };
    // Its error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let work = tempfile::tempdir().unwrap();
    let service = Service::start(&work.path().join("service"));
    service.put("signal.root", signal(20_000)).await;
    service.put("data/notes.txt", b"the first notes".to_vec()).await;
    service.put("data/notes.txt", b"the second notes".to_vec()).await;
    service.put("data/dot.png", STANDARD.decode(DOT).unwrap()).await;
    let large: Vec<u8> = (0..LARGE_BYTES).map(|at| (at * 31 % 251) as u8).collect();
    std::fs::write(work.path().join("large.bin"), large).unwrap();
    std::fs::write(work.path().join("note.txt"), "a note\n").unwrap();
    let address = format!("{}/login?token={TOKEN}", service.address);
    let (files, screenshots) = (work.path(), screenshot_folder());
    let arguments = [address.as_ref(), files.as_os_str(), screenshots.as_os_str(), chromium.as_os_str()];
    walk("hub.mjs", work.path(), &node_modules, &arguments);
}

#[tokio::test]
async fn three_people_behind_the_login_of_a_hub() {
    let test = "three_people_behind_the_login_of_a_hub";
    let Some((node_modules, chromium)) = browser(test) else { return };
    let Some(programs) = installed("6", test) else { return };
    let hub = RealHub::start(programs).await;
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("note.txt"), "a note\n").unwrap();
    let (files, screenshots) = (work.path(), screenshot_folder());
    let arguments = [
        hub.address.as_ref(),
        PASSWORD.as_ref(),
        files.as_os_str(),
        screenshots.as_os_str(),
        chromium.as_os_str(),
    ];
    walk("login.mjs", work.path(), &node_modules, &arguments);
}
