//! What `PROPFIND` says.

use std::time::Instant;

use super::support::{actor, path, server};
use hub_api::Capabilities;
use std::sync::Arc;

#[tokio::test]
async fn every_property_that_is_asked_for_is_answered() {
    let server = server().await;
    server.ask("PUT", "higgs/a%20%26%20b", &["Content-Type: text/csv"], b"1,2").await;
    let ask =
        b"<D:propfind xmlns:D=\"DAV:\"><D:prop><D:getcontentlength/><D:getcontenttype/><D:resourcetype/>\
        <D:displayname/><D:nothing/><x:y xmlns:x=\"urn:x\"/></D:prop></D:propfind>";
    let told = server.ask("PROPFIND", "higgs/a%20%26%20b", &["Depth: 0"], ask).await;
    assert_eq!(told.status, 207);
    let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\"><D:response>\
        <D:href>/services/hub/dav/higgs/a%20%26%20b</D:href><D:propstat><D:prop>\
        <D:getcontentlength>3</D:getcontentlength><D:getcontenttype>text/csv</D:getcontenttype>\
        <D:resourcetype></D:resourcetype><D:displayname>a &amp; b</D:displayname></D:prop>\
        <D:status>HTTP/1.1 200 OK</D:status></D:propstat><D:propstat><D:prop><D:nothing/><x:y xmlns:x=\"urn:x\"/></D:prop>\
        <D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response></D:multistatus>\n";
    assert_eq!(told.text(), expected);
    let head = server.ask("HEAD", "higgs/a%20%26%20b", &[], b"").await;
    assert_eq!(head.header("content-type"), Some("text/csv"));
    let all = server.ask("PROPFIND", "higgs/a%20%26%20b", &["Depth: 0"], b"").await.text();
    for property in ["getetag>&quot;", "getlastmodified>", "creationdate>", "supportedlock><D:lockentry>"] {
        assert!(all.contains(property), "{property} {all}");
    }
    assert!(!all.contains("quota") && !all.contains("404"), "{all}");
}

#[tokio::test]
async fn workspaces_are_the_top_folders() {
    let server = server().await;
    let told = server.ask("PROPFIND", "", &["Depth: 1"], b"").await.text();
    let hrefs: Vec<_> = told.split("<D:href>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    let mount = "/services/hub/dav/";
    let expected = ["", "cms~top/", "higgs/", "~alice/"].map(|folder| format!("{mount}{folder}"));
    assert_eq!(hrefs, expected);
    assert_eq!(told.matches("<D:collection/>").count(), 4);
}

#[tokio::test]
async fn who_may_change_a_file_may_look_at_it() {
    let server = server().await;
    server.ask("MKCOL", "higgs/data", &[], b"").await;
    server.put("higgs/data/a", b"1,2").await;
    let patch = b"<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><x:note xmlns:x=\"urn:x\">kept</x:note></D:prop></D:set>\
        </D:propertyupdate>";
    assert_eq!(server.status("PROPPATCH", "higgs/data/a", &[], patch).await, 207);
    let by = |scope: &str| {
        let capabilities = Capabilities::parse(scope, "/").unwrap().map(Arc::new);
        workspaces::Actor { capabilities, ..actor("alice", &["higgs"]) }
    };
    let ask = b"<D:propfind xmlns:D=\"DAV:\"><D:prop><D:getcontentlength/><x:note xmlns:x=\"urn:x\"/></D:prop></D:propfind>";
    server.now_from(by("storage.read:/higgs/data"));
    let told = server.ask("PROPFIND", "higgs/data/", &["Depth: 1"], ask).await;
    assert!(told.text().contains("kept") && told.text().contains("/a<"), "{told:?}");
    server.now_from(by("storage.read:/higgs/data/"));
    let told = server.ask("PROPFIND", "higgs/data/", &["Depth: 1"], ask).await;
    assert!(told.text().contains("kept"), "its folder, and what lies in it: {told:?}");
    server.now_from(by("storage.modify:/higgs/data"));
    let told = server.ask("PROPFIND", "higgs/data/a", &["Depth: 0"], ask).await;
    assert_eq!(told.status, 207);
    assert!(told.text().contains("<D:getcontentlength>3<") && !told.text().contains("kept"), "{told:?}");
    assert_eq!(server.status("PROPFIND", "higgs/data/", &["Depth: 0"], ask).await, 207);
    assert_eq!(server.status("PROPFIND", "higgs/data/", &["Depth: 1"], ask).await, 404, "it may not list");
    let to = |place: &str| format!("Destination: {}", server.url(place));
    assert_eq!(server.status("MOVE", "higgs/data/a", &[&to("higgs/elsewhere")], b"").await, 403);
    assert_eq!(
        server.status("COPY", "higgs/data/a", &[&to("higgs/data/b")], b"").await,
        404,
        "it may not read"
    );
    assert_eq!(server.status("MOVE", "higgs/data/a", &[&to("higgs/data/b")], b"").await, 201);
    server.now_from(actor("alice", &["higgs"]));
    assert_eq!(server.get("higgs/data/b").await, b"1,2");
    assert_eq!(server.status("GET", "higgs/data/a", &[], b"").await, 404);
}

#[tokio::test]
async fn folders_of_many_names_come_in_pages() {
    let server = server().await;
    let alice = server.who.lock().unwrap().clone();
    let higgs = super::support::name("higgs");
    for i in 0..2500 {
        let folder = path(&format!("d/{i:04}"));
        let parents = workspaces::Parents::Make;
        server.workspaces.make_folder(&alice, &higgs, &folder, parents).await.unwrap();
    }
    let started = Instant::now();
    let told = server.ask("PROPFIND", "higgs/d/", &["Depth: 1"], b"").await.text();
    assert_eq!(told.matches("<D:response>").count(), 2501);
    assert!(told.ends_with("</D:multistatus>\n"));
    let _said = std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("2500 names listed in {:?}\n", started.elapsed()),
    );
}
