//! What attackers and broken clients send, byte by byte.

use super::browser_session::Browser;
use super::service::{PASSWORD_TO_READ, PREFIX, Service, token};
use hub_testing::Person;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends bytes as they are, which no client library would, and gives the status.
async fn raw(service: &Service, head: &str) -> u16 {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // It may close the connection before it has read everything.
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

async fn put(service: &Service, path: &str) -> u16 {
    let writer = token("writer");
    raw(
        service,
        &format!(
            "PUT {PREFIX}files/higgs/{path} HTTP/1.1\r\nHost: hub\r\nAuthorization: token {writer}\r\n\
             Content-Length: 4\r\nConnection: close\r\n\r\nevil"
        ),
    )
    .await
}

fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| if entry.path().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}

#[tokio::test]
async fn names_stay_in_their_workspace() {
    let service = Service::start().await;
    let before = count_files(service.folder.path());
    for path in [
        "../../escape",
        "..%2f..%2fescape",
        "%2e%2e/escape",
        "%2E%2E%2Fescape",
        "a/../../../escape",
        "..\\escape",
        "..%5cescape",
        "%00",
        "a%00.root",
        "a%0d%0aSet-Cookie:%20b",
        "%ff%fe",
        "a//b",
        "./a",
        "a/.",
        "CON%00",
    ] {
        let status = put(&service, path).await;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(count_files(service.folder.path()), before, "nothing was written anywhere");
    assert!(!service.folder.path().join("escape").exists());
    let long = put(&service, &"a".repeat(5000)).await;
    assert!((400..500).contains(&long), "{long}");
    let deep = put(&service, &"a/".repeat(2000)).await;
    assert!((400..500).contains(&deep), "{deep}");
}

#[tokio::test]
async fn one_name_is_one_file() {
    let service = Service::start().await;
    // e with an accent, as one character and as two.
    assert_eq!(put(&service, "caf%C3%A9.root").await, 201);
    assert_eq!(put(&service, "cafe%CC%81.root").await, 200, "it is the same name");
    assert_eq!(put(&service, "%63af%C3%A9.root").await, 200);
}

#[tokio::test]
async fn names_that_differ_in_case_are_two() {
    let service = Service::start().await;
    for (name, text) in [("a.root", "small"), ("A.root", "capital")] {
        assert_eq!(service.put(&format!("files/higgs/{name}"), "writer", text).await, 201, "{name}");
    }
    let text = async |route: &str| {
        let answer = service.request("GET", route, "reader").send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for road in ["files", "dav"] {
        assert_eq!(text(&format!("{road}/higgs/a.root")).await, (200, "small".to_owned()));
        assert_eq!(text(&format!("{road}/higgs/A.root")).await, (200, "capital".to_owned()));
    }
    let (_, listed) = text("api/v1/workspaces/higgs/list/").await;
    assert!(listed.contains("\"a.root\"") && listed.contains("\"A.root\""), "{listed}");
    assert_eq!(service.status("DELETE", "files/higgs/a.root", "writer").await, 200);
    assert_eq!(text("files/higgs/A.root").await, (200, "capital".to_owned()));
    let moved = service.request("POST", "api/v1/workspaces/higgs/move/A.root", "writer");
    let moved = moved.json(&serde_json::json!({ "to_path": "a.root" })).send().await.unwrap();
    assert_eq!(moved.status(), 201);
    assert_eq!((text("files/higgs/A.root").await.0, text("files/higgs/a.root").await.0), (404, 200));
    // A group or a person of such a name is another one.
    for place in ["Higgs", "HIGGS", "~Writer"] {
        assert_eq!(service.put(&format!("files/{place}/a"), "writer", "1").await, 404, "{place}");
        assert_eq!(service.put(&format!("dav/{place}/a"), "writer", "1").await, 404, "{place}");
    }
}

#[tokio::test]
async fn a_method_that_is_none_is_told_so() {
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/a", "writer", "1").await, 201);
    for caller in ["writer", "admin"] {
        for (route, expected) in [
            ("health", 405),
            ("files/higgs/a", 405),
            ("uploads", 405),
            ("links/x", 405),
            ("w/higgs/browse/", 405),
            ("nothing", 404),
            ("dav/higgs/a", 501),
        ] {
            for method in ["BREW", "brew", "GETT"] {
                assert_eq!(service.status(method, route, caller).await, expected, "{method} {route}");
            }
        }
    }
    assert_eq!(service.status("BREW", "dav/higgs/a", "anonymous").await, 401);
    let head = format!("GE(T {PREFIX}health HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
    assert_eq!(raw(&service, &head).await, 400);
    assert_eq!(service.status("GET", "files/higgs/a", "reader").await, 200);
}

#[tokio::test]
async fn nonsense_is_answered_and_the_service_lives() {
    let (service, writer) = (Service::start().await, token("writer"));
    let head =
        |rest: &str| format!("{rest}\r\nHost: hub\r\nAuthorization: token {writer}\r\nConnection: close\r\n");
    for (request, expected) in [
        (head(&format!("GET {PREFIX}nothing HTTP/1.1")) + "\r\n", 404),
        (head(&format!("BREW {PREFIX}api/v1/me HTTP/1.1")) + "\r\n", 405),
        (head(&format!("GET {PREFIX}api/v1/workspaces/higgs/list/?limit=x HTTP/1.1")) + "\r\n", 400),
        (head(&format!("GET {PREFIX}files/higgs/a?version=-1 HTTP/1.1")) + "\r\n", 400),
        (head(&format!("POST {PREFIX}api/v1/app-passwords HTTP/1.1")) + "Content-Length: 1\r\n\r\n{", 415),
        (
            head(&format!("POST {PREFIX}api/v1/app-passwords HTTP/1.1"))
                + "Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{",
            400,
        ),
        (
            head(&format!("POST {PREFIX}api/v1/app-passwords HTTP/1.1"))
                + "Content-Type: application/json\r\nContent-Length: 29\r\n\r\n{\"label\":\"a\",\"is_admin\":true}",
            422,
        ),
        (head(&format!("PUT {PREFIX}files/higgs/ HTTP/1.1")) + "Content-Length: 1\r\n\r\na", 409),
    ] {
        let status = raw(&service, &request).await;
        let would_do = if expected == 422 { [422, 400] } else { [expected, expected] };
        assert!(would_do.contains(&status), "{request}: {status}");
    }
    assert_eq!(service.status("GET", "health", "anonymous").await, 200);
}

#[tokio::test]
async fn a_broken_connection_leaves_nothing() {
    let (service, writer) = (Service::start().await, token("writer"));
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let head = format!(
        "PUT {PREFIX}files/higgs/half HTTP/1.1\r\nHost: hub\r\nAuthorization: token {writer}\r\nContent-Length: 1000\r\n\r\nhalf"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    drop(stream);
    for _ in 0..100 {
        let quota = service.request("GET", "api/v1/workspaces/higgs", "writer").send().await.unwrap();
        let quota: serde_json::Value = serde_json::from_slice(&quota.bytes().await.unwrap()).unwrap();
        if quota["quota"]["reserved_bytes"] == 0 && quota["quota"]["used_bytes"] == 0 {
            assert_eq!(service.status("GET", "files/higgs/half", "writer").await, 404);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the room of a broken upload comes back");
}

#[tokio::test]
async fn a_refused_upload_hears_why() {
    let service = Service::start().await;
    let answer =
        service.request("PUT", "files/higgs/big", "reader").body(vec![0_u8; 20 << 20]).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    assert!(answer.text().await.unwrap().contains("a reader"));
}

#[tokio::test]
async fn a_session_needs_the_code_of_our_pages() {
    let service = Service::start().await;
    let browser = Browser::log_in(&service, "writer").await;
    let me = browser.request("GET", &service.url("api/v1/me")).send().await.unwrap();
    assert_eq!(me.status().as_u16(), 200);
    assert_eq!(me.headers()["cache-control"], "no-store", "no script finds it in the browser");
    let write = browser.request("PUT", &service.url("files/higgs/a")).body("a").send().await.unwrap();
    assert_eq!(write.status().as_u16(), 403);
    assert!(write.text().await.unwrap().contains("cross_site"));
}

/// Of every other test, too, the log and the database are searched when its service ends.
#[tokio::test]
async fn tokens_stand_in_no_log() {
    let service = Service::start_with("[log]\nlevel = \"debug\"\n").await;
    for secret in ["in-the-address", "secret-of-a-link", "code-of-a-login"] {
        service.keep_secret(secret);
    }
    for caller in ["writer", "unknown", "a-service"] {
        service.status("GET", "api/v1/me?token=in-the-address", caller).await;
        service.status("PROPFIND", "dav/higgs/", caller).await;
    }
    service.status("GET", "links/secret-of-a-link", "anonymous").await;
    service.status("GET", "oauth_callback?state=x&code=code-of-a-login", "anonymous").await;
    Browser::log_in(&service, "writer").await;
    service.give_password_to_read().await;
    assert_eq!(service.status("OPTIONS", "dav/higgs/", PASSWORD_TO_READ).await, 200);
    let log = std::fs::read_to_string(service.folder.path().join("log")).unwrap();
    assert!(log.contains("answered") && log.contains("/links/{token}"), "{log}");
    assert_eq!(service.secret_in(&log), None, "{log}");
    for secret in [token("writer").as_str(), hub_testing::SERVICE_TOKEN, "in-the-address"] {
        assert!(
            service.secret_in(&format!("{log} {secret} at the end")).is_some(),
            "{secret} would be found"
        );
    }
}

#[tokio::test]
async fn a_service_that_is_named_as_a_person_has_nothing_of_that_person() {
    let service = Service::start().await;
    assert_eq!(service.put("files/~writer/a", "writer", "bytes").await, 201);
    let namesake = Person { kind: "service", ..Person::user("writer", &["higgs"]) };
    service.hub.add(&token("namesake"), namesake);
    assert_eq!(service.status("GET", "files/~writer/a", "namesake").await, 404);
    let asked = service.request("POST", "api/v1/app-passwords", "namesake");
    let answer = asked.json(&serde_json::json!({ "label": "x" })).send().await.unwrap();
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn a_piece_is_no_longer_than_it_says() {
    let (service, writer) = (Service::start().await, token("writer"));
    let piece = async |range: &str, body: &str| {
        raw(
            &service,
            &format!(
                "PUT {PREFIX}files/higgs/pieces HTTP/1.1\r\nHost: hub\r\nAuthorization: token {writer}\r\nContent-Range: {range}\r\n\
                 Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                body.len()
            ),
        )
        .await
    };
    assert_eq!(piece("bytes 0-3/10", "0123456789").await, 400);
    assert_eq!(service.status("GET", "files/higgs/pieces", "writer").await, 404, "it is not whole");
    assert_eq!(piece("bytes 0-3/10", "0123").await, 202);
    assert_eq!(piece("bytes 4-11/12", "45678901").await, 400, "another size");
    assert_eq!(piece("bytes 4-9/10", "456789").await, 201);
    let file = service.request("GET", "files/higgs/pieces", "writer").send().await.unwrap();
    assert_eq!(file.text().await.unwrap(), "0123456789");
}

#[tokio::test]
async fn an_upload_is_written_over_nothing_that_its_writer_knows() {
    let service = Service::start().await;
    let put = async |header: &str, value: &str| {
        let asked = service.request("PUT", "files/higgs/a", "writer").header(header, value).body("1");
        asked.send().await.unwrap()
    };
    let first = put("if-none-match", "*").await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(first.status(), 201);
    assert_eq!(put("if-none-match", "*").await.status(), 412);
    assert_eq!(put("if-none-match", &tag).await.status(), 412);
    assert_eq!(put("if-none-match", &format!("\"other\", W/{tag}")).await.status(), 412);
    assert_eq!(put("if-none-match", "\"other\"").await.status(), 200);
}

#[tokio::test]
async fn other_pages_get_no_hold_of_ours() {
    let service = Service::start().await;
    for route in ["", "api/v1/info", "files/higgs/none", "nothing", "assets/hub.css"] {
        let answer = service.request("GET", route, "reader").send().await.unwrap();
        let opener = answer.headers().get("cross-origin-opener-policy").unwrap();
        assert_eq!(opener, "same-origin", "{route}");
    }
}

#[tokio::test]
async fn behind_a_proxy_only_our_pages_change_something() {
    let service = Service::start_with("[proxy]\ntrusted_addresses = [\"127.0.0.1\"]\n").await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let as_pat = |method: &str, route: &str| {
        let request = client.request(method.parse().unwrap(), service.url(route));
        request.header("x-forwarded-user", "pat").header("accept", "text/html")
    };
    let page = as_pat("GET", "w/~pat/browse/").send().await.unwrap();
    assert_eq!(page.status(), 200);
    let text = page.text().await.unwrap();
    let (_, rest) = text.split_once("name=\"xsrf\" value=\"").expect("a form with the code");
    let code = rest.split('"').next().unwrap();
    let make = async |code: &str| {
        let form = as_pat("POST", "w/~pat/new-folder/").form(&[("name", "made"), ("xsrf", code)]);
        form.send().await.unwrap().status().as_u16()
    };
    assert_eq!(make("").await, 403);
    assert_eq!(make(&code.chars().rev().collect::<String>()).await, 403);
    assert_eq!(make(code).await, 303);
    let put = async |code: Option<&str>| {
        let request = as_pat("PUT", "files/~pat/a").body("1");
        let request = code.iter().fold(request, |request, code| request.header("x-mlaas4hep-xsrf", *code));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((put(None).await, put(Some("x")).await, put(Some(code)).await), (403, 403, 201));
    let read = async |destination: &str| {
        let request = as_pat("GET", "files/~pat/a").header("sec-fetch-dest", destination);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((read("document").await, read("empty").await), (200, 403));
}

#[tokio::test]
async fn elements_within_elements_end_nothing() {
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/a", "writer", "1").await, 201);
    for n_deep in [600, 5000, 15_000] {
        for method in ["PROPFIND", "PROPPATCH", "LOCK", "MKCOL", "DELETE", "REPORT"] {
            let (open, close) = ("<a>".repeat(n_deep), "</a>".repeat(n_deep));
            let asked = service.request(method, "dav/higgs/a", "writer").header("depth", "0");
            let answer = asked.body(format!("{open}{close}")).send().await.unwrap();
            let status = answer.status().as_u16();
            assert!((400..500).contains(&status), "{method} {n_deep}: {status}");
        }
    }
    assert_eq!(service.status("GET", "files/higgs/a", "writer").await, 200);
}

/// A writer sends a file for 13 s by a road, and after its first byte `leave` happens; gives the answer. The file is not there.
async fn uploads_while(road: &str, leave: impl Fn(&Service)) -> String {
    let (service, writer) = (Service::start().await, token("writer"));
    let head = format!(
        "PUT {PREFIX}{road}/higgs/late HTTP/1.1\r\nHost: hub\r\nAuthorization: token {writer}\r\n\
         Content-Length: 13\r\nConnection: close\r\n\r\n"
    );
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    leave(&service);
    for _ in 0..13 {
        stream.write_all(b"a").await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(service.status("GET", "files/higgs/late", "admin").await, 404);
    answer
}

#[tokio::test]
async fn who_leaves_during_an_upload_ends_it() {
    let leave = |service: &Service| service.hub.add(&token("writer"), Person::user("writer", &[]));
    let answer = uploads_while("files", leave).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn who_leaves_during_an_upload_by_webdav_ends_it_too() {
    let answer = uploads_while("dav", |service| service.hub.revoke(&token("writer"))).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn a_request_says_whom_it_is_for() {
    let service = Service::start().await;
    assert_eq!(
        raw(&service, &format!("GET {PREFIX}health HTTP/1.1\r\nConnection: close\r\n\r\n")).await,
        400
    );
    assert_eq!(raw(&service, &format!("GET {PREFIX}health HTTP/1.0\r\n\r\n")).await, 200);
    for hosts in ["Host: a\r\nHost: b\r\n", "Host: a b/c\r\n"] {
        let head = format!("GET {PREFIX}health HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        assert_eq!(raw(&service, &head).await, 400, "{hosts}");
    }
}

#[tokio::test]
async fn a_refused_body_is_not_asked_for() {
    let (service, reader) = (Service::start().await, token("reader"));
    let head = format!(
        "PUT {PREFIX}files/higgs/a HTTP/1.1\r\nHost: hub\r\nAuthorization: token {reader}\r\n\
         Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
    );
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), "HTTP/1.1 403");
}

#[tokio::test]
async fn one_caller_reads_so_much_at_once() {
    let service = Service::start_with("[limits]\ndownloads_at_once = 2\n").await;
    // More than the buffers of a connection take.
    assert_eq!(service.put("files/higgs/large", "writer", vec![7; 32 << 20]).await, 201);
    let open = async |road: &str| {
        let answer = service.request("GET", road, "reader").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer
    };
    let (one, _two) = (open("files/higgs/large").await, open("dav/higgs/large").await);
    let mut third = Box::pin(open("files/higgs/large"));
    let short = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(short, third.as_mut()).await.is_err(), "it waits");
    assert_eq!(service.status("GET", "files/higgs/large", "writer").await, 200, "others do not");
    assert_eq!(service.status("HEAD", "files/higgs/large", "reader").await, 200);
    drop(one);
    drop(third.await);
}

#[tokio::test]
async fn others_on_the_machine_see_nothing_of_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/a", "writer", "1").await, 201);
    let store = service.folder.path().join("store");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&store), 0o700);
    assert_eq!((mode(&store.join("names.sqlite")), mode(&store.join("blobs"))), (0o600, 0o700));
}

#[tokio::test]
async fn one_caller_follows_so_many_workspaces() {
    let service = Service::start().await;
    let mut open = Vec::new();
    for _ in 0..16 {
        let answer =
            service.request("GET", "api/v1/workspaces/higgs/changes", "reader").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        open.push(answer);
    }
    assert_eq!(service.status("GET", "api/v1/workspaces/higgs/changes", "reader").await, 429);
    assert_eq!(service.status("GET", "api/v1/me", "reader").await, 200);
}

#[tokio::test]
async fn a_browser_gets_pages_also_of_what_is_not_there() {
    let service = Service::start().await;
    for (address, status) in [("links/nosuch", 404), ("nothing/here", 404)] {
        let browser = service.client.get(service.url(address)).header("accept", "text/html,*/*;q=0.8");
        let answer = browser.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{address}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self'"), "{policy}");
        assert!(answer.text().await.unwrap().contains("<h1>Not found</h1>"));
        let program = service.client.get(service.url(address)).send().await.unwrap();
        assert!(program.text().await.unwrap().starts_with('{'), "{address}");
    }
}
