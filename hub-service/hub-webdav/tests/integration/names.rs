//! Folders, moves, copies, properties, locks and quotas.

use super::support::{actor, name, path, server};

const LOCK: &[u8] =
    b"<?xml version=\"1.0\"?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope>\
    <D:locktype><D:write/></D:locktype><D:owner>alice at home</D:owner></D:lockinfo>";

#[tokio::test]
async fn a_folder_is_deleted_as_one() {
    let server = server().await;
    assert_eq!(server.status("MKCOL", "higgs/d", &[], b"").await, 201);
    assert_eq!(server.status("MKCOL", "higgs/d", &[], b"").await, 405);
    assert_eq!(server.status("MKCOL", "higgs/none/e", &[], b"").await, 409);
    for file in ["a", "b", "c"] {
        server.put(&format!("higgs/d/{file}"), file.as_bytes()).await;
    }
    assert_eq!(server.status("DELETE", "higgs/d", &[], b"").await, 204);
    let alice = server.who.lock().unwrap().clone();
    let trash = server.workspaces.trash(&alice, &name("higgs"), None, 0).await.unwrap().entries;
    assert_eq!(trash.len(), 1);
    server.workspaces.restore_from_trash(&alice, &name("higgs"), &trash[0].id, None).await.unwrap();
    assert_eq!(server.get("higgs/d/b").await, b"b");
    server.assert_sound().await;
}

#[tokio::test]
async fn moves_and_copies_replace_as_one() {
    let server = server().await;
    server.status("MKCOL", "higgs/d", &[], b"").await;
    server.put("higgs/d/a", b"a").await;
    server.put("higgs/x", b"x").await;
    let go = async |method: &str, from: &str, to: &str, overwrite: &str| {
        let headers = [format!("Destination: {}", server.url(to)), format!("Overwrite: {overwrite}")];
        server.status(method, from, &[&headers[0], &headers[1]], b"").await
    };
    assert_eq!(go("COPY", "higgs/d", "higgs/e", "F").await, 201);
    assert_eq!(go("COPY", "higgs/d", "higgs/e", "F").await, 412);
    assert_eq!(go("COPY", "higgs/d", "higgs/e", "T").await, 204);
    assert_eq!(server.get("higgs/e/a").await, b"a");
    assert_eq!(go("MOVE", "higgs/x", "higgs/e", "T").await, 204);
    assert_eq!(server.get("higgs/e").await, b"x");
    // Into another workspace, whose name is written in either way.
    assert_eq!(go("MOVE", "higgs/d", "cms~top/d", "F").await, 201);
    assert_eq!(go("COPY", "cms%2Ftop/d/a", "cms%2Ftop/b", "F").await, 201);
    assert_eq!(server.get("cms~top/b").await, b"a");
    for (method, from, to, status) in [
        ("MOVE", "cms~top/d", "cms~top/d/below", 403),
        ("COPY", "cms~top/d", "cms~top/d", 403),
        ("MOVE", "cms~top/d", "cms~top/none/d", 409),
        ("MOVE", "cms~top", "higgs/all", 403),
        ("COPY", "cms~top/none", "higgs/n", 404),
        ("COPY", "cms~top/b", "susy/b", 409),
        ("COPY", "susy/b", "higgs/b", 404),
    ] {
        assert_eq!(go(method, from, to, "T").await, status, "{method} {from} {to}");
    }
    let elsewhere = ["Destination: http://elsewhere.example/other/a"];
    assert_eq!(server.status("COPY", "cms~top/b", &elsewhere, b"").await, 502);
    server.assert_sound().await;
}

#[tokio::test]
async fn properties_go_with_their_name() {
    let server = server().await;
    server.put("higgs/a", b"a").await;
    let set = b"<?xml version=\"1.0\"?><D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>\
        <x:cut xmlns:x=\"urn:x\">pt &gt; 20</x:cut></D:prop></D:set></D:propertyupdate>";
    assert_eq!(server.status("PROPPATCH", "higgs/a", &[], set).await, 207);
    let destination = format!("Destination: {}", server.url("higgs/b"));
    server.status("COPY", "higgs/a", &[&destination], b"").await;
    let ask = b"<D:propfind xmlns:D=\"DAV:\"><D:prop><x:cut xmlns:x=\"urn:x\"/></D:prop></D:propfind>";
    let listed = server.ask("PROPFIND", "higgs/", &["Depth: 1"], ask).await.text();
    assert_eq!(listed.matches("pt &gt; 20").count(), 2, "{listed}");
    // A new content keeps them, and what is deleted brings them back.
    server.put("higgs/a", b"b").await;
    let one = server.ask("PROPFIND", "higgs/a", &["Depth: 0"], ask).await.text();
    assert!(one.contains("pt &gt; 20"), "{one}");
    // Each of them fits, both do not.
    let large = |name: &str| {
        let text = "z".repeat(40_000);
        let prop = format!("<x:{name} xmlns:x=\"urn:x\">{text}</x:{name}>");
        format!(
            "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>{prop}</D:prop></D:set></D:propertyupdate>"
        )
    };
    assert_eq!(server.status("PROPPATCH", "higgs/a", &[], large("one").as_bytes()).await, 207);
    assert_eq!(server.status("PROPPATCH", "higgs/a", &[], large("two").as_bytes()).await, 400);
}

#[tokio::test]
async fn a_lock_keeps_others_away_and_outlives_a_restart() {
    let server = server().await;
    server.put("higgs/a", b"a").await;
    let locked = server.ask("LOCK", "higgs/a", &["Timeout: Second-300", "Depth: 0"], LOCK).await;
    assert_eq!(locked.status, 200, "{}", locked.text());
    let token = locked.header("lock-token").unwrap().to_owned();
    assert!(locked.text().contains("alice at home") && locked.text().contains("Second-300"));
    let if_header = format!("If: ({token})");
    for (method, headers, status) in [
        ("PUT", vec![], 423),
        ("DELETE", vec![], 423),
        ("PROPPATCH", vec![], 423),
        ("LOCK", vec!["Depth: 0"], 423),
        ("PUT", vec![if_header.as_str()], 204),
    ] {
        let body = if method == "LOCK" { LOCK } else { b"" };
        assert_eq!(server.status(method, "higgs/a", &headers, body).await, status, "{method} {headers:?}");
    }
    // Another member, with the same token.
    server.now_from(actor("bob", &["higgs"]));
    assert_eq!(server.status("PUT", "higgs/a", &[&if_header], b"").await, 423);
    assert_eq!(server.status("UNLOCK", "higgs/a", &[&format!("Lock-Token: {token}")], b"").await, 403);
    assert_eq!(server.status("GET", "higgs/a", &[], b"").await, 200);
    let listed = server.ask("PROPFIND", "higgs/a", &["Depth: 0"], b"").await.text();
    assert!(listed.contains("alice at home"), "{listed}");
    // The chief may break it.
    server.now_from(actor("chief", &["higgs/admins"]));
    assert_eq!(server.status("UNLOCK", "higgs/a", &[&format!("Lock-Token: {token}")], b"").await, 204);
    assert_eq!(server.status("PUT", "higgs/a", &[], b"free").await, 204);
}

#[tokio::test]
async fn a_token_of_no_lock_fulfils_no_condition() {
    let server = server().await;
    server.put("higgs/a", b"1").await;
    let locked = server.ask("LOCK", "higgs/a", &["Timeout: Second-300", "Depth: 0"], LOCK).await;
    let token = locked.header("lock-token").unwrap().to_owned();
    let (held, other) = (format!("If: ({token})"), format!("If: (Not {token})"));
    assert_eq!(server.status("PUT", "higgs/a", &[&other], b"x").await, 412);
    assert_eq!(server.status("PUT", "higgs/a", &[&held], b"2").await, 204);
    assert_eq!(server.status("UNLOCK", "higgs/a", &[&format!("Lock-Token: {token}")], b"").await, 204);
    assert_eq!(server.status("PUT", "higgs/a", &[&held], b"x").await, 412, "the lock has ended");
    assert_eq!(server.status("PUT", "higgs/b", &[&held], b"x").await, 412, "nor of another name");
    assert_eq!(server.status("PUT", "higgs/a", &[&other], b"3").await, 204);
    assert_eq!(server.get("higgs/a").await, b"3");
}

#[tokio::test]
async fn a_lock_on_nothing_makes_an_empty_file() {
    let server = server().await;
    assert_eq!(server.status("LOCK", "higgs/new", &["Depth: 0"], LOCK).await, 201);
    assert_eq!(server.get("higgs/new").await, b"");
    assert_eq!(server.status("LOCK", "higgs/none/new", &["Depth: 0"], LOCK).await, 409);
    let alice = server.who.lock().unwrap().clone();
    let locks = server.workspaces.locks(&alice, &name("higgs")).await.unwrap();
    assert_eq!(locks.iter().map(|lock| lock.path.clone()).collect::<Vec<_>>(), [path("new")]);
}

#[tokio::test]
async fn quotas_are_told_and_kept() {
    let server = server().await;
    server.put("higgs/a", &vec![1; 3000]).await;
    server.set_limits("higgs", 10_000, 3).await;
    let ask = b"<D:propfind xmlns:D=\"DAV:\"><D:prop><D:quota-used-bytes/><D:quota-available-bytes/></D:prop></D:propfind>";
    let told = server.ask("PROPFIND", "higgs/", &["Depth: 0"], ask).await.text();
    let quotas = "<D:quota-used-bytes>3000</D:quota-used-bytes><D:quota-available-bytes>7000</D:quota-available-bytes>";
    assert!(told.contains(quotas), "{told}");
    let of_file = server.ask("PROPFIND", "higgs/a", &["Depth: 0"], ask).await.text();
    assert!(of_file.contains("404 Not Found") && !of_file.contains("3000"), "{of_file}");
    let full = server.ask("PUT", "higgs/b", &[], &vec![1; 8000]).await;
    assert_eq!(full.status, 507);
    assert!(full.text().contains("<D:quota-not-exceeded/>") && full.text().contains("ask an administrator"));
    server.put("higgs/b", b"").await;
    server.put("higgs/c", b"").await;
    assert_eq!(server.status("MKCOL", "higgs/d", &[], b"").await, 507);
    server.assert_sound().await;
}
