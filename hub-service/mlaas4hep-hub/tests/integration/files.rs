//! Bytes over HTTP: ranges, conditions, digests, pieces.

use super::service::Service;

const FILE: &str = "files/higgs/a.bin";

async fn with_file(bytes: &'static [u8]) -> Service {
    let service = Service::start().await;
    assert_eq!(service.put(FILE, "writer", bytes).await, 201);
    service
}

#[tokio::test]
async fn what_is_written_can_be_read() {
    let service = with_file(b"0123456789").await;
    let answer = service.request("GET", FILE, "reader").send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-length"), "10");
    assert_eq!(header("accept-ranges"), "bytes");
    assert_eq!(header("repr-digest"), "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-disposition").starts_with("attachment"));
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(answer.bytes().await.unwrap().as_ref(), b"0123456789");
    let head = service.request("HEAD", FILE, "reader").send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.headers()["content-length"].to_str().unwrap()), (200, "10"));
    assert!(head.headers().get("digest").is_none());
    let grid = service.request("HEAD", FILE, "reader").header("want-digest", "ADLER32").send().await.unwrap();
    assert_eq!(grid.headers()["digest"], "adler32=0aff020e");
}

#[tokio::test]
async fn ranges_are_cut_out() {
    let service = with_file(b"0123456789").await;
    let check = async |range: &str, status: u16, body: &str, content_range: &str| {
        let answer = service.request("GET", FILE, "reader").header("range", range).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{range}");
        let found =
            answer.headers().get("content-range").map_or("", |value| value.to_str().unwrap()).to_owned();
        assert_eq!(found, content_range, "{range}");
        if status < 400 {
            assert_eq!(answer.text().await.unwrap(), body, "{range}");
        }
    };
    check("bytes=0-3", 206, "0123", "bytes 0-3/10").await;
    check("bytes=7-", 206, "789", "bytes 7-9/10").await;
    check("bytes=-2", 206, "89", "bytes 8-9/10").await;
    check("bytes=8-100", 206, "89", "bytes 8-9/10").await;
    check("bytes=10-", 416, "", "bytes */10").await;
    check("bytes=5-2", 200, "0123456789", "").await;
    check("lines=1-2", 200, "0123456789", "").await;
}

#[tokio::test]
async fn several_ranges_come_in_parts() {
    let service = with_file(b"0123456789").await;
    let answer =
        service.request("GET", FILE, "reader").header("range", "bytes=0-1,5-6").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 206);
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let text = answer.text().await.unwrap();
    assert_eq!(text.len(), length);
    let head = |range| {
        format!(
            "\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: {range}\r\n\r\n"
        )
    };
    let expected = format!("{}01{}56\r\n--{boundary}--\r\n", head("bytes 0-1/10"), head("bytes 5-6/10"));
    assert_eq!(text, expected);
}

#[tokio::test]
async fn conditions_hold() {
    let service = with_file(b"one").await;
    let tag = service.request("HEAD", FILE, "reader").send().await.unwrap().headers()["etag"].clone();
    let tag = tag.to_str().unwrap();
    let read = async |name: &str, value: &str| {
        service.request("GET", FILE, "reader").header(name, value).send().await.unwrap().status().as_u16()
    };
    assert_eq!(read("if-none-match", tag).await, 304);
    assert_eq!(read("if-none-match", "\"other\"").await, 200);
    assert_eq!(read("if-match", tag).await, 200);
    assert_eq!(read("if-match", "\"other\"").await, 412);
    let (past, future) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    assert_eq!((read("if-modified-since", past).await, read("if-modified-since", future).await), (200, 304));
    assert_eq!(
        (read("if-unmodified-since", past).await, read("if-unmodified-since", future).await),
        (412, 200)
    );
    let write = async |name: &str, value: &str| {
        service
            .request("PUT", FILE, "writer")
            .header(name, value)
            .body("two")
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(write("if-none-match", "*").await, 412);
    assert_eq!(write("if-match", "\"other\"").await, 412);
    assert_eq!(write("if-unmodified-since", past).await, 412);
    assert_eq!(write("if-match", tag).await, 200);
    assert_eq!(write("if-match", tag).await, 412, "it was changed meanwhile");
    let old = service.request("GET", &format!("{FILE}?version=1"), "reader").send().await.unwrap();
    assert_eq!(old.text().await.unwrap(), "one");
    let stale = service.request("GET", FILE, "reader").header("range", "bytes=0-0").header("if-range", tag);
    assert_eq!(stale.send().await.unwrap().status().as_u16(), 200, "ranges of the old content do not count");
}

#[tokio::test]
async fn what_is_moved_is_what_was_known() {
    let service = with_file(b"one").await;
    let tag = service.request("HEAD", FILE, "reader").send().await.unwrap().headers()["etag"].clone();
    let tag = tag.to_str().unwrap();
    let to = async |to: &str, is_copy: bool, expected: &str| {
        let wish = serde_json::json!({ "to_path": to, "copy": is_copy });
        let request = service.request("POST", "api/v1/workspaces/higgs/move/a.bin", "writer").json(&wish);
        request.header("if-match", expected).send().await.unwrap()
    };
    let status = |answer: reqwest::Response| answer.status().as_u16();
    assert_eq!(status(to("b.bin", true, tag).await), 201);
    assert_eq!(service.put(FILE, "writer", "two").await, 200);
    for is_copy in [false, true] {
        let refused = to("c.bin", is_copy, tag).await;
        assert_eq!(refused.status().as_u16(), 412, "it was changed meanwhile");
        assert_ne!(refused.headers()["etag"], tag, "the answer says what it is now");
        assert_eq!(service.status("GET", "files/higgs/c.bin", "reader").await, 404);
        assert_eq!(service.status("GET", FILE, "reader").await, 200);
    }
    assert_eq!(status(to("c.bin", false, "*").await), 201);
    assert_eq!(service.status("GET", FILE, "reader").await, 404);
}

#[tokio::test]
async fn json_of_the_interface_is_kept_by_nobody() {
    let service = Service::start().await;
    let file =
        service.request("PUT", "files/higgs/a.json", "writer").header("content-type", "application/json");
    let written = file.body("{}").send().await.unwrap();
    let of = |answer: &reqwest::Response| {
        let header =
            |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        (header("content-type"), header("cache-control"))
    };
    let json = ("application/json".to_owned(), "no-store".to_owned());
    assert_eq!(of(&written), json);
    let get = async |route: &str, caller: &str| service.request("GET", route, caller).send().await.unwrap();
    for (route, caller) in [
        ("api/v1/me", "writer"),
        ("api/v1/app-passwords", "writer"),
        ("api/v1/workspaces", "writer"),
        ("api/v1/workspaces/higgs/list/", "reader"),
        ("api/v1/workspaces/higgs/versions/a.json", "reader"),
        ("api/v1/workspaces/higgs/grants", "admin"),
        ("api/v1/workspaces/higgs/links", "admin"),
        ("api/v1/workspaces/higgs/audit", "admin"),
        ("api/v1/admin/workspaces", "operator"),
        ("api/v1/workspaces/none", "reader"),
    ] {
        assert_eq!(of(&get(route, caller).await), json, "{route}");
    }
    for (route, body) in [
        ("api/v1/app-passwords", serde_json::json!({ "label": "a test" })),
        ("api/v1/workspaces/higgs/links", serde_json::json!({ "path": "a.json" })),
    ] {
        let made = service.request("POST", route, "admin").json(&body).send().await.unwrap();
        assert_eq!((made.status().as_u16(), of(&made)), (201, json.clone()), "{route}");
    }
    // A file may be kept, and is asked for anew.
    let file = ("application/json".to_owned(), "private, no-cache".to_owned());
    assert_eq!(of(&get("files/higgs/a.json", "reader").await), file);
}

#[tokio::test]
async fn wrong_digests_write_nothing() {
    let service = Service::start().await;
    let digest = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    let put = async |body: &'static str| {
        service.request("PUT", FILE, "writer").header("repr-digest", digest).body(body).send().await.unwrap()
    };
    assert_eq!(put("not empty").await.status().as_u16(), 400);
    assert_eq!(service.status("GET", FILE, "writer").await, 404);
    assert_eq!(put("").await.status().as_u16(), 201);
}

#[tokio::test]
async fn pieces_become_one_file() {
    let mut service = Service::start().await;
    let piece = |service: &Service, range: &str, body: &'static str| {
        let request = service.request("PUT", FILE, "writer").header("content-range", range).body(body);
        async move { request.send().await.unwrap() }
    };
    let first = piece(&service, "bytes 0-3/10", "0123").await;
    assert_eq!((first.status().as_u16(), first.headers()["range"].to_str().unwrap()), (202, "bytes=0-3"));
    assert_eq!(service.status("GET", FILE, "writer").await, 404, "half a file is not there");
    service.kill_and_start_again().await;
    assert_eq!(piece(&service, "bytes 6-9/10", "6789").await.status().as_u16(), 409);
    assert_eq!(piece(&service, "bytes 4-9/10", "456789").await.status().as_u16(), 201);
    let answer = service.request("GET", FILE, "reader").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "0123456789");
    for range in
        ["bytes */10", "bytes 0-3/*", "bytes 3-1/10", "lines 0-3/10", "nonsense", "", "bytes 0-3/10\u{e9}"]
    {
        assert_eq!(piece(&service, range, "0123").await.status().as_u16(), 400, "{range}");
    }
}
