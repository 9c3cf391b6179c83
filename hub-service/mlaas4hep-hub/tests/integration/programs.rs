//! The program as an operator calls it.

use super::service::free_address;
use hub_testing::{MockHub, MockIssuer, Weather};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlaas4hep-hub"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn configuration(folder: &Path, text: &str) -> String {
    let path = folder.join("hub.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_configuration_is_checked_without_being_served() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str, status: i32, words: &[&str]| {
        let path = configuration(folder.path(), text);
        let output = run(&["check-config", "--config", &path], &[]);
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        for word in words {
            assert!(said(&output).contains(word), "{word} in {}", said(&output));
        }
    };
    check("", 0, &["127.0.0.1:9010/", "no hub, no issuer, no trusted proxy"]);
    check("[limits]\nrequests_per_secnd = 1", 1, &["line 2", "requests_per_second"]);
    check("[workspaces]\nkeep_versions = 0", 1, &["workspaces.keep_versions"]);
    check("[listen]\naddress = \"nowhere\"", 1, &["line 2"]);
    let missing = run(&["check-config", "--config", "nosuch.toml"], &[]);
    assert!(said(&missing).contains("nosuch.toml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_needs_is_asked_beforehand() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, issuer) = (MockHub::start().await, MockIssuer::start().await);
    let check = |more: &str, status: i32, words: &[&str]| {
        let text = format!(
            "[workspaces]\nfolder = {:?}\n{more}\n[[iam]]\nissuer = {:?}\naudiences = [\"a\"]\n",
            folder.path(),
            issuer.issuer()
        );
        let path = configuration(folder.path(), &text);
        let (api_url, listens) = (hub.api_url(), "http://127.0.0.1:1");
        let variables = [
            ("JUPYTERHUB_API_URL", api_url.as_str()),
            ("JUPYTERHUB_API_TOKEN", hub_testing::SERVICE_TOKEN),
            ("JUPYTERHUB_SERVICE_NAME", "mlaas4hep"),
            ("JUPYTERHUB_SERVICE_PREFIX", "/services/mlaas4hep/"),
            ("JUPYTERHUB_SERVICE_URL", listens),
        ];
        let output = run(&["check-config", "--connect", "--config", &path], &variables);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(status), "{said}");
        for word in words {
            assert!(said.contains(word), "{word} in {said}");
        }
    };
    check("", 0, &["hub                answers", "folder             answers", &issuer.issuer()]);
    check("database = \"postgres://127.0.0.1:1/x\"", 1, &["database           fails", "1 of what"]);
    let bucket = "[workspaces.blobs]\nkind = \"s3\"\nendpoint = \"http://127.0.0.1:1\"\nbucket = \"b\"\naccess_key = \"a\"\n\
                  secret_key = \"s\"\nallow_http = true\ntimeout_seconds = 1\n";
    check(bucket, 1, &["object store       fails", "listing the bucket"]);
    let page = bucket.replace("127.0.0.1:1", &page_for_everything().to_string());
    check(&page, 1, &["object store       fails", "this is no S3"]);
    hub.set_weather(Weather::Failing(503));
    issuer.set_weather(Weather::Failing(500));
    check("", 1, &["hub                fails", "503", "2 of what"]);
}

/// Where a page answers whatever is asked, as a login before an object store does.
fn page_for_everything() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            // What is asked does not matter.
            let _ = stream.read(&mut [0; 4096]);
            let head =
                "HTTP/1.1 200 OK\r\nConnection: close\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
            let _ = write!(stream, "{head}ETag: \"a\"\r\nContent-Length: 13\r\n\r\n<html></html>");
        }
    });
    address
}

#[test]
fn nobody_serves_for_nobody() {
    let output = run(&["serve"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("mlaas4hep-hub dev"), "{}", said(&output));
    let half = run(&["serve"], &[("JUPYTERHUB_API_URL", "http://127.0.0.1:1/hub/api")]);
    assert!(said(&half).contains("JUPYTERHUB_API_TOKEN") || said(&half).contains("JUPYTERHUB_SERVICE_NAME"));
}

#[test]
fn dev_is_for_this_machine_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let output = run(&["dev", "--folder", &path, "--listen", "0.0.0.0:0"], &[]);
    assert!(said(&output).contains("other machines"), "{}", said(&output));
}

/// A program that ends with its test, also with one that fails.
struct Ending(std::process::Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_was_backed_up_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let address = free_address().to_string();
    let child = Command::new(env!("CARGO_BIN_EXE_mlaas4hep-hub"))
        .args(["dev", "--folder", &at("store"), "--listen", &address, "--user", "ann", "--token", "hush"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let child = Ending(child);
    let curl = |arguments: &[&str]| {
        let output =
            Command::new("curl").args(["-sS", "-H", "Authorization: token hush"]).args(arguments).output();
        output
            .map(|output| (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
            .unwrap()
    };
    let file = format!("http://{address}/files/~ann/a.txt");
    let end = Instant::now() + Duration::from_mins(1);
    while !curl(&["-f", &format!("http://{address}/health")]).0 {
        assert!(Instant::now() < end, "it answers");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(curl(&["-f", "-X", "PUT", "--data-binary", "kept", &file]).0);
    let store = configuration(folder.path(), &format!("[workspaces]\nfolder = {:?}\n", at("store")));
    let back_up = |to: &str| {
        let backup = run(&["backup", "--config", &store, &at(to)], &[]);
        assert!(backup.status.success(), "{}", said(&backup));
        assert!(said(&backup).contains("1 files, 4 bytes"), "{}", said(&backup));
    };
    back_up("backup");
    let look = |more: &[&str], status: i32, words: &str| {
        let output = run(&[&["check", "--config", &store], more].concat(), &[]);
        let said = said(&output);
        assert!(output.status.code() == Some(status) && said.contains(words), "{said}");
    };
    look(&["--deep"], 0, "1 files and folders, 1 versions, 1 blobs");
    assert!(curl(&["-f", &file]).0, "the service goes on");
    drop(child);
    back_up("backup of a stopped one");
    let blob = blob_in(&folder.path().join("store/blobs"));
    // Another file: the backup has the same one under a name of its own.
    std::fs::remove_file(&blob).unwrap();
    std::fs::write(&blob, "lost").unwrap();
    look(&[], 0, "0 problems");
    look(&["--deep"], 1, "has another digest");
    std::fs::remove_file(&blob).unwrap();
    look(&[], 1, "is not in the store");
    let empty = configuration(folder.path(), &format!("[workspaces]\nfolder = {:?}\n", at("nothing")));
    let nothing = run(&["backup", "--config", &empty, &at("backup of nothing")], &[]);
    assert!(
        !nothing.status.success() && said(&nothing).contains("there are no workspaces in"),
        "{}",
        said(&nothing)
    );
    let other = configuration(folder.path(), &format!("[workspaces]\nfolder = {:?}\n", at("other")));
    let restore = run(&["restore", "--config", &other, &at("backup")], &[]);
    assert!(restore.status.success(), "{}", said(&restore));
    assert!(
        run(&["restore", "--config", &other, &at("backup")], &[]).status.code() == Some(1),
        "not over another"
    );
}

/// The one file below a folder.
fn blob_in(folder: &Path) -> std::path::PathBuf {
    let entry = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    if entry.is_dir() { blob_in(&entry) } else { entry }
}
