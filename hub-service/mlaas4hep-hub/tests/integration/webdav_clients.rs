//! Clients of `WebDAV` that people use against the real program: with app passwords and tokens, as somebody and as nobody.

use super::service::{Service, token};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

/// Whether a program is there; otherwise that is told.
fn is_installed(program: &str, test: &str) -> bool {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&on_path).any(|folder| folder.join(program).exists());
    if !is_there {
        let _said = writeln!(std::io::stderr(), "SKIPPED: {test}: {program} is not installed (scripts/test)");
    }
    is_there
}

async fn run(program: &str, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command.env("HOME", folder).env("RCLONE_CONFIG", folder.join("rclone"));
    // The hub of the test answers on the threads of the test.
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An app password of a caller.
async fn app_password(service: &Service, caller: &str) -> String {
    let asked = service.request("POST", "api/v1/app-passwords", caller).json(&json!({ "label": "laptop" }));
    let made: Value = asked.send().await.unwrap().json().await.unwrap();
    made["password"].as_str().unwrap().to_owned()
}

async fn bytes(service: &Service, file: &str) -> Vec<u8> {
    let answer = service.request("GET", &format!("files/higgs/{file}"), "admin").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{file}");
    answer.bytes().await.unwrap().to_vec()
}

fn sample(n_bytes: usize) -> Vec<u8> {
    (0..n_bytes).map(|i| (i * 7 % 251) as u8).collect()
}

/// A client as it is called in one folder, with what it shows of its user.
struct Client<'a> {
    service: &'a Service,
    folder: &'a Path,
    shows: Vec<String>,
}

impl Client<'_> {
    fn rclone<'a>(service: &'a Service, folder: &'a Path, shows: &[&str]) -> Client<'a> {
        let url = service.url("dav/");
        let common = ["--webdav-url", &url, "--webdav-vendor", "other", "--retries", "1"];
        let shows = common.iter().chain(shows).map(|&argument| argument.to_owned()).collect();
        Client { service, folder, shows }
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let shows: Vec<&str> = self.shows.iter().map(String::as_str).collect();
        run(program, &[&shows, arguments].concat(), self.folder).await
    }

    async fn says(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.run(program, arguments).await;
        assert!(output.status.success(), "{program} {arguments:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    async fn fails(&self, program: &str, arguments: &[&str]) {
        let output = self.run(program, arguments).await;
        assert!(!output.status.success(), "{program} {arguments:?}: {}", said(&output));
    }
}

/// With a name and an app password, which rclone wants veiled.
async fn rclone_with_password<'a>(service: &'a Service, folder: &'a Path, caller: &str) -> Client<'a> {
    let password = app_password(service, caller).await;
    let veiled = run("rclone", &["obscure", &password], folder).await;
    let veiled = String::from_utf8(veiled.stdout).unwrap();
    Client::rclone(service, folder, &["--webdav-user", caller, "--webdav-pass", veiled.trim()])
}

#[tokio::test]
async fn rclone_with_app_passwords_and_tokens() {
    if !is_installed("rclone", "rclone_with_app_passwords_and_tokens") {
        return;
    }
    let (service, folder) = (Service::start().await, tempfile::tempdir().unwrap());
    let here = folder.path().join("here");
    std::fs::create_dir_all(here.join("sub folder")).unwrap();
    std::fs::write(here.join("large.root"), sample(5_000_000)).unwrap();
    std::fs::write(here.join("sub folder/caf\u{e9} 100%"), b"small").unwrap();
    let by_token =
        |caller: &str| Client::rclone(&service, folder.path(), &["--webdav-bearer-token", &token(caller)]);
    rclone_as_a_writer(&rclone_with_password(&service, folder.path(), "writer").await, "by-password").await;
    rclone_as_a_writer(&by_token("writer"), "by-token").await;
    let strangers = [
        rclone_with_password(&service, folder.path(), "outsider").await,
        by_token("outsider"),
        by_token("unknown"),
        Client::rclone(&service, folder.path(), &[]),
    ];
    for stranger in &strangers {
        for arguments in [
            ["lsf", ":webdav:higgs", "--max-depth=1"],
            ["copyto", ":webdav:higgs/by-token/moved.root", "stolen"],
            ["copyto", "here/large.root", ":webdav:higgs/theirs"],
            ["deletefile", ":webdav:higgs/by-token/moved.root", "--low-level-retries=1"],
        ] {
            stranger.fails("rclone", &arguments).await;
        }
    }
    assert!(!folder.path().join("stolen").exists());
    let reader = rclone_with_password(&service, folder.path(), "reader").await;
    assert_eq!(reader.says("rclone", &["lsf", ":webdav:higgs/by-token"]).await, "moved.root\nsub folder/\n");
    reader.fails("rclone", &["copyto", "here/large.root", ":webdav:higgs/theirs"]).await;
    assert_eq!(service.status("GET", "files/higgs/theirs", "admin").await, 404);
    assert_eq!(bytes(&service, "by-token/moved.root").await, sample(5_000_000));
}

/// Puts, lists, reads back, moves and deletes.
async fn rclone_as_a_writer(client: &Client<'_>, place: &str) {
    let there = format!(":webdav:higgs/{place}");
    let at = |name: &str| format!("{there}/{name}");
    client.says("rclone", &["copy", "here", &there]).await;
    let mut listed: Vec<_> =
        client.says("rclone", &["lsf", "-R", &there]).await.lines().map(str::to_owned).collect();
    listed.sort_unstable();
    assert_eq!(listed, ["large.root", "sub folder/", "sub folder/caf\u{e9} 100%"]);
    let back = format!("back-{place}");
    client.says("rclone", &["copy", &there, &back]).await;
    let read = |name: &str| std::fs::read(client.folder.join(&back).join(name)).unwrap();
    assert_eq!(read("large.root"), sample(5_000_000));
    assert_eq!(read("sub folder/caf\u{e9} 100%"), b"small");
    client.says("rclone", &["moveto", &at("large.root"), &at("moved.root")]).await;
    assert_eq!(bytes(client.service, &format!("{place}/moved.root")).await, sample(5_000_000));
    client.says("rclone", &["deletefile", &at("sub folder/caf\u{e9} 100%")]).await;
    assert_eq!(client.says("rclone", &["lsf", "-R", &there]).await, "moved.root\nsub folder/\n");
}

#[tokio::test]
async fn davix_with_app_passwords_and_tokens() {
    if !is_installed("davix-put", "davix_with_app_passwords_and_tokens") {
        return;
    }
    let (service, folder) = (Service::start().await, tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("file"), sample(3_000_000)).unwrap();
    let with = |authorization: String| {
        let shows = vec!["-H".to_owned(), format!("Authorization: {authorization}")];
        Client { service: &service, folder: folder.path(), shows }
    };
    let basic = async |caller: &str| {
        let password = app_password(&service, caller).await;
        with(format!("Basic {}", STANDARD.encode(format!("{caller}:{password}"))))
    };
    davix_as_a_writer(&with(format!("Bearer {}", token("writer"))), "by-token").await;
    davix_as_a_writer(&basic("writer").await, "by-password").await;
    let url = |path: &str| service.url(&format!("dav/higgs/{path}"));
    for stranger in [
        with(format!("Bearer {}", token("outsider"))),
        with("Bearer unknown".to_owned()),
        basic("outsider").await,
    ] {
        // A file that is fetched is written only where there is something to write.
        stranger.run("davix-get", &[&url("by-token/y.root"), "stolen"]).await;
        assert_eq!(std::fs::read(folder.path().join("stolen")).unwrap_or_default(), b"");
        stranger.run("davix-put", &["file", &url("theirs")]).await;
        stranger.run("davix-rm", &[&url("by-token/y.root")]).await;
        let listed = stranger.run("davix-ls", &[&url("by-token/")]).await;
        assert!(!said(&listed).contains("y.root"), "{}", said(&listed));
    }
    assert_eq!(service.status("GET", "files/higgs/theirs", "admin").await, 404);
    assert_eq!(bytes(&service, "by-token/y.root").await, sample(3_000_000));
}

async fn davix_as_a_writer(client: &Client<'_>, place: &str) {
    let url = |path: &str| client.service.url(&format!("dav/higgs/{place}/{path}"));
    client.says("davix-mkdir", &[&url("")]).await;
    for name in ["x.root", "z.root"] {
        client.says("davix-put", &["file", &url(name)]).await;
    }
    let mut listed: Vec<_> =
        client.says("davix-ls", &[&url("")]).await.split_whitespace().map(str::to_owned).collect();
    listed.sort_unstable();
    assert_eq!(listed, ["x.root", "z.root"]);
    let back = format!("back-{place}");
    client.says("davix-get", &[&url("x.root"), &back]).await;
    assert_eq!(std::fs::read(client.folder.join(back)).unwrap(), sample(3_000_000));
    // Of 0.8.4 it ends with 255 whatever the answer is.
    client.run("davix-mv", &[&url("x.root"), &url("y.root")]).await;
    assert_eq!(bytes(client.service, &format!("{place}/y.root")).await, sample(3_000_000));
    client.says("davix-rm", &[&url("z.root")]).await;
    assert_eq!(client.says("davix-ls", &[&url("")]).await.trim(), "y.root");
}

#[tokio::test]
async fn litmus_with_an_app_password() {
    if !is_installed("litmus", "litmus_with_an_app_password") {
        return;
    }
    let (service, folder) = (Service::start().await, tempfile::tempdir().unwrap());
    let url = service.url("dav/higgs/");
    let litmus = async |caller: &str, password: &str| {
        run("litmus", &["-k", &url, caller, password], folder.path()).await
    };
    let ran = litmus("writer", &app_password(&service, "writer").await).await;
    for suite in ["basic", "copymove", "props", "locks", "http"] {
        let told = said(&ran);
        let summary = told.lines().find(|line| line.contains(&format!("summary for `{suite}'")));
        assert!(summary.is_some_and(|summary| summary.contains(" 0 failed")), "{suite}: {told}");
    }
    for (caller, password) in
        [("outsider", app_password(&service, "outsider").await), ("writer", "guessed".to_owned())]
    {
        let told = said(&litmus(caller, &password).await);
        // It takes no folder to work in, and so no suite begins.
        assert!(told.contains("FAIL") && !told.contains(" 0 failed"), "{caller}: {told}");
    }
    let left = service.request("GET", "api/v1/workspaces/higgs/list/", "admin").send().await.unwrap();
    let left: Value = left.json().await.unwrap();
    assert_eq!(
        left["entries"].as_array().unwrap().len(),
        1,
        "litmus leaves its folder, and the refused nothing: {left}"
    );
}
