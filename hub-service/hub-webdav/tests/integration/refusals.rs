//! What bad input and the wrong people get.

use workspaces::Actor;

use super::support::{actor, server};

#[tokio::test]
async fn names_that_cannot_be_are_refused() {
    let server = server().await;
    for (name, status) in [
        ("higgs/../../x", 400),
        ("higgs/a/../../../x", 400),
        ("higgs/%2e%2e/x", 400),
        ("higgs/..%2fx", 400),
        ("higgs/%2e%2e%2f%2e%2e%2fx", 400),
        ("%2e%2e/x", 400),
        ("higgs/a%00b", 400),
        ("higgs/a%5Cb", 400),
        ("higgs/a%0Ab", 400),
        ("higgs/%ff%fe", 400),
        ("higgs/%c0%ae%c0%ae/x", 400),
        ("higgs/trailing.", 400),
        ("hi%20ggs/x", 400),
        ("..%2f..%2fetc/passwd", 400),
    ] {
        assert_eq!(server.status("PUT", name, &[], b"x").await, status, "{name}");
        assert!([400, 404].contains(&server.status("GET", name, &[], b"").await), "{name}");
    }
    let long = format!("higgs/{}", "a".repeat(256));
    assert_eq!(server.status("PUT", &long, &[], b"x").await, 400);
    let deep = format!("higgs/{}", vec!["a"; 33].join("/"));
    assert_eq!(server.status("MKCOL", &deep, &[], b"").await, 400);
    // Once decoded, not twice: a name that holds an escape.
    server.put("higgs/%252e%252e", b"x").await;
    assert_eq!(server.get("higgs/%252e%252e").await, b"x");
    server.assert_sound().await;
}

#[tokio::test]
async fn every_method_and_every_kind_of_caller() {
    let server = server().await;
    server.put("higgs/a", b"a").await;
    let reader = Actor { role_ceiling: Some(hub_api::Role::Reader), ..actor("alice", &["higgs"]) };
    let callers = [
        ("outsider", actor("mallory", &["susy"])),
        ("reader by group", actor("rita", &["higgs", "higgs/readers"])),
        ("writer with a narrow token", reader),
    ];
    let destination = format!("Destination: {}", server.url("higgs/b"));
    let lock =
        b"<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/>\
        </D:locktype></D:lockinfo>";
    let patch =
        b"<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><x:y xmlns:x=\"urn:x\">1</x:y></D:prop></D:set>\
        </D:propertyupdate>";
    // Method, place, body; what an outsider and what a reader gets.
    let table: [(&str, &str, &[u8], u16, u16); 12] = [
        ("GET", "higgs/a", b"", 404, 200),
        ("HEAD", "higgs/a", b"", 404, 200),
        ("PROPFIND", "higgs/", b"", 404, 207),
        ("PUT", "higgs/a", b"x", 404, 403),
        ("PUT", "higgs/new", b"x", 404, 403),
        ("DELETE", "higgs/a", b"", 404, 403),
        ("MKCOL", "higgs/d", b"", 404, 403),
        ("MOVE", "higgs/a", b"", 404, 403),
        ("COPY", "higgs/a", b"", 404, 403),
        ("PROPPATCH", "higgs/a", patch, 404, 403),
        ("LOCK", "higgs/a", lock, 404, 403),
        ("LOCK", "higgs/new", lock, 404, 403),
    ];
    for (who, caller) in callers {
        server.now_from(caller);
        for (method, place, body, outsider, reader) in table {
            let answer = server.ask(method, place, &["Depth: 0", &destination], body).await;
            let answer = if ["MOVE", "COPY"].contains(&method) {
                server.ask(method, place, &[&destination], body).await
            } else {
                answer
            };
            let expected = if who == "outsider" { outsider } else { reader };
            assert_eq!(answer.status, expected, "{who}: {method} {place}: {}", answer.text());
        }
    }
    server.now_from(actor("alice", &["higgs"]));
    assert_eq!(server.get("higgs/a").await, b"a");
    server.assert_sound().await;
}

#[tokio::test]
async fn headers_that_make_no_sense_break_nothing() {
    let server = server().await;
    server.put("higgs/a", b"a").await;
    let mut headers = Vec::new();
    for value in ["(<", "(<a", "([", "([\"a", "([\"a\"", "<", "<a", "(<a> [", "()", "(<a> (<b>)"] {
        headers.push(format!("If: {value}"));
    }
    for name in ["If-Match", "If-None-Match", "If-Range"] {
        headers.push(format!("{name}: \""));
        headers.push(format!("{name}: W/\""));
    }
    for header in &headers {
        for (method, place) in [
            ("PUT", "higgs/a"),
            ("LOCK", "higgs/a"),
            ("MKCOL", "higgs/d"),
            ("DELETE", "higgs/a"),
            ("GET", "higgs/a"),
        ] {
            assert_eq!(server.status(method, place, &[header], b"").await, 400, "{method} {header}");
        }
    }
    // A destination means nothing but to copy and to move.
    for value in ["http://", "http://[", "/", "//", "http://x:99999/a"] {
        let destination = format!("Destination: {value}");
        assert_eq!(server.status("GET", "higgs/a", &[&destination], b"").await, 200, "{value}");
        let refused = server.status("MOVE", "higgs/a", &[&destination], b"").await;
        assert!([400, 502].contains(&refused), "{value}: {refused}");
    }
    assert_eq!(server.get("higgs/a").await, b"a");
}

#[tokio::test]
async fn what_the_tree_does_not_do() {
    let server = server().await;
    server.put("higgs/a", b"a").await;
    let infinite = server.ask("PROPFIND", "higgs/", &["Depth: infinity", "X-Litmus: 1"], b"").await;
    assert_eq!(infinite.status, 403);
    assert!(infinite.text().contains("<D:propfind-finite-depth/>"));
    for (method, place, headers, body, status) in [
        ("PROPFIND", "higgs/", vec![], &b""[..], 403),
        ("PATCH", "higgs/a", vec![], b"x", 405),
        ("REPORT", "higgs/a", vec![], b"", 405),
        ("BREW", "higgs/a", vec![], b"", 501),
        ("MKCOL", "newgroup", vec![], b"", 404),
        ("MKCOL", "", vec![], b"", 403),
        ("DELETE", "", vec![], b"", 403),
        ("PUT", "higgs", vec![], b"x", 409),
        ("DELETE", "higgs", vec![], b"", 400),
        ("PUT", "higgs/a/below", vec![], b"x", 409),
        ("MKCOL", "higgs/a/below", vec![], b"", 409),
        ("MKCOL", "higgs/d", vec![], b"<x/>", 415),
        ("PROPFIND", "higgs/a", vec!["Depth: 0"], b"<not-xml", 400),
        ("COPY", "higgs/a", vec![], b"", 400),
        ("GET", "higgs/", vec![], b"", 405),
    ] {
        let answer = server.ask(method, place, &headers, body).await;
        assert_eq!(answer.status, status, "{method} {place}: {}", answer.text());
    }
    let options = server.ask("OPTIONS", "higgs/a", &[], b"").await;
    assert_eq!(options.header("dav"), Some("1, 2, 3"));
    assert!(!options.header("allow").unwrap().contains("PATCH"));
    // Entities that double themselves.
    let bomb = b"<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\
        <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><D:propfind xmlns:D=\"DAV:\"><D:prop><x>&c;</x></D:prop></D:propfind>";
    assert!(server.status("PROPFIND", "higgs/a", &["Depth: 0"], bomb).await < 500);
    server.assert_sound().await;
}
