//! Reading and writing of files.

use super::support::server;

#[tokio::test]
async fn files_are_read_by_ranges() {
    let server = server().await;
    let content: Vec<u8> = (0..2_000_000_u32).map(|i| (i % 253) as u8).collect();
    server.put("higgs/a.root", &content).await;
    assert_eq!(server.get("higgs/a.root").await, content);
    for (range, status, expected) in [
        ("bytes=0-9", 206, &content[..10]),
        ("bytes=1999990-", 206, &content[1_999_990..]),
        ("bytes=-5", 206, &content[1_999_995..]),
        ("bytes=524287-524289", 206, &content[524_287..524_290]),
        ("bytes=100-1500000", 206, &content[100..1_500_001]),
        // Several at once: all of it.
        ("bytes=0-1,4-5", 200, &content[..]),
    ] {
        let answer = server.ask("GET", "higgs/a.root", &[&format!("Range: {range}")], b"").await;
        assert_eq!((answer.status, answer.body.as_slice()), (status, expected), "{range}");
    }
    let past = server.ask("GET", "higgs/a.root", &["Range: bytes=2000000-"], b"").await;
    assert_eq!((past.status, past.header("content-range")), (416, Some("bytes */2000000")));
}

#[tokio::test]
async fn answers_carry_what_files_of_users_need() {
    let server = server().await;
    server.put("higgs/page.html", b"<script>alert(1)</script>").await;
    let answer = server.ask("GET", "higgs/page.html", &["Want-Digest: adler32"], b"").await;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("content-disposition", "attachment"),
        ("cache-control", "private, no-cache"),
        // zlib.adler32 of Python says the same.
        ("digest", "adler32=75f308e8"),
        ("content-length", "25"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let tag = answer.header("etag").unwrap().to_owned();
    let head = server.ask("HEAD", "higgs/page.html", &[], b"").await;
    assert_eq!((head.status, head.header("etag"), head.body.len()), (200, Some(tag.as_str()), 0));
    let same = server.ask("GET", "higgs/page.html", &[&format!("If-None-Match: {tag}")], b"").await;
    assert_eq!(same.status, 304);
}

#[tokio::test]
async fn two_writers_do_not_lose_each_others_work() {
    let server = server().await;
    server.put("higgs/a", b"first").await;
    let tag = server.ask("HEAD", "higgs/a", &[], b"").await.header("etag").unwrap().to_owned();
    let if_match = format!("If-Match: {tag}");
    assert_eq!(server.status("PUT", "higgs/a", &[&if_match], b"second").await, 204);
    for (method, headers) in [("PUT", [if_match.as_str()]), ("DELETE", [if_match.as_str()])] {
        assert_eq!(server.status(method, "higgs/a", &headers, b"").await, 412, "{method}");
    }
    assert_eq!(server.status("PUT", "higgs/a", &["If-None-Match: *"], b"third").await, 412);
    assert_eq!(server.status("PUT", "higgs/new", &["If-None-Match: *"], b"new").await, 201);
    assert_eq!(server.get("higgs/a").await, b"second");
}

#[tokio::test]
async fn a_write_that_breaks_leaves_nothing() {
    use std::io::Write;
    let server = server().await;
    server.put("higgs/a", b"old").await;
    let mut connection = std::net::TcpStream::connect(server.address).unwrap();
    let head = "PUT /services/hub/dav/higgs/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nnew";
    connection.write_all(head.as_bytes()).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    drop(connection);
    for _ in 0..200 {
        let alice = server.who.lock().unwrap().clone();
        let quota = server.workspaces.quota(&alice, &super::support::name("higgs")).await.unwrap();
        if quota.reserved_bytes == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(server.get("higgs/a").await, b"old");
    server.assert_sound().await;
}
