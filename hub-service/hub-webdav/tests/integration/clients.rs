//! Clients that people use: rclone, davix, cadaver.

use std::path::Path;

use super::support::{Server, is_installed, run, server, skipped};

async fn said(program: &str, arguments: &[&str], folder: &Path) -> String {
    let ran = run(program, arguments, folder).await;
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{program} {arguments:?}: {} {out} {err}", ran.status);
    out.into_owned()
}

fn sample(n_bytes: usize) -> Vec<u8> {
    (0..n_bytes).map(|i| (i * 7 % 251) as u8).collect()
}

async fn rclone(server: &Server, arguments: &[&str], folder: &Path) -> String {
    let url = server.url("");
    let all = [arguments, &["--webdav-url", &url, "--webdav-vendor", "other", "--retries", "1"]].concat();
    said("rclone", &all, folder).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rclone_copies_lists_moves_and_checks() {
    if !is_installed("rclone") {
        return skipped("rclone_copies_lists_moves_and_checks", "rclone is not installed (Debian: rclone)");
    }
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let here = folder.path().join("here");
    std::fs::create_dir_all(here.join("sub folder")).unwrap();
    let large = sample(20_000_000);
    std::fs::write(here.join("large.root"), &large).unwrap();
    std::fs::write(here.join("empty"), b"").unwrap();
    for name in ["a b", "100%", "caf\u{e9}", "a+b&c#d", "sub folder/'quoted'"] {
        std::fs::write(here.join(name), name.as_bytes()).unwrap();
    }
    rclone(&server, &["copy", "here", ":webdav:higgs/data"], folder.path()).await;
    let listed = rclone(&server, &["lsf", "-R", ":webdav:higgs/data"], folder.path()).await;
    let mut listed: Vec<_> = listed.lines().collect();
    listed.sort_unstable();
    let mut expected =
        ["100%", "a b", "a+b&c#d", "caf\u{e9}", "empty", "large.root", "sub folder/", "sub folder/'quoted'"];
    expected.sort_unstable();
    assert_eq!(listed, expected);
    // Reads all of it back and compares.
    rclone(&server, &["check", "--download", "here", ":webdav:higgs/data"], folder.path()).await;
    rclone(
        &server,
        &["moveto", ":webdav:higgs/data/large.root", ":webdav:cms~top/moved.root"],
        folder.path(),
    )
    .await;
    assert_eq!(server.get("cms~top/moved.root").await, large);
    rclone(&server, &["copyto", ":webdav:higgs/data/a b", ":webdav:higgs/data/copy"], folder.path()).await;
    rclone(&server, &["sync", "here", ":webdav:higgs/data"], folder.path()).await;
    assert_eq!(server.status("GET", "higgs/data/copy", &[], b"").await, 404);
    rclone(&server, &["purge", ":webdav:higgs/data"], folder.path()).await;
    let of_higgs = ["about", "--json", ":webdav:", "--webdav-url", &server.url("higgs/")];
    let about = said("rclone", &of_higgs, folder.path()).await;
    assert!(about.contains("\"total\"") && about.contains("\"free\""), "{about}");
    let top = rclone(&server, &["lsf", ":webdav:"], folder.path()).await;
    assert_eq!(top, "cms~top/\nhiggs/\n~alice/\n");
    server.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn davix_puts_gets_lists_moves_and_deletes() {
    if !is_installed("davix-put") {
        return skipped("davix_puts_gets_lists_moves_and_deletes", "davix is not installed (Debian: davix)");
    }
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let content = sample(3_000_000);
    std::fs::write(folder.path().join("file"), &content).unwrap();
    let url = |path: &str| server.url(path);
    said("davix-mkdir", &[&url("higgs/d")], folder.path()).await;
    said("davix-put", &["file", &url("higgs/d/x.root")], folder.path()).await;
    let listed = said("davix-ls", &[&url("higgs/d/")], folder.path()).await;
    assert_eq!(listed.trim(), "x.root");
    let long = said("davix-ls", &["-l", &url("higgs/d/")], folder.path()).await;
    assert!(long.contains("3000000"), "{long}");
    said("davix-get", &[&url("higgs/d/x.root"), "back"], folder.path()).await;
    assert_eq!(std::fs::read(folder.path().join("back")).unwrap(), content);
    // Of 0.8.4 it ends with 255 whatever the answer is.
    run("davix-mv", &[&url("higgs/d/x.root"), &url("higgs/d/y.root")], folder.path()).await;
    assert_eq!(server.get("higgs/d/y.root").await, content);
    said("davix-rm", &[&url("higgs/d/y.root")], folder.path()).await;
    assert_eq!(server.status("GET", "higgs/d/y.root", &[], b"").await, 404);
    server.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cadaver_works_in_a_folder() {
    if !is_installed("cadaver") {
        return skipped("cadaver_works_in_a_folder", "cadaver is not installed (Debian: cadaver)");
    }
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("file"), b"content").unwrap();
    let commands = "mkcol d\nput file d/x\ncopy d/x d/y\nmove d/y d/z\nlock d/z\nunlock d/z\nls d\nquit\n";
    std::fs::write(folder.path().join("commands"), commands).unwrap();
    let script = format!("cadaver {} <commands", server.url("higgs/"));
    let out = said("sh", &["-c", &script], folder.path()).await;
    assert_eq!(server.get("higgs/d/z").await, b"content", "{out}");
    assert!(!out.contains("failed"), "{out}");
    server.assert_sound().await;
}
